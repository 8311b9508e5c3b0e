"""Retry-After, in seconds or as an HTTP date, and the request id."""

import time
from datetime import UTC, datetime
from email.utils import format_datetime, formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triptych.models import faults

NOW = 1_795_000_000.0


@given(st.floats(0, 1e6))
def test_seconds_are_taken_as_they_are(seconds):
    assert faults.retry_after({"retry-after": repr(seconds)}) == seconds


@given(st.integers(0, 10**6))
def test_a_date_means_the_time_until_then(ahead):
    headers = {"Retry-After": formatdate(NOW + ahead, usegmt=True)}
    assert faults.retry_after(headers, now=NOW) == ahead


@given(st.integers(0, 10**6), st.integers(-(10**6), 10**6))
def test_a_date_is_read_by_the_clock_of_the_server_that_wrote_it(ahead, askew):
    headers = {
        "RETRY-AFTER": formatdate(NOW + askew + ahead, usegmt=True),
        "Date": formatdate(NOW + askew, usegmt=True),
    }
    assert faults.retry_after(headers, now=NOW) == ahead


@given(st.integers(1, 10**6))
def test_a_date_that_is_past_means_now(ago):
    headers = {"retry-after": formatdate(NOW - ago, usegmt=True)}
    assert faults.retry_after(headers, now=NOW) == 0


@given(st.text(max_size=40))
def test_whatever_is_sent_the_wait_is_never_negative_and_never_endless(text):
    wait = faults.retry_after({"retry-after": text}, now=NOW)
    assert wait is None or 0 <= wait < float("inf")


@pytest.mark.parametrize("text", ["", "soon", "inf", "nan", "-inf", "1e999", "32 Foo 26 99:99"])
def test_what_cannot_be_read_is_no_wait(text):
    assert faults.retry_after({"retry-after": text}) is None


def test_a_negative_number_means_now():
    assert faults.retry_after({"retry-after": "-3"}) == 0


def test_a_date_without_a_zone_is_gmt(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        then = format_datetime(datetime.fromtimestamp(NOW + 60, UTC)).replace(" +0000", "")
        assert faults.retry_after({"retry-after": then}, now=NOW) == 60
    finally:
        monkeypatch.undo()
        time.tzset()


def test_thousandths_are_more_exact_than_seconds():
    assert faults.retry_after({"Retry-After": "1", "retry-after-ms": "250"}) == 0.25


def test_the_request_id_is_found_under_the_names_that_servers_use():
    assert faults.request_id({"X-Request-Id": " a "}) == "a"
    assert faults.request_id({"nvcf-reqid": "b"}) == "b"
    assert faults.request_id({"content-type": "x"}) == ""
