"""Double-blind calls: reviewers know neither organisations nor people, and read anonymised versions of documents."""

from collections.abc import Iterable

from sqlalchemy import inspect

from grants.calls.models import Blindness, Call, RequiredDocument
from grants.core.db import db
from grants.core.i18n import N_, Reader, Text, Words, plain, render
from grants.core.types import new_id

NAME = N_("%(document)s — anonymised version")
GUIDANCE = N_(
    "The same document without any name of a person or an organisation: not in its text, its pictures or the properties"
    " of the file. Reviewers read this version only; without it they do not read the document."
)


def is_double(call: Call) -> bool:
    return call.blindness == Blindness.DOUBLE


def originals(call: Call) -> list[RequiredDocument]:
    """The documents that officers ask for, in order, without the anonymised versions that follow from them."""
    return sorted((one for one in call.required if one.anonymises_id is None), key=lambda one: one.position)


def align(call: Call) -> None:
    """In a running transaction: a double-blind call asks for the anonymised version of each document, right after the
    document; any other call for none. Positions count from 1 again.
    """
    if "required" in inspect(call).unloaded and inspect(call).persistent:
        db.session.refresh(call, ["required"])
    kept = {one.anonymises_id: one for one in call.required if one.anonymises_id}
    wanted: list[RequiredDocument] = []
    for one in originals(call):
        one.id = one.id or new_id()
        wanted.append(one)
        if is_double(call):
            wanted.append(_like(kept.get(one.id) or RequiredDocument(anonymises_id=one.id), one))
    for position, one in enumerate(wanted, 1):
        one.position = position
    call.required[:] = wanted


def _like(version: RequiredDocument, original: RequiredDocument) -> RequiredDocument:
    for name in ("mandatory", "owed_by", "kinds", "most"):
        setattr(version, name, getattr(original, name))
    version.valid_months = None
    version.name = _in(original.name, NAME, original.name)
    version.guidance = _in(original.name, GUIDANCE)
    return version


def _in(languages: Iterable[str], text: Text, name: Words | None = None) -> Words:
    """The sentence in each of these languages."""
    found = {}
    for language in languages:
        reader = Reader(language)
        args = {"document": plain(name, reader)} if name is not None else {}
        found[language] = render(N_(text.id, **args), reader)
    return Words(found)
