"""How the grants of a call are followed: milestones to plan, what reports answer, support given in kind.

Kept as JSON in the call. Milestones are proposals: the programme officer plans those of each agreement from them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from grants.calls.questionnaire import Kind, Part, Question
from grants.core.i18n import N_, Text, Words

MOST_MILESTONES, MOST_QUESTIONS, MOST_SUPPORTS = 12, 20, 8
LATEST_MONTH = 120
ASKED = (Kind.TEXT, Kind.LINE, Kind.NUMBER, Kind.MONEY, Kind.DAY)  # what a report may ask; files go beside the answers


@dataclass(frozen=True)
class MilestoneRule:
    """A milestone so many months after the project starts; `instalment`: the one that waits for it, by position."""

    title: Words
    months: int
    deliverables: Words
    technical: bool = True
    financial: bool = False
    instalment: int | None = None


@dataclass(frozen=True)
class ReportQuestion:
    """A question of the technical report, or of the financial one."""

    label: Words
    kind: Kind = Kind.TEXT
    financial: bool = False
    required: bool = True


@dataclass(frozen=True)
class SupportKind:
    """Something given as a quantity: months of hosting, training seats. `unit` is what one of it is called."""

    name: Words
    unit: Words


DONE = ReportQuestion(
    Words(
        fr="Ce qui a été fait et livré",
        ar="ما أُنجز وما سُلِّم",
        en="What was done and delivered",
    )
)
SPENT = ReportQuestion(
    Words(
        fr="Ce qui a été dépensé, et les écarts avec le budget",
        ar="ما صُرف والفوارق مع الميزانية",
        en="What was spent, and what differs from the budget",
    ),
    financial=True,
)


@dataclass(frozen=True)
class FollowUp:
    """False in a condition when the call says nothing of it."""

    milestones: tuple[MilestoneRule, ...] = ()
    questions: tuple[ReportQuestion, ...] = ()
    supports: tuple[SupportKind, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.milestones or self.questions or self.supports)

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        """From the JSON kept in the call; {} is nothing at all."""
        return cls(
            tuple(
                MilestoneRule(
                    Words(one["title"]),
                    one["months"],
                    Words(one["deliverables"]),
                    one["technical"],
                    one["financial"],
                    one["instalment"],
                )
                for one in kept.get("milestones", ())
            ),
            tuple(
                ReportQuestion(Words(one["label"]), Kind(one["kind"]), one["financial"], one["required"])
                for one in kept.get("questions", ())
            ),
            tuple(SupportKind(Words(one["name"]), Words(one["unit"])) for one in kept.get("supports", ())),
        )

    def as_json(self) -> dict[str, Any]:
        if not self:
            return {}
        return {
            "milestones": [
                {
                    "title": dict(one.title),
                    "months": one.months,
                    "deliverables": dict(one.deliverables),
                    "technical": one.technical,
                    "financial": one.financial,
                    "instalment": one.instalment,
                }
                for one in self.milestones
            ],
            "questions": [
                {
                    "label": dict(one.label),
                    "kind": str(one.kind),
                    "financial": one.financial,
                    "required": one.required,
                }
                for one in self.questions
            ],
            "supports": [{"name": dict(one.name), "unit": dict(one.unit)} for one in self.supports],
        }

    def report(self, *, technical: bool, financial: bool) -> Part:
        """What a report answers: the call's questions of the reports asked for; where it has none, our one question."""
        asked: list[tuple[str, ReportQuestion]] = []
        for wanted, is_financial, ours in ((technical, False, DONE), (financial, True, SPENT)):
            if not wanted:
                continue
            theirs = [(str(n), one) for n, one in enumerate(self.questions) if one.financial == is_financial]
            asked += theirs or [("spent" if is_financial else "done", ours)]
        questions = tuple(
            Question(f"q-{key}", one.kind, one.label, required=one.required, limit=_limit(one.kind))
            for key, one in asked
        )
        return Part("report", Words(), questions=questions)

    def problems(self, instalments: int) -> list[Text]:
        """What keeps it from being kept; the call pays in so many instalments."""
        found: list[Text] = []
        if len(self.milestones) > MOST_MILESTONES:
            found.append(N_("A call proposes at most %(n)s milestones.", n=MOST_MILESTONES))
        if len(self.questions) > MOST_QUESTIONS:
            found.append(N_("A report asks at most %(n)s questions.", n=MOST_QUESTIONS))
        if len(self.supports) > MOST_SUPPORTS:
            found.append(N_("A call gives at most %(n)s kinds of support.", n=MOST_SUPPORTS))
        for one in self.milestones:
            if "fr" not in one.title:
                found.append(N_("Give each milestone a title, at least in French."))
            if not 0 <= one.months <= LATEST_MONTH:
                found.append(N_("A milestone is at most %(n)s months after the start.", n=LATEST_MONTH))
            if not (one.technical or one.financial):
                found.append(N_("Say which report each milestone asks for."))
            if one.instalment is not None and not 1 <= one.instalment <= instalments:
                found.append(N_("This call pays in %(n)s instalments: no other one can wait.", n=instalments))
        if any("fr" not in one.label for one in self.questions):
            found.append(N_("Write each question, at least in French."))
        if any("fr" not in one.name or "fr" not in one.unit for one in self.supports):
            found.append(N_("Name each support and its unit, at least in French."))
        return found


def _limit(kind: Kind) -> int | None:
    return 5_000 if kind is Kind.TEXT else 200 if kind is Kind.LINE else None
