"""What an officer says of the invoices of a claim: a verdict each, an amount where it is reduced, a reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from flask import request

from grants.awards.invoices import Judgement
from grants.awards.models import Invoice, Verdict
from grants.core import i18n
from grants.core.amounts import parse_amount
from grants.core.i18n import N_, Text
from grants.core.types import Money
from grants.web.fields import tidy
from grants.web.forms import Form, FormError
from grants.web.language import current_reader
from grants.web.parking import taken_up

LONGEST_REASON = 1_000


@dataclass
class Typed:
    """One invoice as it is typed: right or wrong it stays on the page."""

    verdict: str
    accepted: str
    reason: str
    seen: int | None
    errors: dict[str, Text] = field(default_factory=dict)


class VerdictsForm(Form):
    """`typed` by invoice; `judgements` is what is readable of those that were sent."""

    def __init__(self, invoices: Sequence[Invoice]) -> None:
        super().__init__()
        self.invoices = invoices
        self.places = {one.id: one.position for one in invoices}
        parked = None if self.is_submitted() else taken_up()
        sent: Mapping[str, str] | None = request.form if self.is_submitted() else parked.typed if parked else None
        self.typed = {one.id: _typed(one, sent) for one in invoices}

    def judgements(self) -> dict[UUID, Judgement | None]:
        found: dict[UUID, Judgement | None] = {}
        for one in self.invoices:
            typed = self.typed[one.id]
            accepted: Money | None = None
            if typed.verdict == Verdict.REDUCED and typed.accepted:
                try:
                    accepted = parse_amount(typed.accepted, one.currency)
                except ValueError as problem:
                    typed.errors["accepted"] = problem.args[0]
                    continue
            if len(typed.reason) > LONGEST_REASON:
                typed.errors["reason"] = N_("Shorten this text: at most %(n)s characters.", n=LONGEST_REASON)
                continue
            verdict = Verdict(typed.verdict) if typed.verdict in set(Verdict) else None
            found[one.id] = Judgement(verdict, accepted, typed.reason, typed.seen) if verdict else None
        return found

    def refuse(self, refused: Mapping[UUID, Mapping[str, Text]]) -> None:
        for id, why in refused.items():
            self.typed[id].errors |= why

    def problems(self) -> list[FormError]:
        return [
            FormError(f"{name}-{id}", N_("Invoice %(n)s", n=n), why)
            for id, n in self.places.items()
            for name, why in self.typed[id].errors.items()
        ]


def _typed(one: Invoice, sent: Mapping[str, str] | None) -> Typed:
    """What was sent of it; where nothing was, what is kept."""
    if sent is not None and any(f"{name}-{one.id}" in sent for name in ("verdict", "accepted", "reason")):
        verdict, accepted, reason = (
            tidy(sent.get(f"{name}-{one.id}", "")) for name in ("verdict", "accepted", "reason")
        )
        seen = sent.get(f"seen-{one.id}", "")
        return Typed(verdict, accepted, reason, int(seen) if seen.isdecimal() and len(seen) < 10 else None)
    kept = i18n.amount(one.accepted, current_reader()) if one.verdict == Verdict.REDUCED else ""
    return Typed(str(one.verdict or ""), kept, one.reason, one.version)
