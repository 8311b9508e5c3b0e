"""`make lint` finds keys in the tree. Keys are composed here, so that this file holds none."""

import runpy
from pathlib import Path

import pytest

TOOL = runpy.run_path(str(Path(__file__).parents[2] / "tools" / "secret_scan.py"))

BODY = "Qw7Zk2Lm9Xc4Vb8Nh3Jg6Fd1Sa5Ty0Ui"
KEYS = {
    "NVIDIA": "nvapi-" + BODY + BODY,
    "GitHub": "ghp" + "_" + BODY + "pLmK",
    "AWS": "AKIA" + "QX7ZK2LM9XC4VB8N",
    "private key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "password": "password = '" + BODY + "'",
}


def scan(path: Path) -> int:
    """The exit code of the tool."""
    code: int = TOOL["main"]([str(path)])
    return code


@pytest.mark.parametrize("kind", KEYS)
def test_planted_key_is_found_with_its_file_and_line(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    planted = tmp_path / "settings.py"
    planted.write_text(f"# settings\n\n{KEYS[kind]}\n")
    assert scan(planted) == 1
    assert f"{planted}:3: " in capsys.readouterr().out


def test_secret_itself_is_never_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    planted = tmp_path / "settings.py"
    planted.write_text("\n".join(KEYS.values()))
    scan(planted)
    assert BODY not in "".join(capsys.readouterr())


@pytest.mark.parametrize("text", ["sha256: " + "1d9614638d18" * 5, "api_key='none'", "nvapi-…"])
def test_hashes_and_stand_ins_are_no_secrets(text: str, tmp_path: Path) -> None:
    innocent = tmp_path / "notes.py"
    innocent.write_text(text)
    assert scan(innocent) == 0


def test_false_alarm_is_silenced_where_it_stands(tmp_path: Path) -> None:
    planted = tmp_path / "notes.py"
    planted.write_text(KEYS["NVIDIA"] + "  # pragma: " + "allowlist secret")
    assert scan(planted) == 0


def test_whole_tree_is_looked_at(tmp_path: Path) -> None:
    # Without git, as in a source archive.
    (tmp_path / ".venv-3.12").mkdir()
    (tmp_path / ".venv-3.12" / "theirs.py").touch()
    (tmp_path / ".ci").mkdir()
    (tmp_path / ".ci" / "run").touch()
    (tmp_path / "ours.py").touch()
    found = TOOL["files_of_the_tree"](tmp_path)
    assert [path.name for path in found] == ["run", "ours.py"]
