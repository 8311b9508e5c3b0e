"""`triptych prompts promote` and `rollback`: production moves by a comparison."""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from prompt_shelf import Shelf
from typer.testing import CliRunner, Result

sys.path.append(str(Path(__file__).parents[1] / "lab"))

from record_kit import fabricate, fingerprint_of, write_run

from triptych.cli.prompts import app
from triptych.errors import LabError, PromptError
from triptych.lab.frozen import Fingerprint, TemplateRef
from triptych.prompts.lint import lint
from triptych.prompts.lock import write_lock
from triptych.prompts.moves import moves
from triptych.state import Spent, Strategy

TASKS = 60
BETTER = {"a": 0.3, "b": 0.8}


@pytest.fixture
def mine(tmp_path: Path) -> Shelf:
    made = Shelf(tmp_path / "repository" / "prompts")
    for number in (0, 1, 2):
        made.put(f"plan.mine@1.{number}.0", f"user:\n{{{{ request }}}} {number}\n",
                 extra="parent: plan@1.0.0\n")  # fmt: skip
    made.file("channels.yaml", "plan.mine: {production: 1.0.0, staging: 1.0.0}\n")
    write_lock(made.folder, made.library)
    return made


def shell(*words: str | Path) -> Result:
    result = CliRunner().invoke(app, [str(word) for word in words])
    if isinstance(result.exception, PromptError | LabError):
        raise result.exception
    return result


def frozen(
    mine: Shelf, a: str = "1.0.0", b: str = "1.1.0", tasks: int = TASKS, margin: float = 0.02,
    alpha: float = 0.05, **more: Any,
) -> Fingerprint:  # fmt: skip
    made = fingerprint_of(tasks=tasks, margin=margin, alpha=alpha)
    variants = {}
    for name, version in (("a", a), ("b", b)):
        template = mine.library.get(f"plan.mine@{version}")
        ref = TemplateRef(reference=template.reference, sha256=template.sha256, layer="mine",
                          selector="plan.mine")  # fmt: skip
        variants[name] = made.variants[name].model_copy(
            update={"prompts": {**made.variants["a"].prompts, "plan": ref}}
        )
    variants["b"] = variants["b"].model_copy(update=more)
    return made.model_copy(update={"variants": variants})


def run(
    mine: Shelf, rates: dict[str, float], *, missing: float = 0.0, asked: str = "ab",
    tasks: int = TASKS, **more: Any,
) -> Path:  # fmt: skip
    out = mine.path.parent / "benchmarks" / "plan"
    records = [
        made.model_copy(update={"stages": {**made.stages, "plan": Spent(calls=1)}})
        if made.variant in asked else made
        for made in fabricate(tasks=tasks, rates=rates, missing=missing, texts=False)
    ]  # fmt: skip
    return write_run(out, records, frozen(mine, tasks=tasks, **more))


def promote(mine: Shelf, out: Path, *more: str, selector: str = "plan.mine@1.1.0") -> Result:
    return shell("promote", selector, "--to", "production", "--because", out,
                 "--prompts", mine.path, *more)  # fmt: skip


def production(mine: Shelf) -> str:
    return mine.library.channels("plan.mine")["production"]


def test_a_better_version_is_promoted_with_its_evidence(mine: Shelf) -> None:
    result = promote(mine, run(mine, BETTER))
    assert result.exit_code == 0, result.stderr
    assert result.stdout == "plan.mine: production 1.0.0 -> 1.1.0\n"
    [made] = moves(mine.folder)
    kept = made.comparison
    assert kept is not None
    assert (kept["verdict"], kept["task_set"], kept["tasks"]) == ("better", "made-up", TASKS)
    assert kept["record"] == "benchmarks/plan"
    cells = (mine.path.parent / "benchmarks/plan/cells.jsonl").read_bytes()
    assert kept["cells_sha256"] == hashlib.sha256(cells).hexdigest()
    assert kept["interval"]["low"] > 0
    assert len(kept["fingerprint_sha256"]) == 64
    assert made.why
    assert str(mine.path) not in (mine.path / "moves.jsonl").read_text()
    problems = [str(p) for p in lint(mine.folder, mine.library).problems if "parent" not in str(p)]
    assert [p for p in problems if "line of" not in p] == []


def test_not_worse_is_enough_only_where_it_is_accepted(mine: Shelf) -> None:
    same = run(mine, {"a": 0.9999, "b": 0.9999}, tasks=300)
    assert promote(mine, same).exit_code == 3
    assert promote(mine, same, "--accept-not-worse").exit_code == 0
    kept = moves(mine.folder)[0].comparison
    assert kept is not None
    assert kept["verdict"] == "not-worse"


def test_a_record_elsewhere_is_named_by_its_hash(mine: Shelf, tmp_path: Path) -> None:
    out = run(mine, BETTER).rename(tmp_path / "elsewhere")
    assert promote(mine, out).exit_code == 0
    kept = moves(mine.folder)[0].comparison
    assert kept is not None
    assert kept["record"].startswith("sha256:")


@pytest.mark.parametrize(
    ("rates", "missing", "code"),
    [({"a": 0.8, "b": 0.3}, 0.0, 1), ({"a": 0.5, "b": 0.5}, 0.0, 3), (BETTER, 0.2, 3)],
    ids=["worse", "inconclusive", "incomplete"],
)
def test_what_the_record_does_not_justify(
    mine: Shelf, rates: dict[str, float], missing: float, code: int
) -> None:
    result = promote(mine, run(mine, rates, missing=missing))
    assert result.exit_code == code
    assert "production of 'plan.mine' stays plan.mine@1.0.0." in result.stderr
    assert production(mine) == "1.0.0"
    assert not (mine.path / "moves.jsonl").exists()


@pytest.mark.parametrize(
    ("more", "match"),
    [
        ({"b": "1.2.0"}, r"not of plan\.mine@1\.1\.0 \(sha256:.*It compares"),
        ({"a": "1.2.0"}, r"does not compare plan\.mine@1\.1\.0 with plan\.mine@1\.0\.0"),
        ({"strategy": Strategy(repairs=3)}, "compares more than this prompt: strategy"),
    ],
    ids=["another version", "another baseline", "another strategy"],
)
def test_a_record_of_something_else(mine: Shelf, more: dict[str, Any], match: str) -> None:
    with pytest.raises(PromptError, match=match):
        promote(mine, run(mine, BETTER, **more))
    assert production(mine) == "1.0.0"


@pytest.mark.parametrize("own", [{"margin": 0.4}, {"alpha": 0.45}, {"margin": 0.021}])
def test_a_record_that_sets_its_own_bar(mine: Shelf, own: dict[str, Any]) -> None:
    out = run(mine, BETTER, **own)
    with pytest.raises(PromptError, match=r"margin .* at most\. Measure it with margin: 0\.02 and"):
        promote(mine, out, "--accept-not-worse")
    assert production(mine) == "1.0.0"


@pytest.mark.parametrize("asked", ["", "a", "b"])
def test_a_record_in_which_one_of_both_was_never_asked(mine: Shelf, asked: str) -> None:
    with pytest.raises(PromptError, match="never asked the stage plan in both variants"):
        promote(mine, run(mine, BETTER, asked=asked))
    assert production(mine) == "1.0.0"


def test_a_version_that_stands_in_no_lock(mine: Shelf) -> None:
    mine.put("plan.mine@1.3.0", "user:\n{{ request }} 3\n", extra="parent: plan@1.0.0\n")
    with pytest.raises(PromptError, match=r"no prompts\.lock.* lint \S+ --write-lock"):
        promote(mine, run(mine, BETTER, b="1.3.0"), selector="plan.mine@1.3.0")
    assert production(mine) == "1.0.0"


def test_a_version_that_was_changed_after_it_was_measured(mine: Shelf) -> None:
    out = run(mine, BETTER)
    path = mine.path / "plan.mine/1.1.0.md"
    path.write_text(path.read_text() + "One word more.\n")
    with pytest.raises(PromptError, match=r"'plan\.mine@1\.1\.0' is released, and its content has"):
        promote(mine, out)


class TestSearchedOn:
    """Tasks that a wording was searched on are no evidence for it."""

    def put(self, mine: Shelf, version: str, parent: str, trained_on: str = "") -> None:
        mine.put(
            f"plan.mine@{version}", f"user:\n{{{{ request }}}} {version}\n",
            extra=f"parent: {parent}\n",
            changelog=f"metadata: {{changelog: x, trained_on: [{trained_on}]}}\n",
        )  # fmt: skip
        write_lock(mine.folder, mine.library)

    def test_its_own(self, mine: Shelf) -> None:
        self.put(mine, "1.3.0", "plan@1.0.0", "task-3, other")
        with pytest.raises(PromptError, match=r"1 of the record's tasks were used .* task-3\."):
            promote(mine, run(mine, BETTER, b="1.3.0"), selector="plan.mine@1.3.0")

    def test_what_it_was_made_from(self, mine: Shelf) -> None:
        self.put(mine, "1.3.0", "plan@1.0.0", "task-3")
        self.put(mine, "1.4.0", "plan.mine@1.3.0")
        with pytest.raises(PromptError, match=r"1 of the record's tasks were used"):
            promote(mine, run(mine, BETTER, b="1.4.0"), selector="plan.mine@1.4.0")

    def test_what_both_were_made_from_favours_neither(self, mine: Shelf) -> None:
        self.put(mine, "1.3.0", "plan@1.0.0", "task-3")
        self.put(mine, "1.4.0", "plan.mine@1.3.0")
        mine.file("channels.yaml", "plan.mine: {production: 1.3.0}\n")
        out = run(mine, BETTER, a="1.3.0", b="1.4.0")
        assert promote(mine, out, selector="plan.mine@1.4.0").exit_code == 0

    def test_other_tasks(self, mine: Shelf) -> None:
        self.put(mine, "1.3.0", "plan@1.0.0", "task-99")
        out = run(mine, BETTER, b="1.3.0")
        assert promote(mine, out, selector="plan.mine@1.3.0").exit_code == 0


def test_no_record_there(mine: Shelf, tmp_path: Path) -> None:
    with pytest.raises(LabError, match="There is no run in"):
        promote(mine, tmp_path)


class TestWords:
    """Words move staging; production only by force, and that is written down."""

    def move(self, mine: Shelf, channel: str, *more: str) -> Result:
        return shell("promote", "plan.mine@1.1.0", "--to", channel, "--prompts", mine.path, *more)

    def test_staging(self, mine: Shelf) -> None:
        assert self.move(mine, "staging", "--why", "To try it.").exit_code == 0
        assert moves(mine.folder)[0].why == "To try it."

    def test_no_reason(self, mine: Shelf) -> None:
        with pytest.raises(PromptError, match="A move needs a reason"):
            self.move(mine, "staging")

    def test_production(self, mine: Shelf) -> None:
        with pytest.raises(PromptError, match="Production moves by a comparison"):
            self.move(mine, "production", "--why", "I like it.")
        assert production(mine) == "1.0.0"

    def test_production_by_force(self, mine: Shelf) -> None:
        self.move(mine, "production", "--why", "I like it.", "--force")
        assert production(mine) == "1.1.0"
        assert moves(mine.folder)[0].why == "forced, without a comparison: I like it."


@pytest.mark.parametrize("selector", ["plan.mine@_next", "FILE"])
def test_only_releases_are_promoted(mine: Shelf, tmp_path: Path, selector: str) -> None:
    mine.put("plan.mine@_next", extra="parent: plan@1.0.0\n")
    outside = Shelf(tmp_path / "x").put("plan.mine@1.1.0")
    with pytest.raises(PromptError, match="is not released"):
        shell("promote", str(outside) if selector == "FILE" else selector, "--to", "staging",
              "--why", "x", "--prompts", mine.path)  # fmt: skip


def test_rollback(mine: Shelf) -> None:
    promote(mine, run(mine, BETTER))
    result = shell("rollback", "plan.mine", "--prompts", mine.path, "--why", "slow")
    assert result.stdout == "plan.mine: production 1.1.0 -> 1.0.0\n"
    assert production(mine) == "1.0.0"
    assert json.loads((mine.path / "moves.jsonl").read_text().splitlines()[1])["why"] == "slow"
