"""Verdicts that follow from numbers alone, as tables."""

import pytest

from triptych.doctor import Purse, Subject, answering, habits, listing, pace
from triptych.doctor.finding import seconds
from triptych.doctor.subject import Answer
from triptych.models import catalogue


def answer(arrivals, ended=None, cached=None, tokens=20):
    class Message:
        text, additional_kwargs = "1, 2", {}

    usage = {"input_tokens": 600, "output_tokens": tokens}
    if cached is not None:
        usage["input_token_details"] = {"cache_read": cached}
    return Answer(Message(), usage, 0.0, arrivals, ended or arrivals[-1])


@pytest.mark.parametrize(
    ("arrivals", "verdict"),
    [
        ([0.5, 1.0, 1.5, 2.0], "ok"),
        ([2.0, 2.01, 2.02, 2.03], "warn"),  # all at the end: held back
        ([0.1, 0.1, 0.1, 0.11], "ok"),  # too short to tell
        ([1.0], "warn"),
    ],
)
def test_streaming(arrivals, verdict):
    assert answering.streaming(answer(arrivals)).verdict == verdict


def test_speed_counts_from_the_first_piece_on():
    found = answering.speed(answer([5.0, 6.0, 7.0], tokens=21))
    assert found.value == 10.0
    assert answering.speed(answer([5.0, 6.0], tokens=3)).verdict == "skip"


@pytest.mark.parametrize(
    ("first", "second", "cached", "verdict"),
    [
        (1.0, 1.0, 512, "ok"),  # the server says so
        (1.0, 0.2, None, "ok"),  # the clock says so
        (1.0, 0.9, None, "warn"),
        (1.0, 0.2, 0, "warn"),  # the server says no
        (0.01, 0.001, None, "skip"),  # nobody can say
    ],
)
def test_prefix_cache(first, second, cached, verdict):
    found = habits.remembered(answer([first]), answer([second], cached=cached))
    assert found.verdict == verdict


@pytest.mark.parametrize(
    ("rates", "best"),
    [
        ([(1, 10.0)], 1),
        ([(1, 10.0), (2, 19.0), (4, 36.0)], 4),
        ([(1, 10.0), (2, 19.0), (4, 20.0)], 2),
        ([(1, 10.0), (2, 8.0)], 1),
    ],
)
def test_best_concurrency_is_where_throughput_grows_no_more(rates, best):
    assert pace.best(rates) == best


@pytest.mark.parametrize(
    ("known", "found", "verdict", "words"),
    [
        (None, None, "warn", "neither"),
        (8192, None, "ok", "by the catalogue"),
        (None, 4096, "ok", "4,096"),
        (8192, 8192, "ok", "8,192"),
        (8192, 4096, "warn", "while the catalogue says 8,192"),
        (8192, 32768, "ok", "while the catalogue says 8,192"),
    ],
)
def test_context(known, found, verdict, words):
    entry = catalogue.Entry("a", "m", "self-hosted", context=known)
    seen = listing.context(Subject("http://h/v1", "m", Purse(), entry=entry), found)
    assert seen.verdict == verdict
    assert words in seen.detail


@pytest.mark.parametrize(
    ("software", "verdict"),
    [("vLLM 0.32.0", "ok"), ("vLLM 0.12.0", "ok"), ("vLLM 0.9.2", "warn"), ("", "ok")],
)
def test_a_server_older_than_triptych_is_made_for(software, verdict):
    assert listing.reachable(0.01, software).verdict == verdict


def test_times_are_told_as_people_read_them():
    assert [seconds(each) for each in (0.0042, 3.44, 34.4, 1234.5)] == [
        "4 ms", "3.4 s", "34 s", "1,234 s"
    ]  # fmt: skip
