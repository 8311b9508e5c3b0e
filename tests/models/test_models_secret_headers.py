"""A gateway's key in `default_headers` is shown as little as one in `api_key`."""

import traceback
from pathlib import Path

import pytest
from faulty import call

from triptych.errors import ModelError
from triptych.models import ChatNVIDIA
from triptych.models.http.masked import secrets
from triptych.testing import Reply, ScriptedServer

KEY = "gw-MARKED-7"
WAYS = ["invoke", "ainvoke", "stream", "astream"]


def refusal(reply, way, headers):
    """The error of a call to a server that gives this answer."""
    with ScriptedServer(lambda request: reply, models=["scripted"]) as server:
        model = ChatNVIDIA(
            base_url=server.base_url, model="scripted", default_headers=headers, max_retries=0
        )
        with pytest.raises(ModelError) as caught:
            call(model, way)
    return caught.value


def shown(error):
    """All that an error reporter shows of an error."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    tests = Path(__file__).parent  # their own variables hold the header
    told = [repr(f.f_locals) for f in frames if Path(f.f_code.co_filename).parent != tests]
    assert told
    return f"{error}{error!r}{vars(error)}{''.join(told)}"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("status", [200, 400, 401, 404, 500])
@pytest.mark.parametrize("header", [{"X-Gateway-Key": KEY}, {"authorization": f"Basic {KEY}"}])
def test_a_header_that_the_server_repeats_is_blotted_out(status, way, header):
    said = {"error": {"message": f"no access for {KEY}"}}
    reply = Reply(status=status, body=said, headers={"x-request-id": KEY})
    error = refusal(reply, way, header)
    assert "***" in str(error)
    assert "MARKED" not in shown(error)


@pytest.mark.parametrize("way", WAYS)
def test_garbage_that_repeats_it_is_told_without_it(way):
    garbage = f"data: {{]oops {KEY}\n\n".encode()
    error = refusal(Reply("a b c", insert=garbage), way, {"X-Gateway-Key": KEY})
    assert "oops ***" in str(error)
    assert "MARKED" not in shown(error)


def test_words_that_only_look_like_a_header_stay():
    headers = {"X-Version": "1", "Accept": "text/event-stream", "User-Agent": "triptych"}
    error = refusal(Reply(status=400, body={"error": "triptych 1 is too old"}), "invoke", headers)
    assert "triptych 1 is too old" in str(error)


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({}, ()),
        ({"X-Key": "abcd"}, ("abcd",)),
        ({"Authorization": "Basic dXNlcjpwdw=="}, ("Basic dXNlcjpwdw==", "dXNlcjpwdw")),
        ({"Cookie": "a=b; session=0123456789"}, ("a=b; session=0123456789", "0123456789")),
    ],
)
def test_a_part_of_a_header_counts_where_it_is_long_enough_for_a_secret(headers, found):
    assert secrets("", headers) == found
    assert secrets("key", headers) == (*found, "key")
