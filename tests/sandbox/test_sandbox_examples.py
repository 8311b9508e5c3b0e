"""Which examples are found in a request, and which are not trusted."""

from __future__ import annotations

import pytest

from triptych.sandbox import find_examples
from triptych.sandbox.examples import MOST

DOCSTRING = '''
def close(xs, t):
    """ Tell if two numbers are closer than t.
    >>> close([1.0, 2.0], 0.5)
    False
    >>> close([1.0, 2.8, 3.0], 0.3)
    True
    """
'''


@pytest.mark.parametrize(
    ("request_text", "found"),
    [
        (DOCSTRING, [("close([1.0, 2.0], 0.5)", "False"), ("close([1.0, 2.8, 3.0], 0.3)", "True")]),
        (">>> f(1)\n2", [("f(1)", "2")]),
        ("```python\n>>> f(1)\n2\n```", [("f(1)", "2")]),
        ('    >>> f("a")\n    "b"  """', [('f("a")', '"b"')]),
        ("'''>>> f(1)'''", []),
        (">>> for x in f(2):\n...     print(x)\n0\n1", [("for x in f(2):\n    print(x)", "0\n1")]),
        (">>> x = [3, 1]\n>>> f(x)\n[1, 3]", [("x = [3, 1]\nf(x)", "[1, 3]")]),
        (
            ">>> s = Stack()\n>>> s.push(1)\n>>> s.pop()\n1\n>>> s.pop()\nNone",
            [
                ("s = Stack()\ns.push(1)\ns.pop()", "1"),
                ("s = Stack()\ns.push(1)\ns.pop()\ns.pop()", "None"),
            ],
        ),
        (
            ">>> f(-1)\nTraceback (most recent call last):\n  ...\nValueError: negative",
            [("f(-1)", "Traceback (most recent call last):\n  ...\nValueError: negative")],
        ),
        (">>> f(1)\n2\nThe function must be fast.", [("f(1)", "2")]),
        (">>> f(2)\n1\n2\n>>> f(3)\nsome words", [("f(2)", "1\n2"), ("f(3)", "some words")]),
        (">>> f(1) == 2\n>>> f(2) == 3", [("assert f(1) == 2", ""), ("assert f(2) == 3", "")]),
        ("assert f(1) == 2", [("assert f(1) == 2", "")]),
        ("- `assert f(1) == 2`", [("assert f(1) == 2", "")]),
        ("assert f([1,\n  2]) == 3", [("assert f([1,\n2]) == 3", "")]),
        (">>> assert f(1) == 2", [("assert f(1) == 2", "")]),
        ("def test_f():\n    assert f(1) == 2", [("assert f(1) == 2", "")]),
        ("x = 1\n>>> f(1)\n2\n\ntext\n\n>>> f(1)\n2", [("f(1)", "2")]),
    ],
)
def test_examples_are_found(request_text: str, found: list[tuple[str, str]]) -> None:
    assert [(e.code, e.want.rstrip("\n")) for e in find_examples(request_text)] == found


@pytest.mark.parametrize(
    "request_text",
    [
        "Write a function that adds two numbers.",
        "assert that f(1) is 2",
        "We assert f(1) == 2 here",
        ">>> f(1\n2",
        ">>>f(1)\n2",
        ">>> f(unknown)\n2",
        ">>> x = 1",
        "assert 1 == 1",
        "assert len(xs) > 0",
        "assert f(xs) == 2",
        "def f(xs):\n    assert check(1)\n    return xs",
        ">>> f(1)",
    ],
)
def test_what_cannot_be_trusted_is_left_out(request_text: str) -> None:
    assert find_examples(request_text) == []


def test_an_example_quotes_its_line() -> None:
    request_text = "Say:\n    >>> f(1)  # one\n    2\n  * assert f(2) == 3\n"
    sources = [example.source for example in find_examples(request_text)]
    assert sources == [">>> f(1)  # one", "* assert f(2) == 3"]


def test_a_huge_request_gives_a_bounded_number_at_once() -> None:
    text = "\n".join(f">>> f({n})\n{n}\n\nassert g(({n}" for n in range(30_000))
    assert len(find_examples(text)) == MOST
    assert find_examples("(" * 1_000_000) == []
    assert find_examples(">>> " + "(" * 1_000_000) == []
