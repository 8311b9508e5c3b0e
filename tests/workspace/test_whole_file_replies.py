"""Which files a reply of fenced blocks writes."""

from __future__ import annotations

import pytest

from triptych.errors import EditError
from triptych.workspace import parse_reply


def whole(reply: str, files: dict[str, str] | None = None, **options: str) -> dict[str, str]:
    return parse_reply(reply, files or {}, "whole", **options)


CODE = "def f():\n    return 1\n"


@pytest.mark.parametrize(
    ("before", "info"),
    [
        ("### pkg/x.py", "python"),
        ("#### 2. `pkg/x.py`", "python"),
        ("**pkg/x.py**", "python"),
        ("**pkg/x.py**:", "python"),
        ("`pkg/x.py`:", "python"),
        ("pkg/x.py", "python"),
        ("- `pkg/x.py`", ""),
        ("File: pkg/x.py", "python"),
        ("**File:** `pkg/x.py`", "python"),
        ("### New file: pkg/x.py", "python"),
        ("### pkg/x.py\n\nIt does the work.\n", "python"),
        ("Here is the updated `pkg/x.py`:", "python"),
        ("I changed pkg/x.py:", "python"),
        ("### `pkg/x.py` (new)", "python"),
        ("", "python pkg/x.py"),
        ("", "python:pkg/x.py"),
        ("", "pkg/x.py"),
        ("", 'python title="pkg/x.py"'),
        ("", "python filename=pkg/x.py"),
        ("", '{.python file="pkg/x.py"}'),
        ("Some words.", "python pkg/./x.py"),
    ],
)
def test_a_block_is_named_in_any_usual_way(before: str, info: str) -> None:
    assert whole(f"Sure!\n\n{before}\n```{info}\n{CODE}```\nDone.") == {"pkg/x.py": CODE}


def test_a_first_comment_names_the_file_and_stays() -> None:
    assert whole(f"```python\n# pkg/x.py\n{CODE}```") == {"pkg/x.py": f"# pkg/x.py\n{CODE}"}


def test_several_named_blocks_are_several_files() -> None:
    reply = f"### a.py\n```python\n{CODE}```\n### web/b.js\n```js\nlet x = 1\n```\n"
    assert whole(reply) == {"a.py": CODE, "web/b.js": "let x = 1\n"}


@pytest.mark.parametrize(
    ("info", "path"),
    [
        ("python", "solution.py"),
        ("", "solution.py"),
        ("js", "solution.js"),
        ("JavaScript", "solution.js"),
        ("go", "solution.go"),
        ("rust", "solution.rs"),
        ("c++", "solution.cpp"),
        ("brainfuck", "solution.py"),
    ],
)
def test_a_lone_block_goes_to_the_default_path_in_its_language(info: str, path: str) -> None:
    assert whole(f"```{info}\ncode\n```") == {path: "code\n"}


def test_a_lone_block_goes_to_the_only_file() -> None:
    assert whole(f"```python\n{CODE}```", {"pkg/old.py": "x = 1\n"}) == {"pkg/old.py": CODE}


def test_a_lone_block_does_not_replace_the_only_file_if_that_is_its_test() -> None:
    files = {"test_f.py": "from solution import f\n\ndef test_f():\n    assert f()\n"}
    assert whole(f"```python\n{CODE}```", files) == {"solution.py": CODE}


def test_a_lone_block_goes_to_the_one_file_of_several_that_defines_the_same() -> None:
    files = {"a.py": "def f(): ...\n", "b.py": "def g(): ...\n"}
    assert whole(f"```python\n{CODE}```", files) == {"a.py": CODE}


def test_a_lone_block_that_fits_none_of_several_files_goes_to_the_default_path() -> None:
    files = {"a.py": "def h(): ...\n", "b.py": "def g(): ...\n"}
    assert whole(f"```python\n{CODE}```", files, default_path="new.py") == {"new.py": CODE}


def test_of_several_unnamed_blocks_the_longest_that_defines_something_is_the_answer() -> None:
    usage = "".join(f"print(f({n}))\n" for n in range(20))
    reply = (
        f"```python\nimport re\n```\nThen\n```python\n{CODE}```\nUse it:\n```python\n{usage}```\n"
        "Output:\n```\n1\n```\nRun:\n```bash\npython solution.py\n```"
    )
    assert whole(reply) == {"solution.py": CODE}


def test_the_first_of_equally_long_definitions_wins() -> None:
    reply = "```python\ndef a(): pass\n```\n```python\ndef b(): pass\n```"
    assert whole(reply) == {"solution.py": "def a(): pass\n"}


def test_the_last_version_of_a_named_file_wins_but_not_over_an_example_of_use() -> None:
    better = CODE.replace("1", "2")
    reply = (
        f"### a.py\n```python\n{CODE}```\nWait, no:\n\n### a.py\n```python\n{better}```\n"
        "### a.py\n```python\nprint(f())\n```"
    )
    assert whole(reply) == {"a.py": better}


def test_a_mention_does_not_beat_a_name() -> None:
    reply = f"### a.py\n```python\n{CODE}```\nHow to use `a.py`:\n```python\ndef use(): f()\n```"
    assert whole(reply) == {"a.py": CODE}


def test_an_unnamed_answer_before_named_tests_is_kept() -> None:
    test = "def test_f():\n    assert f() == 1\n"
    reply = f"```python\n{CODE}```\n### test_solution.py\n```python\n{test}```"
    assert whole(reply) == {"solution.py": CODE, "test_solution.py": test}


@pytest.mark.parametrize(
    "aside",
    [
        "Run `a.py`:\n```bash\npython a.py\n```",
        "### a.py\n\n```bash\npip install x\n```",
        "### a.py\n```diff\n- x\n+ y\n```",
        "Output:\n```\n1\n```",
        "Use it as in `math.sqrt`:\n```python\nprint(f())\n```",
    ],
)
def test_what_stands_beside_the_file_is_not_the_file(aside: str) -> None:
    assert whole(f"### a.py\n```python\n{CODE}```\n\n{aside}\n") == {"a.py": CODE}


def test_a_cut_off_reply_gives_what_is_there() -> None:
    assert whole("### a.py\n```python\ndef f():\n    ret") == {"a.py": "def f():\n    ret\n"}


def test_fences_in_a_docstring_are_part_of_the_file() -> None:
    code = 'def f():\n    """\n    ```\n    f()\n    ```\n    """\n'
    assert whole(f"```python\n{code}```") == {"solution.py": code}


def test_shorter_fences_inside_a_longer_one_are_part_of_the_file() -> None:
    text = "# Title\n```python\nx\n```\n"
    assert whole(f"### README.md\n````markdown\n{text}````") == {"README.md": text}


def test_blocks_inside_a_markdown_file_are_part_of_it() -> None:
    text = "# Title\n```bash\nmake\n```\nend\n"
    assert whole(f"### README.md\n```markdown\n{text}```") == {"README.md": text}


def test_a_block_in_a_list_loses_the_indentation_of_the_list() -> None:
    reply = "1. Write:\n   ```python\n   def f():\n       return 1\n   ```\n"
    assert whole(reply) == {"solution.py": CODE}


def test_tildes_fence_as_well() -> None:
    assert whole(f"~~~python\n{CODE}~~~") == {"solution.py": CODE}


def test_a_reply_that_is_a_program_needs_no_fence() -> None:
    assert whole(f"\n{CODE}\n") == {"solution.py": CODE}


@pytest.mark.parametrize("reply", ["", "I cannot do that.", "yes", "```\n```", "```python\n", "x"])
def test_a_reply_without_code_is_an_error_with_a_cure(reply: str) -> None:
    with pytest.raises(EditError, match="no code") as caught:
        whole(reply)
    assert caught.value.cure


@pytest.mark.parametrize(
    "thoughts",
    [
        "<think>\n```python\nbad = 1\n```\n</think>\n",
        "<think>short</think>",
        "```python\nbad = 1\n```\nso\n</think>\n",
        "[THINK]hm[/THINK]\n",
        "Well.\n<think>\n```python\nbad = 1\n</think>\n",
    ],
)
def test_thoughts_are_not_part_of_the_answer(thoughts: str) -> None:
    assert whole(f"{thoughts}\n```python\n{CODE}```") == {"solution.py": CODE}


def test_thoughts_without_an_answer_are_an_error() -> None:
    with pytest.raises(EditError):
        whole(f"<think>\n```python\n{CODE}```")


def test_a_think_tag_in_the_code_is_code() -> None:
    code = 'T = """\n<think>\nx\n</think>\n"""\n'
    assert whole(f"```python\n{code}```") == {"solution.py": code}


@pytest.mark.parametrize("path", ["../x.py", "/etc/cron.d/x.py", "a/../../x.py", ".git/x.py"])
@pytest.mark.parametrize("form", ["### {}\n```python", "`{}`:\n```python", "```python {}"])
def test_a_block_for_a_file_outside_is_an_error(path: str, form: str) -> None:
    with pytest.raises(EditError, match=r"path"):
        whole(f"{form.format(path)}\n{CODE}```")


def test_a_file_cannot_be_a_folder_of_another() -> None:
    reply = f"### a.py/b.py\n```python\n{CODE}```"
    with pytest.raises(EditError, match="would be a file and the folder"):
        whole(reply, {"a.py": "x = 1\n", "c.py": ""})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x = 1\r\ny = 2\r\n", "def f():\r\n    return 1\r\n"),
        ("x = 1", "def f():\n    return 1"),
        ("x = 1\r\ny = 2", "def f():\r\n    return 1"),
        ("", CODE),
    ],
)
def test_a_file_keeps_its_line_ends_and_its_last_newline(old: str, new: str) -> None:
    assert whole(f"```python\n{CODE}```", {"a.py": old}) == {"a.py": new}


def test_a_reply_with_crlf_writes_a_new_file_with_lf() -> None:
    assert whole(f"```python\n{CODE}```".replace("\n", "\r\n")) == {"solution.py": CODE}
