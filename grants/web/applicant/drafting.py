"""What several people who write one draft need to know of each other's work."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from flask import url_for

from grants.applications import comment_queries, versions
from grants.applications.content import Section, outline
from grants.applications.models import CERTAINTY_LABELS, SOURCE_LABELS, Application, Certainty, Revision, Source
from grants.calls import tables
from grants.calls.questionnaire import WRITTEN, Question, shown
from grants.core.differences import Piece, difference, excerpt
from grants.core.i18n import N_, N_n, Text, Words, percent, plain
from grants.core.types import Money
from grants.web.forms import Before
from grants.web.language import current_reader

LABELS = {
    "title": N_("Title"),
    "commission_id": N_("Commission"),
    "summary": N_("Summary"),
    "description": N_("Description"),
    "cost": N_("Eligible cost"),
    "requested": N_("Amount requested"),
    "duration_months": N_("Duration"),
    "lines": N_("Costs"),
    "asked": N_("Amount requested"),
    "funding": N_("Co-financing"),
}
QUICK = 0.05  # seconds for one text of a list of versions
TEXTS = {"title", "summary", "description", "lines", "funding"}


class Together(NamedTuple):
    """Where a section is talked about, and where its versions are."""

    comments: str
    waiting: int
    history: str | None


class Changed(NamedTuple):
    """One field that changed: the words of a text, or the values before and after."""

    label: Text | Words | str
    pieces: list[Piece] | None
    was: Any = None
    now: Any = None


def together(application: Application, section: str) -> Together:
    return Together(
        url_for("applicant.comments", application_id=application.id, section=section),
        comment_queries.waiting(application).get(section, 0),
        url_for("applicant.history", application_id=application.id, section=section)
        if section != Section.DOCUMENTS
        else None,
    )


def look_back(application: Application, section: str, seen: int | None) -> Callable[[], Before]:
    """`before`, for later: a refusal forgets what was read of the application."""
    empty = versions.read(application, section, {})
    return partial(before, application.id, section, seen, was_empty=empty is not None and empty.version == seen)


def before(application_id: UUID, section: str, seen: int | None, *, was_empty: bool = False) -> Before:
    """What a section said when its page was opened, as far as it is known, and who saved it since."""
    found, last = versions.at(application_id, section, seen), versions.last_saved(application_id, section)
    content = {} if found is None and was_empty else found
    texts = None if content is None else {name: value for name, value in content.items() if isinstance(value, str)}
    return Before(texts, last.person.name if last and last.person else None, last.saved_at if last else None)


def changes(application: Application, revision: Revision, was: Any, now: Any, *, whole: bool = False) -> list[Changed]:
    """What differs between two contents of the revision's section, field by field, in the order of its page.

    `whole` keeps every word of a text; else only those around a change.
    """
    fields = _fields(application, revision.section)
    names = [*(one for one in fields if one in was or one in now), *sorted((was.keys() | now.keys()) - fields.keys())]
    return [
        _changed(application, fields.get(name), name, was.get(name), now.get(name), whole)
        for name in names
        if was.get(name) != now.get(name)
    ]


def _fields(application: Application, section: str) -> dict[str, Question | Text]:
    """The fields of a section by name, in order: questions of the call, or labels of ours."""
    if section in versions.COLUMNS:
        return dict(LABELS)
    asked = next((one.questions for one in outline(application).parts if one.id == section), ())
    return {one.id: one for one in asked}


def _changed(
    application: Application, field: Question | Text | None, name: str, was: Any, now: Any, whole: bool
) -> Changed:
    if isinstance(field, Question):
        label: Text | Words | str = field.label
        is_text = field.kind in WRITTEN or field.grid is not None
    else:
        label, is_text = field or name, name in TEXTS
    if is_text:
        was, now = _as_text(application, field, name, was), _as_text(application, field, name, now)
        if whole:
            return Changed(label, difference(was, now))
        return Changed(label, excerpt(difference(was, now, QUICK)))
    return Changed(label, None, _value(application, field, name, was), _value(application, field, name, now))


def _value(application: Application, field: Question | Text | None, name: str, value: Any) -> Any:
    """A value that is no text, as the page prints it; None when nothing was given."""
    if value is None:
        return None
    if isinstance(field, Question):
        printed = shown(field, value, application.currency)
        return list(printed) if isinstance(printed, list | tuple) else printed
    match name:
        case "cost" | "requested" | "asked":
            return Money(value, application.currency)
        case "duration_months":
            return N_n("%(n)s month", "%(n)s months", value)
        case "commission_id":
            offered = {str(one.commission_id): one.commission.name for one in application.call.envelopes}
            return offered.get(value, N_("A commission this call no longer offers"))
    return str(value)


def _as_text(application: Application, field: Question | Text | None, name: str, value: Any) -> str:
    """A text; or the rows of a table or a budget, one on each line."""
    if isinstance(field, Question) and field.grid:
        return tables.as_text(field.grid, value or (), application.currency, current_reader())
    if name not in {"lines", "funding"}:
        return tables.raw(value) if value else ""
    return "\n".join(_row(application, one) for one in value or ())


def _row(application: Application, row: dict[str, Any]) -> str:
    """What a row of a budget says, as its page orders it."""
    amount = row.get("net") if "net" in row else row.get("amount")
    if "net" in row:
        category = application.call.budget_rules.category(row["category"])
        year = N_("Year %(n)s", n=row["year"]) if row["year"] else None
        who = row["organisation_id"] and application.members.get(
            UUID(row["organisation_id"]), N_("No longer takes part")
        )
        vat = N_("VAT %(rate)s", rate=percent(row["vat"] / 100, current_reader())) if row["vat"] else None
        told = [category.name if category else None, who, year, row["label"], vat]
    else:
        told = [SOURCE_LABELS[Source(row["source"])] if row["source"] else None, row["label"]]
        told.append(CERTAINTY_LABELS[Certainty(row["certainty"])])
    told.append(None if amount is None else Money(amount, application.currency))
    return " · ".join(plain(one, current_reader()) for one in told if one)
