"""What the doctor says to a model is the released prompt `doctor`, and nothing else."""

import re

from triptych.prompts import library

MARKED = {"pace", "prefix"}


def said_by_the_prompt(mark):
    """All that the prompt says with a mark, by question."""
    template = library().get("doctor")
    questions = re.findall(r'question == "(\w+)"', template.path.read_text(encoding="utf-8"))
    given = {"mark": mark, "shelves": list(range(24))}
    return {name: template.render(question=name, **given) for name in questions}


def test_each_message_that_is_sent_stands_in_the_prompt(examine):
    examine()
    asked = set()
    for chat in examine.server.chats:
        sent = [(message["role"], message["content"]) for message in chat.body["messages"]]
        mark = re.search(r"number (\d+)\.$|^Test (\w+)\.", sent[-1][1])
        known = said_by_the_prompt(mark[1] or mark[2] if mark else "")
        (name,) = [name for name, said in known.items() if list(said) == sent]
        assert (name in MARKED) == bool(mark)
        asked.add(name)
    assert asked == known.keys()


def test_no_question_is_empty_and_all_have_a_system_message():
    for name, said in said_by_the_prompt("7").items():
        assert [role for role, _ in said] == ["system", "user"], name
        assert all(len(text) > 20 for _, text in said)
        assert (" 7." in said[1][1]) == (name in MARKED)
