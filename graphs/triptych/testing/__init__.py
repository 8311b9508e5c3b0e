"""The test kit: a scripted model server that speaks real HTTP, for Triptych's and your own tests.

    from triptych.testing import Reply, ScriptedServer

    with ScriptedServer(["Hello!", Reply(status=429, headers={"Retry-After": "1"})]) as server:
        model = chat_model(base_url=server.base_url, model="scripted")
        assert model.invoke("Hi").content == "Hello!"
        assert server.requests[0].body["messages"][0]["content"] == "Hi"

`Faults` and `fault` make replies go wrong; `PerfectModel` is a script that does whatever a request
asks; `ServerProcess` runs a server in a process of its own. `triptych.testing.fixtures` has the
same as pytest fixtures.
"""

from triptych.testing.dialects import DIALECTS, Dialect
from triptych.testing.faults import FAULTS, Faults, fault
from triptych.testing.journal import Entry, fingerprint
from triptych.testing.perfect import PerfectModel
from triptych.testing.process import ServerProcess
from triptych.testing.reply import Reply
from triptych.testing.server import ScriptedServer

__all__ = [
    "DIALECTS",
    "FAULTS",
    "Dialect",
    "Entry",
    "Faults",
    "PerfectModel",
    "Reply",
    "ScriptedServer",
    "ServerProcess",
    "fault",
    "fingerprint",
]
