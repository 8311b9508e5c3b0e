"""The nodes of the graph: state in, chain call, state update out. What happens next is decided in
``decide.py``; how the nodes are joined stands in ``graph.py``.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from langgraph.config import get_config
from langgraph.runtime import get_runtime
from langgraph.types import interrupt

from triptych import decide as rules
from triptych import events
from triptych.chains import coder, planner, repairer, reviewer
from triptych.checking import describe, quotes, request_fits
from triptych.errors import InputError, ModelError
from triptych.models import destination, find
from triptych.outcome import conclude
from triptych.resources import (
    Resources,
    asked_prompts,
    entry_of,
    model_name,
    strategy_for,
)
from triptych.sandbox import check_command_exists, find_examples, verify
from triptych.state import (
    SCHEMA_VERSION,
    Decision,
    Draft,
    Options,
    Outcome,
    Plan,
    Review,
    State,
    Usage,
    to_json,
)
from triptych.step import Step
from triptych.usage import Meter
from triptych.view import View, task_of

Update = dict[str, Any]


class Nodes:
    """The graph's nodes over the resources that they share."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    async def explore(self, state: State) -> Update:
        """Resolve what was asked and how; later nodes read it from the state alone, because a
        resumed run, a parent graph and a tool call have no context (docs/decisions/0001).
        """
        options = _options(get_runtime().context)
        task = task_of(state)
        # What can be refused is refused before a model is brought, started or asked.
        entry = self.resources.entry(options)
        request_fits(task, entry.context if entry else None)
        for name in options.models.values() if options.base_url is None else ():
            find(name)
        if options.budget.money is not None and (entry is None or entry.price is None):
            raise InputError(
                "The budget has a limit of money, and no price of this model is known.",
                "Limit tokens or calls instead.",
            )
        place = await self.resources.place(options)
        for check in task.checks:
            await asyncio.to_thread(check_command_exists, check, place.interpreter, task.files)
        asked = asked_prompts(options, get_config())
        picked = await self.resources.templates(asked)
        model = await self.resources.model(options)
        options = options.model_copy(
            update={
                "strategy": strategy_for(entry or entry_of(model), options),
                "prompt_set": asked.set,
                "prompts_dir": asked.dir,
            }
        )
        examples = find_examples(task.request)
        events.emit(
            events.Started(
                model=model_name(model),
                destination=destination(model),
                prompts={stage: pick.template.reference for stage, pick in picked.items()},
                examples=len(examples),
                warnings=[] if place.sandbox else [place.why_not],
            )
        )
        return {
            "schema_version": SCHEMA_VERSION,
            "options": to_json(options),
            "prompts": {s: {**p.template.ref, "selector": p.selector} for s, p in picked.items()},
            "model": model_name(model),
            "examples": [to_json(e) for e in examples],
            "plan": None,
            "drafts": [],
            "decision": {},
            "outcome": {},
            "usage": to_json(Usage()),
            "failure": "",
        }

    async def plan(self, state: State) -> Update:
        """Ask the planner; a run goes on without a plan if the planner fails."""
        view = View(state)
        if view.closed:
            return {}
        failures = describe(view.best.evidence) if view.best and view.best.evidence else ""
        given = {"request": view.task.request, "files": view.task.files, "failures": failures}
        step = Step(self.resources, view, "plan")
        plan = error = None
        try:
            plan = await step.ask(planner, given)
        except ModelError as caught:
            error = str(caught)
        events.emit(events.Planned(plan=plan, error=error or ""))
        return {"plan": to_json(plan) if plan else None, "usage": step.usage()}

    async def approve(self, state: State) -> Update:
        """Let a person approve or edit the plan, where the run was asked to."""
        view = View(state)
        if not view.options.ask or view.plan is None:
            return {}
        answer = interrupt({"ask": "approve_plan", "plan": to_json(view.plan)})
        if answer is False:
            declined = Decision(next="deliver", status="aborted", reason="the plan was declined")
            return {
                "decision": to_json(declined),
                **delivered(conclude(state, "aborted", declined.reason)),
            }
        edited = answer if isinstance(answer, dict) else to_json(view.plan)
        return {"plan": to_json(Plan.model_validate(edited))}

    async def draft(self, state: State) -> Update:
        """Ask for the first draft, or for a wave of others beside it."""
        view = View(state)
        size = rules.wave_size(view.drafts, view.strategy, view.options.budget, view.usage)
        if view.closed or not size:
            return {}
        step = Step(self.resources, view, "code", at_once=size)
        first = view.next_id
        made = await asyncio.gather(*(self._draft(view, step, first + i) for i in range(size)))
        drafts = [d for d in made if isinstance(d, Draft)]
        failures = [str(d) for d in made if isinstance(d, ModelError)]
        # One failed call of a wave is a draft less; when all fail, the endpoint has.
        failure = "" if drafts else failures[0]
        return {"drafts": view.replace(*drafts), "usage": step.usage(), "failure": failure}

    async def _draft(self, view: View, step: Step, id: int) -> Draft | ModelError:
        first = id == 0
        # Drafts with and without a plan that came after a failure compete on their evidence.
        planned = view.plan is not None and (view.strategy.plan == "always" or id % 2 == 1)
        given = {
            "request": view.task.request,
            "files": view.task.files,
            "plan": view.plan if planned else None,
            "edit_format": view.strategy.edit_format,
        }
        # The first draft is exactly the single-shot call; later ones need to differ from it.
        sampling: dict[str, Any] = {} if first else {"temperature": view.strategy.temperature}
        return await step.write(
            coder,
            given,
            Draft(id=id, origin="first" if first else "wave", planned=planned),
            **sampling,
        )

    async def repair(self, state: State) -> Update:
        """Ask to repair the best draft, given what is wrong with it."""
        view = View(state)
        top = view.best
        if view.closed or top is None:
            return {}
        given = {
            "request": view.task.request,
            "files": {**view.task.files, **top.files},
            "plan": view.plan,
            "edit_format": view.strategy.edit_format,
            "failures": describe(top.evidence, only_failures=True),
            "findings": top.review.findings if top.review else [],
        }
        step = Step(self.resources, view, "repair")
        id = view.next_id
        made = await step.write(
            repairer, given, Draft(id=id, origin="repair", parent=top.id), base=top.files
        )
        if isinstance(made, ModelError):
            return {"usage": step.usage(), "failure": str(made)}
        return {"drafts": view.replace(made), "usage": step.usage()}

    async def verify(self, state: State) -> Update:
        """Run the checks on every draft that has not been checked, and decide what is next."""
        view = View(state)
        fresh = [d for d in view.drafts if d.evidence is None and not d.error]
        if not fresh:
            return decided(state, view)
        began = time.monotonic()
        place = await self.resources.place(view.options)

        async def check(draft: Draft) -> Draft:
            tree = {**view.task.files, **draft.files}
            evidence = await verify(
                view.task,
                tree,
                view.examples,
                sandbox=place.sandbox,
                interpreter=place.interpreter,
                most_seconds=view.seconds_left,
                why_not=place.why_not,
            )
            events.emit(events.Checked(draft=draft.id, evidence=evidence))
            return draft.model_copy(update={"evidence": evidence})

        checked = await asyncio.gather(*(check(d) for d in fresh))
        usage = Meter().add_to(view.usage, time.monotonic() - began, None, "verify")
        return decided(state, view, *checked, usage=usage)

    async def review(self, state: State) -> Update:
        """Ask the reviewer about the draft that is worth the call, and decide what is next."""
        view = View(state)
        chosen = rules.to_review(view.drafts, view.strategy)
        if view.closed or chosen is None:
            return decided(state, view)
        given = {
            "request": view.task.request,
            "files": chosen.files,
            "evidence": describe(chosen.evidence),
        }
        step = Step(self.resources, view, "review")
        try:
            review = quotes(await step.ask(reviewer, given), chosen.files)
        except ModelError as caught:
            # A reviewer that fails is not a review that failed.
            review = Review(error=str(caught))
        events.emit(events.Reviewed(draft=chosen.id, review=review))
        reviewed = chosen.model_copy(update={"review": review})
        return decided(state, view, reviewed, usage=step.total())

    async def accept(self, state: State) -> Update:
        """Let a person accept the patch; visited only where the run was asked to ask."""
        decision = Decision.model_validate(state["decision"])
        outcome = conclude(state, decision.status or "needs-work", decision.reason)
        if outcome.patch:
            answer = interrupt(
                {"ask": "accept_patch", "patch": outcome.patch, "status": outcome.status}
            )
            if answer is False:
                outcome = conclude(state, "aborted", "the patch was declined")
        return delivered(outcome)


def decided(state: State, view: View, *changed: Draft, usage: Usage | None = None) -> Update:
    """The update of changed drafts, with what happens next, and the outcome if that is the end.

    Here and not in nodes of their own: each superstep costs a checkpoint.
    """
    drafts, usage = view.with_drafts(*changed), usage or view.usage
    decision = rules.decide(
        drafts,
        view.strategy,
        view.options.budget,
        usage,
        planned=view.plan is not None,
        failure=view.failure,
    )
    events.emit(events.Decided(decision=decision))
    update = {
        "drafts": view.replace(*changed),
        "usage": to_json(usage),
        "decision": to_json(decision),
    }
    if decision.next != "deliver" or view.options.ask:
        return update
    outcome = conclude({**state, **update}, decision.status or "needs-work", decision.reason)
    return {**update, **delivered(outcome)}


def delivered(outcome: Outcome) -> Update:
    """The update that ends a run."""
    # A later request on the same thread that brings no files must not inherit these.
    return {"outcome": to_json(outcome), "files": {}, "checks": []}


def _options(context: Any) -> Options:
    """The run's options; LangGraph made them of a server's JSON. A parent's context is not ours."""
    return context if isinstance(context, Options) else Options()
