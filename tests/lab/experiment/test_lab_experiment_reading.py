"""An experiment from its YAML: what is read, what is refused at which line, and the schema."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from triptych.errors import LabError
from triptych.lab.experiment.reading import places, read_experiment
from triptych.lab.experiment.schema import schema, task_schema
from triptych.lab.words import TaskSource

PUBLISHED = Path(__file__).parents[3] / "docs" / "schemas"

WHOLE = """\
name: reviewers
tasks: {set: humaneval, limit: 40}
model: local
variants:
  before: {}
  after:
    prompts: {stages: {review: ./my-review.md}}
    strategy: {review: decide, repairs: 1}
    parameters:
      temperature: 0.2
trials: 3
k: [1, 3]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "experiment.yaml"


def read(file: Path, text: str) -> Any:
    file.write_text(text)
    return read_experiment(file)


def test_a_definition_is_read_with_its_defaults(file: Path) -> None:
    made = read(file, WHOLE)

    assert made.tasks == TaskSource(set="humaneval", limit=40)
    assert list(made.variants) == ["before", "after"]
    assert made.variants["after"].strategy.model_dump(exclude_unset=True) == {
        "review": "decide",
        "repairs": 1,
    }
    assert (made.margin, made.alpha, made.share_calls) == (0.02, 0.05, True)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("trials: 3", "trails: 3", r":11: unknown key 'trails'.*Did you mean trials"),
        ("trials: 3", "trials: three", r":11: 'trials' is 'three'"),
        ("trials: 3", 'trials: "3"', r":11: 'trials' is '3'"),
        ("trials: 3", "trials: 0", r":11: 'trials' is 0"),
        ("trials: 3", "trials: 3\ntrials: 4", r":12: key 'trials' stands here twice"),
        ("  before: {}", "  after: {}", r":6: key 'after' stands here twice"),
        ("  before: {}", "  be fore: {}", r":5: 'be fore' is no name for a variant"),
        ("repairs: 1", "repair: 1", r":8: unknown key 'variants.after.strategy.repair'.*repairs"),
        ("review: decide", "review: maybe", r":8: 'variants.after.strategy.review'"),
        ("review: ./my", "reviewer: ./my", r":7: 'variants.after.prompts.stages.reviewer"),
        ("temperature: 0.2", "tempratur: 0.2", r":10: variant 'after': .*Did you mean temperature"),
        ("temperature: 0.2", "temperature: hot", r":10: variant 'after': .* cannot be 'hot'"),
        ("temperature: 0.2", "seed: 4", r":10: variant 'after' has a seed of its own"),
        ("k: [1, 3]", "k: [1, 5]", r":12: pass@5 cannot be told from 3 trials"),
        ("k: [1, 3]", "baseline: befor", r":12: there is no variant 'befor'.*before, after"),
        ("k: [1, 3]", "ablate: before", r":12: there is no candidate 'before'.*Candidates: after"),
        (
            "    strategy: {",
            "    base_url: http://me:word@gpu/v1\n    strategy: {",  # pragma: allowlist secret
            r":8: variant 'after': base_url holds a name or a password",
        ),
        ("set: humaneval", "path: a, set: humaneval", r":2: tasks need exactly one"),
        ("set: humaneval, limit: 40", "limit: 40", r":2: tasks need exactly one"),
        ("tasks: {", "task: {", r":1: 'tasks' is missing \(and 1 more\)|unknown key 'task'"),
        ("name: reviewers", "name: Re viewers", r":1: 'name'"),
        ("model: local", "model: [", r":\d+: bad YAML"),
    ],
)
def test_what_is_wrong_is_told_at_its_line(file: Path, old: str, new: str, said: str) -> None:
    assert old in WHOLE
    with pytest.raises(LabError, match=rf"experiment\.yaml{said}"):
        read(file, WHOLE.replace(old, new))


def test_an_empty_file_and_a_missing_one_are_refused(file: Path) -> None:
    with pytest.raises(LabError, match="'tasks' is missing"):
        read(file, "")
    with pytest.raises(LabError, match="cannot be read"):
        read_experiment(file.with_name("none.yaml"))


def test_a_place_is_the_nearest_line_that_the_file_has(file: Path) -> None:
    file.write_text(WHOLE)

    assert places(file)(("variants", "after", "model")) == f"{file}:6: "


def test_the_published_schemas_are_current() -> None:
    assert json.loads((PUBLISHED / "experiment.schema.json").read_text()) == schema()
    assert json.loads((PUBLISHED / "tasks.schema.json").read_text()) == task_schema()


GOOD: list[dict[str, Any]] = [
    {},
    {"description": "two lines\nof text", "seed": -4},
    {"trials": 100, "k": [1, 5, 100]},
    {"margin": 0, "alpha": 0.01, "aa": 1},
    {"margin": 0.5, "aa": 0.0},
    {"tasks": {"path": "tasks.jsonl", "take": "odd", "families": ["x"]}},
    {"tasks": {"set": "humaneval", "path": None}},
    {"model": None, "concurrency": None, "ablate": None},
    {"concurrency": 1024, "share_calls": False, "stop_early": True},
    {"variants": {"a.b_c-1": {"model": "local", "base_url": None}}},
    {"variants": {"a": {"parameters": {"temperature": 1, "stop": ["x"], "top_p": None}}}},
    {"variants": {"a": {"models": {"review": "devstral"}, "prompts": {"set": "small"}}}},
    {"variants": {"a": {"strategy": {}, "budget": {"tokens": 100, "money": 0.5}}}},
    {"schema_version": 1, "name": "a-1", "baseline": "a"},
]

BAD: list[dict[str, Any]] = [
    {"name": "A"},
    {"name": "-a"},
    {"trials": 0},
    {"trials": 101},
    {"trials": "3"},
    {"trials": True},
    {"margin": 1},
    {"alpha": 0},
    {"aa": 1.5},
    {"k": 1},
    {"concurrency": 0},
    {"schema_version": 2},
    {"extra": 1},
    {"tasks": {}},
    {"tasks": {"set": "humaneval", "path": "x"}},
    {"tasks": {"set": "humaneval", "take": "third"}},
    {"tasks": {"set": "humaneval", "limit": 0}},
    {"variants": {}},
    {"variants": {"a b": {}}},
    {"variants": {"a": {"parameters": {"seed": 1}}}},
    {"variants": {"a": {"parameters": {"max_tokens": "9"}}}},
    {"variants": {"a": {"parameters": {"stop": "x"}}}},
    {"variants": {"a": {"strategy": {"drafts": 0}}}},
    {"variants": {"a": {"models": {"reviewer": "x"}}}},
    {"variants": {"a": {"budget": {"tokens": 0}}}},
    {"variants": {"a": {"prompts": "small"}}},
    {"share_calls": "yes"},
]


@pytest.mark.parametrize("change", [*GOOD, *BAD], ids=str)
def test_the_schema_and_the_reader_agree(file: Path, change: dict[str, Any]) -> None:
    document = {"tasks": {"set": "humaneval"}, "variants": {"a": {}}, **copy.deepcopy(change)}
    allowed = jsonschema.Draft202012Validator(schema()).is_valid(document)
    try:
        read(file, yaml.safe_dump(document))
        taken = True
    except LabError:
        taken = False

    assert (allowed, taken) == ((True, True) if change in GOOD else (False, False))
