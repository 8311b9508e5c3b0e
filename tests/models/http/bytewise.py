"""An endpoint that a test writes byte by byte, one connection after the other."""

import json
import queue
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress

END = b"0\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """A chunk of a body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def head(status: int = 200, **headers: str) -> bytes:
    """The head of an answer in chunks."""
    lines = [f"HTTP/1.1 {status} Whatever", "Transfer-Encoding: chunked"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def event(value: object) -> bytes:
    """A value as an event."""
    return b"data: " + json.dumps(value).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"
WHOLE = head() + chunk(event({"n": 1})) + chunk(event({"n": 2}) + DONE) + END


class Client:
    """The server's side of one connection."""

    def __init__(self, sock: socket.socket, number: int) -> None:
        self.sock = sock
        self.number = number
        self.requests: list[bytes] = []
        self._read = b""

    def request(self) -> bytes:
        """The next request, head and body; empty when the client has hung up."""
        while b"\r\n\r\n" not in self._read:
            if not self._more():
                return b""
        top, _, self._read = self._read.partition(b"\r\n\r\n")
        length = 0
        for line in top.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        while len(self._read) < length:
            if not self._more():
                return b""
        body, self._read = self._read[:length], self._read[length:]
        self.requests.append(top + b"\r\n\r\n" + body)
        return self.requests[-1]

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def reset(self) -> None:
        """End it with a reset instead of a good-bye."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.sock.close()

    def gone(self) -> bool:
        """Wait until the client hangs up."""
        with suppress(OSError):
            while self.sock.recv(65536):
                pass
        return True

    def _more(self) -> bool:
        try:
            data = self.sock.recv(65536)
        except OSError:
            return False
        self._read += data
        return bool(data)


class Wire:
    """Listens, and gives each connection to `serve` in a thread of its own."""

    def __init__(self, serve: Callable[[Client], None], context: ssl.SSLContext | None) -> None:
        self.clients: list[Client] = []
        self.left: queue.Queue[int] = queue.Queue()
        self.failures: list[BaseException] = []
        self._serve = serve
        self._context = context
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self._socket.getsockname()[1]
        self.scheme = "https" if context else "http"
        self.url = f"{self.scheme}://127.0.0.1:{self.port}/v1/chat/completions"
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def requests(self) -> list[bytes]:
        return [request for client in self.clients for request in client.requests]

    def stop(self) -> None:
        self._socket.close()
        for client in self.clients:
            with suppress(OSError):
                client.sock.shutdown(socket.SHUT_RDWR)
        assert not self.failures, self.failures

    def _listen(self) -> None:
        while True:
            try:
                sock, _ = self._socket.accept()
            except OSError:
                return
            client = Client(sock, len(self.clients) + 1)
            self.clients.append(client)
            threading.Thread(target=self._run, args=(client,), daemon=True).start()

    def _run(self, client: Client) -> None:
        try:
            if self._context:
                client.sock = self._context.wrap_socket(client.sock, server_side=True)
            self._serve(client)
        except OSError:
            pass
        except BaseException as failure:
            self.failures.append(failure)
        finally:
            client.sock.close()
            self.left.put(client.number)


def answering(data: bytes = WHOLE) -> Callable[[Client], None]:
    """Answer each request of a connection with the same bytes."""

    def serve(client: Client) -> None:
        while client.request():
            client.send(data)

    return serve
