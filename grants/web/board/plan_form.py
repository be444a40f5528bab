"""What a member typed into a draft of decisions, read field by field: a field that cannot be read keeps its text."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from grants.awards.drafts import LONGEST, Choice, Draft, Passage
from grants.awards.models import Outcome
from grants.awards.picture import Picture, is_open
from grants.core.amounts import parse_amount
from grants.core.i18n import N_, Text, amount
from grants.core.types import Money
from grants.web.fields import tidy
from grants.web.language import current_reader

PASSAGES = 6  # transfers one draft may hold


@dataclass
class Typed:
    """`errors` by the name of the field; `draft` is what could be read, the rest taken from the draft before."""

    draft: Draft
    errors: dict[str, Text] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    @property
    def passages(self) -> int:
        """How many rows of transfers to show: those there are, and a blank one."""
        return min(PASSAGES, len(self.draft.passages) + 1)


def filled(draft: Draft, picture: Picture) -> Typed:
    """The page as the draft fills it."""
    values = {"reason": draft.reason}
    for id, n in draft.places.items():
        values[f"line-{id}"] = str(n)
    for id, one in draft.choices.items():
        values[f"outcome-{id}"] = one.outcome.value if one.outcome else ""
        values[f"reason-{id}"] = one.reason
        if one.minor is not None:
            values[f"amount-{id}"] = _written(one.minor, picture)
    for n, passage in enumerate(draft.passages):
        values |= {f"from-{n}": str(passage.source), f"to-{n}": str(passage.target), f"why-{n}": passage.reason}
        values[f"sum-{n}"] = _written(passage.minor, picture)
    return Typed(draft, {}, values)


def _written(minor: int, picture: Picture) -> str:
    return amount(Money(minor, picture.call.currency), current_reader())


def read(sent: Mapping[str, str], picture: Picture, before: Draft) -> Typed:
    """What was sent, over the draft before."""
    typed = Typed(before, {}, {name: value for name, value in sent.items() if name != "csrf_token"})
    choices = {}
    for id, row in picture.rows.items():
        if not is_open(row):
            continue
        outcome = sent.get(f"outcome-{id}", "")
        minor = _minor(typed, f"amount-{id}", before.choices.get(id, Choice()).minor, picture)
        reason = tidy(sent.get(f"reason-{id}", ""))[:LONGEST]
        chosen = Choice(
            Outcome(outcome) if outcome in set(Outcome) else None,
            None if minor == row.amount_minor else minor,
            reason,
        )
        if chosen:
            choices[id] = chosen
    places = {}
    for theme in picture.themes:
        if (place := _place(typed, f"line-{theme.commission.id}", len(theme.rows))) is not None:
            places[theme.commission.id] = place
    typed.draft = Draft(choices, places, _passages(typed, picture), tidy(sent.get("reason", ""))[:LONGEST])
    return typed


def _minor(typed: Typed, name: str, before: int | None, picture: Picture) -> int | None:
    try:
        found = parse_amount(typed[name], picture.call.currency)
    except ValueError as error:
        typed.errors[name] = error.args[0]
        return before
    return None if found is None else found.minor


def _place(typed: Typed, name: str, most: int) -> int | None:
    text = typed[name].strip()
    if not text:
        return None
    if not text.isdecimal() or len(text) > 6:
        typed.errors[name] = N_("A whole number: how many of the ranking are funded.")
        return None
    return min(int(text), most)


def _passages(typed: Typed, picture: Picture) -> tuple[Passage, ...]:
    known = {str(one.commission.id): one.commission.id for one in picture.themes}
    found = []
    for n in range(PASSAGES):
        minor = _minor(typed, f"sum-{n}", None, picture)
        ends: list[UUID | None] = [known.get(typed[f"{side}-{n}"]) for side in ("from", "to")]
        if not minor and not any(ends):
            continue
        if not minor or minor < 0 or ends[0] is None or ends[1] is None:
            typed.errors.setdefault(f"sum-{n}", N_("A transfer needs its amount and both envelopes."))
            continue
        found.append(Passage(ends[0], ends[1], minor, tidy(typed[f"why-{n}"])[:LONGEST]))
    return tuple(found)
