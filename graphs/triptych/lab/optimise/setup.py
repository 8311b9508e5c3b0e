"""A search, ready to begin: the tasks are parted, and everything that it names is found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from langchain_core.language_models import BaseChatModel

from triptych.lab.experiment.compare import switches
from triptych.lab.experiment.live import Resolved
from triptych.lab.experiment.resolving import resolve
from triptych.lab.optimise.splitting import Split, split
from triptych.lab.optimise.wording import Wordings
from triptych.lab.tasks.given import task_set
from triptych.lab.tasks.sets import load
from triptych.lab.tasks.task import LabTask, TaskSet
from triptych.lab.words import Experiment, Prompts, TaskSource, Variant
from triptych.models import chat_model
from triptych.prompts import Template, library
from triptych.resources import Resources, entry_of, strategy_for
from triptych.state import Options, Stage, Strategy

LINE = "gepa"
"""The line that a search's winner is a version of, where none is named."""

REFLECT = "reflect"
"""The prompt that asks for another wording."""


@dataclass(frozen=True)
class Search:
    """What is searched for, on what.

    Attributes:
        stage: Whose prompt.
        source: The prompt as it is.
        wordings: Makes templates of proposals.
        split: The tasks, parted.
        resolved: The variant that is changed, on the tasks that may be seen.
        reflector: The model that proposes.
        reflect: Its prompt.
        prompts_dir: The folder that overlays the library, and gets the winner.
        seed: Of the split, the search and the cells.
    """

    stage: Stage
    source: Template
    wordings: Wordings
    split: Split
    resolved: Resolved
    reflector: BaseChatModel
    reflect: Template
    prompts_dir: str | None
    seed: int


def set_up(  # noqa: PLR0913 - each is a choice of the caller's
    stage: Stage,
    tasks: TaskSource | TaskSet | Iterable[LabTask],
    *,
    prompt: str = "",
    line: str = LINE,
    model: str | None = None,
    base_url: str | None = None,
    reflector: str | BaseChatModel | None = None,
    strategy: Strategy | None = None,
    prompts_dir: str | None = None,
    seed: int = 0,
    models: Mapping[str, BaseChatModel] | None = None,
) -> Search:
    """Find all that a search needs, and part the tasks.

    A stage that the model's own strategy never asks is switched on.

    Args:
        stage: Whose prompt is to become better.
        tasks: The whole set.
        prompt: Selector of the prompt as it is; empty: what a run would use.
        line: The line that the winner becomes a version of.
        model: A name of `chat_model`; with `base_url`, its name there.
        base_url: A self-hosted endpoint.
        reflector: Who proposes: a name or a ready model; None: the same model.
        strategy: Fields that change the model's own default.
        prompts_dir: A folder that overlays the library.
        seed: Of all that is drawn.
        models: Name to ready model, as `resolve` takes them.

    Raises:
        LabError: The tasks are too few, or cannot be graded.
        PromptError: There is no such prompt, or no line can be made of it.
        ModelError: A model cannot be made ready.
    """
    whole = _whole(tasks)
    parts = split(whole, seed)
    books = library(prompts_dir)
    prompt = prompt or books.select()[stage].reference
    source = books.get(prompt)
    wordings = Wordings(source, f"{source.name}.{line}", books)
    wordings.template(wordings.body)  # a name that is none would make every proposal wrong
    options = Options(model=model, base_url=base_url, strategy=strategy)
    ready = (models or {}).get(model or "")
    entry = entry_of(ready) if ready is not None else Resources().entry(options)
    asked = _switched_on(stage, strategy, strategy_for(entry, options))
    variant = Variant(
        base_url=base_url,
        prompts=Prompts(stages={stage: prompt}),
        prompts_dir=prompts_dir,
        strategy=asked,
    )
    experiment = Experiment(
        name=f"optimise-{stage}",
        tasks=TaskSource(path="given"),
        model=model,
        variants={"current": variant},
        seed=seed,
        aa=0,
    )
    seen = TaskSet(whole.name, whole.version, parts.seen)
    resolved = resolve(experiment, tasks=seen, models=models)
    return Search(
        stage=stage,
        source=source,
        wordings=wordings,
        split=parts,
        resolved=resolved,
        reflector=_reflector(reflector, resolved),
        reflect=books.get(REFLECT),
        prompts_dir=prompts_dir,
        seed=seed,
    )


def _whole(tasks: TaskSource | TaskSet | Iterable[LabTask]) -> TaskSet:
    if isinstance(tasks, TaskSource):
        return load(tasks)
    return tasks if isinstance(tasks, TaskSet) else task_set(tasks)


def _switched_on(stage: Stage, asked: Strategy | None, whole: Strategy) -> Strategy | None:
    own = asked.model_dump(exclude_unset=True) if asked else {}
    fields = {**switches(stage, whole), **own}
    return Strategy.model_validate(fields) if fields else None


def _reflector(given: str | BaseChatModel | None, resolved: Resolved) -> BaseChatModel:
    if given is None:
        return resolved.variants[0].model_of("code")
    return chat_model(given) if isinstance(given, str) else given
