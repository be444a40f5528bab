"""The letters that tell applicants what was decided: our words, or the call's own with places to fill in.

A place is a name between braces, from a fixed list; nothing is ever computed from what was typed.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal as Exact
from typing import Any
from uuid import UUID

from sqlalchemy import select

from grants.awards import policy
from grants.awards.feedback import Marks, marks_of
from grants.awards.models import Decision, LetterTemplate, Occasion
from grants.calls.models import Call
from grants.core.audit import record
from grants.core.db import db, lock, transaction
from grants.core.errors import LostUpdate, Refused
from grants.core.i18n import N_, Reader, Text, Words, number, plain, render
from grants.people.models import Person

LONGEST = 6_000  # characters in one language
PLACES: dict[str, Text] = {
    "name": N_("The lead applicant’s name"),
    "reference": N_("The application’s reference"),
    "title": N_("The project’s title"),
    "organisation": N_("The applicant’s organisation"),
    "call": N_("The call’s title"),
    "commission": N_("The commission"),
    "amount": N_("The amount awarded; empty in a letter that awards nothing"),
    "reasons": N_("The committee’s reasons, where it gave some"),
    "scores": N_("The marks, as far as the call tells them"),
}
AWARDED = frozenset({Occasion.FUNDED, Occasion.PROMOTED})
OURS: dict[Occasion, Sequence[Text]] = {
    Occasion.FUNDED: [N_("The strategic committee has decided to fund your project.")],
    Occasion.PROMOTED: [
        N_("Credit has been freed: your project, which was on the reserve list, is now funded."),
    ],
    Occasion.RESERVE: [N_("Your project is on the reserve list: it will be funded if credit is freed.")],
    Occasion.REJECTED: [N_("The strategic committee has not selected your project.")],
}
PLACE = re.compile(r"\{([^{}]*)\}")


def unknown_place(body: Words, places: Mapping[str, Text] = PLACES) -> Text | None:
    """Why a wording cannot be kept: a place nobody knows, or a brace that opens or closes nothing."""
    for text in body.values():
        for name in PLACE.findall(text):
            if name not in places:
                return N_("There is no place called {%(name)s}. Choose one of the list.", name=name)
        if re.search(r"[{}]", PLACE.sub("", text)):
            return N_("A brace stands alone: a place is written between two, as in {reference}.")
    return None


def wordings(call_id: UUID) -> dict[Occasion, Words]:
    """The call's own wordings; one query."""
    rows = db.session.scalars(select(LetterTemplate).where(LetterTemplate.call_id == call_id))
    return {one.occasion: one.body for one in rows}


def template(call: Call, occasion: Occasion) -> LetterTemplate | None:
    found = select(LetterTemplate).where(LetterTemplate.call_id == call.id, LetterTemplate.occasion == occasion)
    return db.session.scalars(found).one_or_none()


def word(call: Call, occasion: Occasion, body: Words, version: int | None = None, *, actor: Person) -> None:
    """Keep the call's own wording of one letter; an empty one goes back to ours.

    `version`: that of the wording the page was drawn from, 0 for ours. Raises Refused for unknown places, LostUpdate
    when somebody else has worded it since.
    """
    with transaction():
        policy.steer.require(actor, call)
        if (why_not := unknown_place(body)) is not None:
            raise Refused(why_not)
        lock(call)
        kept = template(call, occasion)
        if kept is not None:
            lock(kept, "body")
        before = dict(kept.body) if kept else {}
        if before == dict(body):
            return
        if version not in {None, kept.version if kept else 0}:
            raise LostUpdate(N_("Your text and the saved text are both below. Nothing has been overwritten."))
        if kept is None:
            db.session.add(LetterTemplate(call_id=call.id, occasion=occasion, body=body))
        elif not body:
            db.session.delete(kept)
        else:
            kept.body = body
        after = {"occasion": str(occasion), **body}
        record("call.worded", call, actor, before=before, after=after)


def written(
    decision: Decision, occasion: Occasion, body: Words, reader: Reader
) -> tuple[Sequence[Text], Sequence[tuple[Any, Any]]]:
    """The paragraphs of a letter and, below them, the facts that they do not say themselves."""
    marks = marks_of(decision, decision.call)
    text = body.get(reader.language, "")
    values = _values(decision, occasion, marks, reader)
    paragraphs = filled(text, values) or OURS[occasion]  # a letter without a paragraph would not tell the decision
    said = {name for one in paragraphs for name in one.args}
    application = decision.application
    facts: list[tuple[Any, Any]] = []
    if "title" not in said:
        facts.append((N_("Project"), application.title))
    if "call" not in said:
        facts.append((N_("Call"), decision.call.title))
    if occasion in AWARDED and "amount" not in said:
        facts.append((N_("Amount awarded"), decision.amount))
    if decision.reason and "reasons" not in said:
        facts.append((N_("Reason"), decision.reason))
    if marks is not None and "scores" not in said:
        facts += _scores(marks, reader)
    return paragraphs, facts


def filled(text: str, values: Mapping[str, Any]) -> list[Text]:
    """The paragraphs of a wording, each place filled; one that names a place with nothing to say is left out."""
    found = []
    for paragraph in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip()):
        names = set(PLACE.findall(paragraph))
        if not paragraph.strip() or any(values.get(name) in (None, "") for name in names):
            continue
        if not names:
            found.append(Text(paragraph))
            continue
        escaped = PLACE.sub(r"%(\1)s", paragraph.replace("%", "%%"))
        found.append(Text(escaped, {name: values[name] for name in names}))
    return found


def _values(decision: Decision, occasion: Occasion, marks: Marks | None, reader: Reader) -> dict[str, Any]:
    application = decision.application
    said = _scores(marks, reader) if marks is not None else []
    scores = " · ".join(f"{plain(label, reader)}: {render(mark, reader)}" for label, mark in said)
    return {
        "name": application.lead.name,
        "reference": application.reference,
        "title": application.title,
        "organisation": application.organisation.name,
        "call": decision.call.title,
        "commission": decision.commission.name,
        "amount": decision.amount if occasion in AWARDED else None,
        "reasons": decision.reason,
        "scores": scores,
    }


def _scores(marks: Marks, reader: Reader) -> list[tuple[Any, Text]]:
    """The overall mark, then that of each criterion where the call tells them."""

    def say(mark: Exact) -> str:
        return number(mark, reader, 1)

    total: tuple[Any, Text] = (N_("Overall mark"), N_("%(mark)s of 100", mark=say(marks.total)))
    each = [
        (one.criterion.label, N_("%(mark)s of 5", mark=say(one.mean))) for one in marks.criteria if one.mean is not None
    ]
    return [total, *each]
