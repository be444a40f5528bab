"""Changing the list of documents that a draft call asks for. Each change moves the version of the call on."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from grants.calls.blindness import align, originals
from grants.calls.models import Call, FileKind, Owed, RequiredDocument
from grants.calls.rule_verbs import noted, opened
from grants.core.db import db, transaction
from grants.core.errors import Refused
from grants.core.i18n import N_, Words
from grants.people.models import Person

MOST = 20
COPIED = (
    *("position", "name", "guidance", "mandatory", "owed_by", "kinds", "most", "valid_months"),
    *("filename", "media_type", "size", "sha256"),
)


@dataclass(frozen=True)
class Template:
    """A file to download and fill in, in the storage."""

    filename: str
    media_type: str
    size: int
    sha256: str

    @classmethod
    def of(cls, kept: RequiredDocument) -> "Template | None":
        if kept.filename is None or kept.media_type is None or kept.size is None or kept.sha256 is None:
            return None
        return cls(kept.filename, kept.media_type, kept.size, kept.sha256)


@dataclass(frozen=True)
class Demand:
    """What the officer's form holds. `valid_months`: it must have been issued within so many months."""

    name: Words
    guidance: Words
    mandatory: bool
    kinds: Sequence[FileKind]
    most: int = 1
    valid_months: int | None = None
    template: Template | None = None
    owed_by: Owed = Owed.LEAD


def require(
    call: Call, demand: Demand, version: int | None, *, actor: Person, id: UUID | None = None
) -> RequiredDocument:
    """Add it at the end of the list, or put it in the place of the one with this id.

    Raises Forbidden once the call is no draft, LostUpdate when somebody wrote meanwhile, Refused beyond the limit or
    for one that is gone.
    """
    with transaction():
        opened(call, version, actor)
        known = next((one for one in originals(call) if one.id == id), None)
        if id is not None and known is None:
            raise Refused(N_("Somebody else removed this document from the list."))
        if known is None:
            if len(originals(call)) >= MOST:
                raise Refused(N_("A call asks for at most %(n)s documents.", n=MOST))
            known = RequiredDocument(position=1 + max((one.position for one in call.required), default=0))
            call.required.append(known)
        template = asdict(demand.template) if demand.template else dict.fromkeys(Template.__dataclass_fields__)
        values = {**vars(demand), "kinds": [str(one) for one in demand.kinds]}
        values.pop("template")
        for name, value in {**values, **template}.items():
            setattr(known, name, value)
        align(call)
        noted(call, actor, "call.document_required", name=dict(demand.name), mandatory=demand.mandatory)
        return known


def asked_like(source: Call) -> list[RequiredDocument]:
    """New ones that ask for the documents of this call, in its order; they must be loaded."""
    order = originals(source)
    return [RequiredDocument(**{name: getattr(one, name) for name in COPIED}) for one in order]


def copy(call: Call, source: Call, version: int | None, *, actor: Person) -> None:
    """Begin with the list of another call, whose documents must be loaded. A list that is begun stays as it is."""
    with transaction():
        opened(call, version, actor)
        if call.required:
            return
        call.required = asked_like(source)
        align(call)
        noted(call, actor, "call.documents_copied", source=str(source.id))


def release(call: Call, id: UUID, version: int | None, *, actor: Person) -> None:
    """Ask for it no more. Removing what is not there changes nothing."""
    with transaction():
        opened(call, version, actor)
        known = next((one for one in originals(call) if one.id == id), None)
        if known is not None:
            name = dict(known.name)
            call.required.remove(known)
            align(call)
            noted(call, actor, "call.document_released", name=name)


def move(call: Call, id: UUID, up: bool, version: int | None, *, actor: Person) -> None:
    """One place up or down; at the end of the list it stays."""
    with transaction():
        opened(call, version, actor)
        order = originals(call)
        here = next((n for n, one in enumerate(order) if one.id == id), None)
        there = None if here is None else here - 1 if up else here + 1
        if here is None or there is None or not 0 <= there < len(order):
            return
        order[here].position, order[there].position = order[there].position, order[here].position
        align(call)
        db.session.flush()
        noted(call, actor, "call.documents_ordered")
