"""Scoring away from the product: what a workbook that comes back would change, cell by cell.

    sent = read_sheet(content, work)        what its cells say, or what is wrong with them
    keep(user, name, sent.cells)            set aside until its reviewer has seen what it changes
    plan(cells, work)                       against what is saved now: changes, and clashes
    the rest is workflows.review.take_over

Each row carries a key: whose review it is of, and a fingerprint of what its cells held when the workbook was made. A
cell that says what it said then changes nothing; one that was changed in the product too is a clash, never overwritten
without being asked.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, select

from grants.applications.budgets import budget_of, loaded
from grants.core.db import db, transaction
from grants.core.i18n import N_, Text, Words
from grants.core.types import Money
from grants.people.models import Person
from grants.reviews.headings import Advice, Asked, asked_of, recommended
from grants.reviews.models import Review, SentSheet
from grants.reviews.service import Mark, Sheet, sheet_of

Value = str | int | None  # a comment; half marks, a confidence, minor units; nothing


class Held(NamedTuple):
    """One cell of a review: `field` says which, `label` in words; `value` is what it holds."""

    field: str
    label: Text | Words
    value: Value


@dataclass(frozen=True)
class Work:
    """A review in hand, with the headings of its budget."""

    review: Review
    asked: Sequence[Asked]
    sheet: Sheet = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sheet", sheet_of(self.review))

    def held(self) -> dict[str, Held]:
        """Everything that the workbook holds of it, by field."""
        found = []
        for one in self.review.application.call.criteria:
            mark = self.sheet.marks.get(one.id, Mark(None))
            found.append(Held(f"mark:{one.id}", one.label, mark.halves))
            found.append(Held(f"comment:{one.id}", N_("Comment on “%(criterion)s”", criterion=one.label), mark.comment))
        found.append(Held("whole", N_("About the whole project"), self.sheet.comment))
        found.append(Held("confidence", N_("How well you know the field"), self.sheet.confidence))
        if not self.asked:
            found.append(Held("amount", N_("Amount recommended"), _minor(self.sheet.recommended)))
        for asked in self.asked:
            code, name = asked.category.code, asked.category.name
            advice = self.sheet.advice.get(code, Advice())
            found.append(Held(f"amount:{code}", N_("Recommended: %(heading)s", heading=name), _minor(advice.amount)))
            found.append(Held(f"reason:{code}", N_("Why it is cut: %(heading)s", heading=name), advice.reason))
        return {one.field: one for one in found}

    def with_(self, values: Mapping[str, Value]) -> Sheet:
        """The sheet with these cells written in."""
        sheet, currency = self.sheet, self.review.currency
        marks, advice = dict(sheet.marks), dict(sheet.advice)
        for name, value in values.items():
            kind, _, part = name.partition(":")
            match kind:
                case "mark":
                    halves = value if isinstance(value, int) else None
                    marks[UUID(part)] = replace(marks.get(UUID(part), Mark(None)), halves=halves)
                case "comment":
                    marks[UUID(part)] = replace(marks.get(UUID(part), Mark(None)), comment=str(value or ""))
                case "reason":
                    advice[part] = replace(advice.get(part, Advice()), reason=str(value or ""))
                case "amount" if part:
                    advice[part] = replace(advice.get(part, Advice()), amount=_money(value, currency))
                case "amount":
                    sheet = replace(sheet, recommended=_money(value, currency))
                case "whole":
                    sheet = replace(sheet, comment=str(value or ""))
                case "confidence":
                    sheet = replace(sheet, confidence=value if isinstance(value, int) else None)
        if self.asked:
            sheet = replace(sheet, recommended=recommended(self.asked, advice), advice=advice)
        return replace(sheet, marks=marks)


class SentCell(NamedTuple):
    """A cell that says something else than when the workbook was made."""

    review: str
    field: str
    base: str
    value: Value


class Change(NamedTuple):
    """What taking the workbook over does to one cell. A `clash` was changed in the product since, to `was`."""

    review: Review
    held: Held
    now: Value
    clash: bool

    @property
    def key(self) -> str:
        return f"{self.review.id}/{self.held.field}"


def work_of(reviews: Sequence[Review]) -> list[Work]:
    """Two queries for the lines of all their budgets, none where no call asks for lines."""
    applications = loaded([one.application for one in reviews])
    return [
        Work(review, asked_of(application, budget_of(application)))
        for review, application in zip(reviews, applications, strict=True)
    ]


def fingerprint(value: Value) -> str:
    """Short, of what a cell holds."""
    return hashlib.sha256(json.dumps(value or None if value != 0 else 0).encode()).hexdigest()[:10]


def plan(cells: Sequence[SentCell], work: Sequence[Work]) -> list[Change]:
    """What differs from what is saved now, in the order of the files; cells of other reviews are left out."""
    found = []
    sent = {(one.review, one.field): one for one in cells}
    for one in work:
        for held in one.held().values():
            cell = sent.get((str(one.review.id), held.field))
            if cell is None or fingerprint(cell.value) == fingerprint(held.value):
                continue
            found.append(Change(one.review, held, cell.value, fingerprint(held.value) != cell.base))
    return found


def digest(changes: Sequence[Change]) -> str:
    """Says whether a plan is still the one that was shown."""
    told = [(one.key, one.held.value, one.now, one.clash) for one in changes]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


# --- set aside ------------------------------------------------------------------------------------------------


def keep(user: Person, filename: str, cells: Sequence[SentCell]) -> None:
    """In the place of the one sent before."""
    with transaction():
        forget(user)
        db.session.add(SentSheet(reviewer_id=user.id, filename=filename, rows=[list(one) for one in cells]))


def kept(user: Person) -> tuple[str, list[SentCell]] | None:
    """The name and the cells of the workbook this person sent last, None when there is none."""
    found = db.session.scalars(select(SentSheet).where(SentSheet.reviewer_id == user.id)).one_or_none()
    return None if found is None else (found.filename, [SentCell(*one) for one in found.rows])


def forget(user: Person) -> None:
    with transaction():
        db.session.execute(delete(SentSheet).where(SentSheet.reviewer_id == user.id))


def _minor(amount: Money | None) -> int | None:
    return None if amount is None else amount.minor


def _money(value: Value, currency: str) -> Money | None:
    return Money(value, currency) if isinstance(value, int) else None
