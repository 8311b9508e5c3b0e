"""``python -m triptych.testing``: a scripted server for other programs, until input ends.

Prints ``{"base_url": …}`` as its first line. It ends with its standard input, so that it never
outlives who started it; in a terminal that is Ctrl-D or Ctrl-C.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Iterator

from triptych.testing.dialects import DIALECTS
from triptych.testing.faults import FAULTS, Faults
from triptych.testing.perfect import PerfectModel
from triptych.testing.quick import QuickServer
from triptych.testing.server import Script, ScriptedServer, forever


def main() -> None:
    """Serve as the arguments say."""
    given = _arguments()
    if given.quick:
        server: QuickServer | ScriptedServer = QuickServer(given.text, port=given.port)
    else:
        faults = Faults(given.fault, given.chance, given.seed) if given.fault else None
        server = ScriptedServer(
            _script(given),
            models=given.model or ["scripted"],
            dialect=given.dialect,
            key=given.key,
            context=given.context,
            tools=not given.no_tools,
            template=given.template,
            faults=faults,
            port=given.port,
        )
    with server, contextlib.suppress(KeyboardInterrupt):
        print(json.dumps({"base_url": server.base_url}), flush=True)
        sys.stdin.read()


def _script(given: argparse.Namespace) -> Script:
    if given.perfect or given.strict:
        return PerfectModel(strict=given.strict)
    replies: Iterator = forever(given.text)  # type: ignore[type-arg]
    return replies


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m triptych.testing", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--dialect", choices=sorted(DIALECTS), default="openai")
    parser.add_argument("--model", action="append", help="a name that is served; again for more")
    parser.add_argument("--key", help="the key that requests must carry")
    parser.add_argument("--text", default="Hello, world!", help="what every answer says")
    parser.add_argument("--perfect", action="store_true", help="a model that does what is asked")
    parser.add_argument("--strict", action="store_true", help="the same, refusing what is refused")
    parser.add_argument("--context", type=int, default=32768, help="tokens")
    parser.add_argument("--no-tools", action="store_true", help="tool calling is not enabled")
    parser.add_argument(
        "--template", choices=("lenient", "alternate", "mistral"), default="lenient"
    )
    parser.add_argument("--fault", action="append", choices=FAULTS, help="one that may happen")
    parser.add_argument("--chance", type=float, default=0.1, help="of a fault, in each reply")
    parser.add_argument("--seed", type=int, default=0, help="of the faults")
    parser.add_argument("--quick", action="store_true", help="ready-made answers, for benchmarks")
    return parser.parse_args()


if __name__ == "__main__":
    main()
