"""The same in Python, as in a notebook: the objects that the shell uses, tasks from anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lab_kit import number_in, reply

from triptych import chat_model
from triptych.cli.lab.showing import duration, lines
from triptych.lab import (
    Experiment,
    HiddenCheck,
    LabTask,
    TaskSource,
    Variant,
    measure,
    preview,
    resolve,
    result,
)
from triptych.lab.experiment.preview import Preview, Range
from triptych.state import Strategy, Task
from triptych.testing.fixtures import ServerFactory

ONE = Strategy(plan="never", drafts=1, repairs=0, review="never")


def tasks() -> Iterator[LabTask]:
    for n in range(3):
        test = f"def check(f):\n    assert f(10) == {n + 11}\n"
        yield LabTask(f"add/{n}", Task(request=f"def add{n}(x):"), HiddenCheck(f"add{n}", test))


def by_temperature(body: dict[str, Any]) -> str:
    n = number_in(body)
    wrong = body["temperature"] > 1
    return reply(f"def add{n}(x):\n    return x + {n + 1 - wrong}")


async def test_a_notebook_measures_its_own_tasks_with_a_model_of_its_own(
    scripted_server: ServerFactory, tmp_path: Path
) -> None:
    """Inside a running event loop, as a notebook is."""
    server = scripted_server(by_temperature)
    experiment = Experiment(
        tasks=TaskSource(),
        variants={
            "cool": Variant(strategy=ONE),
            "hot": Variant(strategy=ONE, parameters={"temperature": 1.5}),
        },
        aa=0.0,
    )
    model = chat_model(base_url=server.base_url, model="scripted", temperature=0)

    resolved = resolve(experiment, tasks=tasks(), models={"": model})
    assert preview(resolved).calls == Range(6, 6)
    found = result(measure(resolved, tmp_path / "run"))

    (only,) = found.comparisons
    assert (only.candidate, only.wins, only.losses, only.verdict) == ("hot", 0, 3, "none")
    assert [v.rate for v in found.variants] == [1.0, 0.0]
    assert preview(resolved, measure(resolved, tmp_path / "run").records()).cells == 0


def shown(made: Preview) -> str:
    experiment = Experiment(tasks=TaskSource(), variants={"a": Variant(strategy=ONE)}, trials=2)
    model = chat_model(base_url="http://127.0.0.1:9/v1", model="scripted")
    return "\n".join(lines(resolve(experiment, tasks=tasks(), models={"": model}), made))


def test_a_preview_is_told_in_words() -> None:
    sent, written = Range(1200, 9000), Range(100, 200, 150)
    money, seconds = Range(0.5, 2, 1.25), Range(30, 7200, 600)

    told = shown(Preview(6, 4, Range(6, 6), sent, written, money, seconds, 0.125, ("So it is.",)))

    assert told == (
        "experiment: a; 3 tasks of tasks × 2 trials, on scripted\n"
        "  cells     6 (4 are measured)\n"
        "  calls     6\n"
        "  tokens    in 1,200 to 9,000; out 100 to 200, about 150\n"
        "  money     $0.50 to $2.00, about $1.25\n"
        "  time      30 s to 2 h, about 10 min\n"
        "  can see   differences from 12 points on (with 80% power)\n"
        "  note: So it is."
    )


def test_what_costs_nothing_and_what_is_unknown_are_told_apart() -> None:
    free = Preview(1, 0, Range(1, 1), Range(1, 1), Range(1, 1), Range(0, 0), None, 0.1, ())
    unknown = Preview(1, 0, Range(1, 1), Range(1, 1), Range(1, 1), None, None, 0.1, ())

    assert "money     none" in shown(free)
    assert "money     unknown: not every price is known" in shown(unknown)
    assert "time      unknown until some cells are measured" in shown(unknown)


def test_a_duration_as_people_say_it() -> None:
    assert [duration(s) for s in (0.4, 119, 120, 7199, 7200)] == [
        "0 s",
        "119 s",
        "2 min",
        "120 min",
        "2 h",
    ]
