"""Every fault × every way of calling: answered, answered at the second attempt, or a typed error.

`docs/faults.md` shows the same with the errors' texts (`make fault-table`).
"""

import pytest
from faulty import ATTEMPTS, FAULTS, NAMES, WAYS, bench

WHOLE = ("invoke", "ainvoke", "tools", "structured")  # nobody sees a token before the end
SEEN = ("stream", "astream")

HARMLESS = ("no-done", "null-usage", "no-usage", "huge-line", "comments", "binary", "cut-text")

RETRIED = {  # before the first token: in all ways
    "refused": "UnavailableError",
    "closed": "UnavailableError",
    "reset-before": "UnavailableError",
    "slow-headers": "ModelTimeoutError",
    "slow-first": "ModelTimeoutError",
    "408": "UnavailableError",
    "429": "RateLimitedError",
    "500": "UnavailableError",
    "502": "UnavailableError",
    "503": "UnavailableError",
    "504": "UnavailableError",
    "error-200": "UnavailableError",
    "empty-200": "BadResponseError",
}
BROKEN = {  # after it: only where nobody has seen one
    "stall": "ModelTimeoutError",
    "reset": "UnavailableError",
    "close": "UnavailableError",
    "error-event": "UnavailableError",
    "end-early": "BadResponseError",
    "cut-json": "BadResponseError",
    "no-finish": "BadResponseError",
}
FINAL = {  # never
    "400": "BadRequestError",
    "401": "AuthenticationError",
    "402": "QuotaError",
    "403": "PermissionDeniedError",
    "404": "UnknownModelError",
    "413": "BadRequestError",
    "422": "BadRequestError",
    "garbage": "BadResponseError",
    "html": "BadResponseError",
    "cut-arguments": "TruncatedError",
    "filtered": "ContentFilteredError",
}


def expected(name, way):
    """What comes of a call: the error's type if the fault stays, and whether it is tried again."""
    if (name, way) == ("cut-text", "structured"):
        return "TruncatedError", False  # half a JSON object; a text may well be short
    if name in HARMLESS:
        return None, False
    if name in RETRIED:
        return RETRIED[name], True
    if name in BROKEN:
        return BROKEN[name], way in WHOLE
    return FINAL[name], False


@pytest.fixture(scope="module")
def table():
    with bench() as made:
        yield made


def test_every_fault_is_expected():
    assert {*HARMLESS, *RETRIED, *BROKEN, *FINAL} == {*NAMES} == {"refused", *FAULTS}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", NAMES)
def test_a_fault_that_stays_is_a_typed_error(table, name, way):
    met = table.meet(name, way, passing=False)
    error, again = expected(name, way)
    assert met.kind == (error or "answered"), met.words
    assert met.attempts == (ATTEMPTS if again else 1)
    assert met.error is None or met.error.cure
    if name == "refused":
        assert met.asked == 0
    elif name not in ("closed", "reset-before"):  # a kept connection that is closed is replaced
        assert met.asked == met.attempts


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", [name for name in NAMES if name != "refused"])
def test_a_fault_that_passes_is_answered_where_it_may_be_tried_again(table, name, way):
    met = table.meet(name, way, passing=True)
    error, again = expected(name, way)
    assert met.kind == ("answered" if again or not error else error), met.words
    assert met.attempts == (ATTEMPTS if again else 1)


@pytest.mark.parametrize("way", SEEN)
@pytest.mark.parametrize("name", [*BROKEN, "garbage"])
def test_a_stream_that_breaks_tells_the_text_so_far(table, name, way):
    so_far = "It is forty-two." if name == "no-finish" else "It "
    assert table.meet(name, way, passing=False).error.partial == so_far
