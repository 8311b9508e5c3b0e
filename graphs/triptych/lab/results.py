"""What comes out of an experiment: the words of report, gate, notebook and promotion."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["better", "not-worse", "worse", "inconclusive", "none"]
"""Of a candidate against the baseline; none: too few tasks for any."""

LEAST_UNITS = 10
"""Below so many tasks (families, where tasks share one) there is no verdict."""


@dataclass(frozen=True)
class Interval:
    """A confidence interval."""

    low: float
    high: float
    level: float = 0.95


@dataclass(frozen=True)
class Ratio:
    """Candidate over baseline: the geometric mean of paired ratios, with its interval.

    `n` pairs were taken; `left_out` had a zero or an unknown on one side.
    """

    value: float
    low: float
    high: float
    n: int
    left_out: int = 0


@dataclass(frozen=True)
class Comparison:
    """A candidate against the baseline, in pairs by task.

    Attributes:
        trials: The fewest that a task has.
        difference: Mean over tasks of candidate minus baseline, -1 to 1.
        p: Two-sided; `p_holm` is adjusted over the candidates.
        method: What interval and p are of: "newcombe+mcnemar", "t+sign-flip",
            "cluster-t+sign-flip" or "betting".
        why: The verdict in one plain sentence.
        wins: Tasks that the candidate does better; `losses` and `ties` likewise.
        more_tasks: Further tasks for 80% power if the effect is as seen; None if it can't be said.
        mde: Minimum detectable effect at this size, from the variances seen.
        bootstrap: BCa, from 100 tasks; shown, never deciding.
        tokens: What the candidate spends against the baseline; so `money` and `seconds`.
    """

    baseline: str
    candidate: str
    tasks: int
    families: int
    trials: int
    difference: float
    interval: Interval
    p: float
    p_holm: float
    method: str
    verdict: Verdict
    why: str
    wins: int
    losses: int
    ties: int
    more_tasks: int | None = None
    mde: float | None = None
    bootstrap: Interval | None = None
    tokens: Ratio | None = None
    money: Ratio | None = None
    seconds: Ratio | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class VariantSummary:
    """One variant alone. Money in US dollars, None where no price is known.

    `left_out`: k to the tasks with fewer than k trials, which pass@k and pass^k leave out.
    """

    name: str
    tasks: int
    cells: int
    passed: int
    rate: float
    interval: Interval
    pass_at: dict[int, float] = field(default_factory=dict)
    pass_hat: dict[int, float] = field(default_factory=dict)
    left_out: dict[int, int] = field(default_factory=dict)
    calls: int = 0
    drafts: int = 0
    repairs: int = 0
    replaced: int = 0
    replayed: int = 0
    timeouts: int = 0
    missing: int = 0
    errors: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    tokens: int = 0
    tokens_per_solved: float | None = None
    money: float | None = None
    money_per_solved: float | None = None
    seconds: float = 0.0
    model_seconds: float = 0.0


@dataclass(frozen=True)
class Noise:
    """How often the baseline differs from itself: of `pairs` of like cells, `flips` do."""

    source: Literal["again", "trials", "none"]
    pairs: int = 0
    flips: int = 0
    rate: float = 0.0
    interval: Interval = Interval(0.0, 1.0)


@dataclass(frozen=True)
class Drift:
    """Change along the order of the run: rank correlations with the position in the schedule."""

    outcome_rho: float
    outcome_p: float
    difference_rho: dict[str, float] = field(default_factory=dict)
    difference_p: dict[str, float] = field(default_factory=dict)
    latency_rho: float = 0.0
    place_p: float = 1.0
    found: bool = False


@dataclass(frozen=True)
class StageRow:
    """What one stage of one variant has spent."""

    variant: str
    stage: str
    cells: int
    calls: int = 0
    replayed: int = 0
    failed_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    seconds: float = 0.0
    model_seconds: float = 0.0
    money: float | None = None
    tokens_per_solved: float | None = None
    money_per_solved: float | None = None
    seconds_per_solved: float | None = None


@dataclass(frozen=True)
class ChecksRow:
    """A run's own evidence against the hidden checks; `of`: "delivered" or "all drafts"."""

    variant: str
    of: str
    accepted_right: int
    accepted_wrong: int
    rejected_right: int
    rejected_wrong: int
    silent_right: int
    silent_wrong: int
    false_accept_rate: float | None = None
    false_accept: Interval | None = None
    false_reject_rate: float | None = None
    false_reject: Interval | None = None


@dataclass(frozen=True)
class ReviewRow:
    """The reviewer's verdicts against the hidden checks."""

    variant: str
    approve_right: int
    approve_wrong: int
    changes_right: int
    changes_wrong: int
    errors: int = 0
    agreement: float | None = None
    interval: Interval | None = None
    kappa: float | None = None
    repaired_to_right: int = 0
    repaired_to_wrong: int = 0


@dataclass(frozen=True)
class RepairRow:
    """One round of repairs: the first repair of each cell that had one, the second, and so on.

    Attributes:
        round: From 1.
        after_checks: Repairs of a draft that its checks refuted; ``after_review`` of one that only
            its reviewer found fault with.
        to_right: A wrong draft became a right one, by the hidden checks; `to_wrong` the reverse.
        no_code: The answer held no code.
        delivered: Repairs that the run delivered in the end.
    """

    variant: str
    round: int
    after_checks: int
    after_review: int
    to_right: int
    to_wrong: int
    stayed_right: int
    stayed_wrong: int
    no_code: int
    delivered: int

    @property
    def repairs(self) -> int:
        """How many cells had such a round."""
        return self.after_checks + self.after_review


@dataclass(frozen=True)
class AblationRow:
    """One stage exchanged: `only` that of the candidate, or the candidate `without` it."""

    stage: str
    kind: Literal["only", "without"]
    variant: str
    comparison: Comparison


@dataclass(frozen=True)
class Result:
    """All of an experiment, as far as it went."""

    name: str
    task_set: str
    model: str
    planned: int
    finished: int
    errors: int
    complete: bool
    variants: tuple[VariantSummary, ...]
    comparisons: tuple[Comparison, ...]
    noise: Noise
    drift: Drift | None
    stages: tuple[StageRow, ...] = ()
    checks: tuple[ChecksRow, ...] = ()
    reviews: tuple[ReviewRow, ...] = ()
    repairs: tuple[RepairRow, ...] = ()
    ablation: tuple[AblationRow, ...] = ()
    fingerprint_sha256: str = ""


@dataclass(frozen=True)
class GateResult:
    """Whether a requirement holds: exit code 0 it does, 1 it does not, 3 it is undecided."""

    passed: bool
    exit_code: int
    requirement: str
    comparison: Comparison | None
    why: str
