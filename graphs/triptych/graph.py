"""The state machine: the picture of ARCHITECTURE.md as code, and nothing else."""

# request ─► explore ─► plan ─► approve ─► draft ─► verify ─► review ⟲► accept ─► outcome
#             │        ▲                 ▲ ▲        ▲   │         │        ▲        ▲
#             └────────│── (no plan) ────┘ │        │   └─ decide ┴────────┴────────┤
#                      │                   │        └──────── repair ◄──────────────┤
#                      │                   └── other drafts ◄───────────────────────┤
#                      └────────── replan ◄─────────────────────────────────────────┘

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_core.language_models import BaseChatModel
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Checkpointer

from triptych.nodes import Nodes
from triptych.resources import Resources, Templates
from triptych.state import Options, Output, Stage, State, Task
from triptych.twoforms import Choice, TwoForms

Graph = CompiledStateGraph[Any, Any, Any, Any]


def build_graph(
    model: BaseChatModel | str | None = None,
    *,
    models: Mapping[Stage, BaseChatModel] | None = None,
    templates: Templates = (),
    checkpointer: Checkpointer = None,
    resources: Resources | None = None,
) -> Graph:
    """Build and compile the state machine.

    Args:
        model: A ready chat model, or a name for `chat_model`, for runs whose context names none.
            None: Devstral if NVIDIA_API_KEY is set, otherwise the embedded model.
        models: Ready chat models of single stages; they win over names in the context.
        templates: Ready templates, by stage or each for the stage of its name; they win over
            selectors in the context.
        checkpointer: Where states are kept; needed for runs that ask a person.
        resources: Ready ones, in place of `model`, `models` and `templates`.

    Returns:
        The compiled graph. It takes a `Task` or its dict, returns `Output`, and reads `Options`
        as its context:
        ``build_graph().invoke({"request": "…"}, context=Options(model="local"))["outcome"]``.
    """
    nodes = Nodes(resources or Resources(model, models, templates))
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(
        State, context_schema=Options, input_schema=Task, output_schema=Output
    )
    for name in (
        "explore", "plan", "approve", "draft", "verify", "review", "repair", "accept",
    ):  # fmt: skip
        graph.add_node(name, TwoForms(name, getattr(nodes, name)))

    graph.add_edge(START, "explore")
    graph.add_conditional_edges("explore", Choice(to_plan_or_draft), ["plan", "draft"])
    graph.add_conditional_edges("plan", Choice(to_approve_or_draft), ["approve", "draft"])
    graph.add_conditional_edges("approve", Choice(to_draft_or_end), ["draft", END])
    graph.add_edge("draft", "verify")
    after = ["review", "draft", "plan", "repair", "accept", END]
    graph.add_conditional_edges("verify", Choice(to_decided), after)
    graph.add_conditional_edges("review", Choice(to_decided), after)  # again: of the next best
    graph.add_edge("repair", "verify")
    graph.add_edge("accept", END)

    compiled = graph.compile(checkpointer=checkpointer, name="triptych")
    # Every loop is bounded by the strategy (50 drafts, 20 repairs), not by LangGraph's 25 steps.
    return compiled.with_config(recursion_limit=500)


def server_graph() -> Graph:
    """`build_graph` for LangGraph servers, which call a factory with a config of their own."""
    return build_graph()


def to_plan_or_draft(state: State) -> str:
    """Plan first only where the strategy always plans."""
    return "plan" if state["options"]["strategy"]["plan"] == "always" else "draft"


def to_approve_or_draft(state: State) -> str:
    """A person is asked only where the run was asked to ask."""
    return "approve" if state["options"]["ask"] else "draft"


def to_draft_or_end(state: State) -> str:
    """A declined plan ends the run."""
    decision = state.get("decision") or {}
    return END if decision.get("status") == "aborted" else "draft"


def to_decided(state: State) -> str:
    """Where `decide.py` said; what is delivered a person accepts only where the run was to ask."""
    where = str(state["decision"]["next"])
    if where != "deliver":
        return where
    return "accept" if state["options"]["ask"] else END
