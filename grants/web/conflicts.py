"""What the pages that settle conflicts of interest share, for chairs and for the officers who stand in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import request
from wtforms import IntegerField, StringField, TextAreaField
from wtforms.validators import AnyOf, InputRequired, Length, Optional

from grants.core.errors import Refused
from grants.core.i18n import N_
from grants.people.models import Person
from grants.reviews.conflict_models import ConflictKind, Verdict
from grants.reviews.conflict_policy import Concern
from grants.reviews.conflict_queries import PER_PAGE
from grants.reviews.findings import Row
from grants.web.forms import Form
from workflows import conflict as workflow


class SettleForm(Form):
    """One verdict: which conflict, as the page showed it, and why."""

    kind = StringField(validators=[InputRequired(), AnyOf([one.value for one in ConflictKind])])
    fact = StringField(validators=[Length(max=1000)])
    seen = IntegerField(validators=[Optional()])
    reason = TextAreaField(validators=[Length(max=2000)])


@dataclass(frozen=True)
class Register:
    """One page of conflicts; `page` counts from 1. The numbers are of all pages."""

    rows: Sequence[Row]
    page: int
    pages: int
    total: int
    waiting: int

    @property
    def first(self) -> int:
        return (self.page - 1) * PER_PAGE + 1


def page_of(rows: Sequence[Row]) -> Register:
    """The page that the address asks for; those that wait for a verdict come first."""
    pages = max(1, -(-len(rows) // PER_PAGE))
    page = min(max(1, request.args.get("page", 1, type=int)), pages)
    shown = rows[(page - 1) * PER_PAGE : page * PER_PAGE]
    return Register(shown, page, pages, len(rows), sum(row.finding.open for row in rows))


def settle(concern: Concern, verdict: Verdict, user: Person) -> Any:
    """By what was pressed; raises Refused for a form that this page never drew."""
    form = SettleForm()
    if not form.validate_on_submit():
        raise Refused(N_("This form is not complete. Open the page of conflicts again."))
    kind, reason = ConflictKind(form.kind.data or ""), form.reason.data or ""
    workflow.settle(concern, kind, form.fact.data or "", verdict, reason, form.seen.data, actor=user)
