"""The doctor never spends more than it was allowed."""

import pytest
from doctor_kit import healthy

from triptych.doctor import Purse
from triptych.testing import Reply


def greedy(hidden=0):
    """A model that writes up to its limit, with a template that adds words of its own."""

    def script(request):
        reply = healthy(request)
        reply = Reply(reply) if isinstance(reply, str) else reply
        most = request.get("max_tokens") or request["max_completion_tokens"]
        words = len(str(request["messages"]) + str(request.get("tools", ""))) // 4
        reply.usage = (words + hidden, most)
        return reply

    return script


@pytest.mark.parametrize("limit", [0, 100, 150, 600, 1500, 4000, 9000])
def test_no_limit_is_passed_and_what_does_not_fit_is_skipped_with_a_word(examine, limit):
    found = examine(greedy(), limit=limit)
    spent = sum(sum(entry.reply.usage) for entry in examine.server.chats)
    assert spent == examine.subject.purse.spent <= limit
    if limit < 4000:
        left_out = [f for f in found.values() if f.verdict == "skip" and "--spend" in f.cure]
        assert left_out
        assert "tokens" in left_out[0].detail
    else:
        assert found["concurrency"].verdict == "ok"


def test_what_a_template_adds_is_learned_from_the_first_answer(examine):
    examine(greedy(hidden=300), limit=4000)
    spent = sum(sum(entry.reply.usage) for entry in examine.server.chats)
    assert 1000 < spent <= 4000


def test_the_default_suffices_for_all_that_is_looked_at(examine):
    found = examine(greedy(), limit=4000)
    assert [f.name for f in found.values() if f.verdict == "skip" and "--spend" in f.cure] == []


def test_a_refused_request_costs_nothing_and_a_broken_one_its_most(examine):
    found = examine(lambda request: Reply("no", status=400))
    assert found["answer"].verdict == "fail"
    assert examine.subject.purse.spent == 0


def test_where_the_server_counts_nothing_the_most_is_counted():
    purse = Purse(1000)
    purse.paid(purse.most("x" * 300, 50), 50, None)
    assert purse.spent == 190
    assert purse.fits(810)
    assert not purse.fits(811)
