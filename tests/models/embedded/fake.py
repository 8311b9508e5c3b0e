"""A server process without a model: its life is the real one's, its answers are not.

`install` makes this process start it. Run alone it is that server: the shipped `local_server.py`
with another `serve`.
"""

import importlib.util
import json
import os
import re
import signal
import sys
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HERE = Path(__file__)


def install():
    """Make this process start fake servers, of a model file that is none."""
    from triptych.models.embedded import download, starting

    starting.SCRIPT = HERE
    download.ensure = lambda entry, progress=None: Path(f"/nowhere/{entry.id}.gguf")


def ask(server, text="Hello"):
    """What a server or lifeline answers; ConnectionError or URLError if it is gone."""
    request = urllib.request.Request(
        f"{server.base_url}/chat/completions",
        json.dumps({"messages": [{"role": "user", "content": text}]}).encode(),
        {"Authorization": f"Bearer {server.key}"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def serve(settings):
    if told := os.environ.get("FAKE_LOADS_FOR_EVER"):
        Path(told).write_text(str(os.getpid()))
        re.match(r"(a+)+$", "a" * 60 + "b")  # holds Python's lock, as loading a model does
    if os.environ.get("FAKE_FAILS"):
        print(f"0.00.1 E fake: no luck with {settings['keys'][0]}", file=sys.stderr)
        sys.exit(1)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            if self.headers["Authorization"].removeprefix("Bearer ") not in settings["keys"]:
                self.send_error(401)
            elif "crash" in body:
                print(f"fake: crashed on {settings['keys'][0]}", file=sys.stderr, flush=True)
                os.kill(os.getpid(), signal.SIGKILL)
            else:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps({"pid": os.getpid()}).encode())

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer((settings["host"], settings["port"]), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


if __name__ == "__main__":
    shipped = HERE.parents[3] / "graphs/triptych/models/embedded/local_server.py"
    spec = importlib.util.spec_from_file_location("local_server", shipped)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.serve = serve
    module.main()
