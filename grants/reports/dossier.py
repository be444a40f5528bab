"""The whole dossier of one grant as a ZIP: what was submitted, decided, agreed, claimed, posted, and every move of it.

    written = export(award, "dossier.zip", reader, person)

Files are streamed from the storage into the ZIP, so memory does not grow with them. `index.html` and `index.csv` name
each with its size and SHA-256. Whoever reads finds what they may see in the product and nothing else: what is left out
for them is said in the index, as is a file that the virus scanner keeps back.
"""

import csv
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from grants.applications import queries as applications
from grants.applications.models import Application, Clarification, Submission
from grants.awards import policy as awards_policy
from grants.awards import queries as awards
from grants.awards.models import AGREEMENT_LABELS, CLAIM_LABELS, Agreement, Award, Claim, Decision, Instalment
from grants.calls.models import Call
from grants.core.audit import Event
from grants.core.clock import now
from grants.core.db import db, snapshot
from grants.core.errors import Problem
from grants.core.i18n import N_, Reader, Text, moment, render
from grants.core.scans import require_sound
from grants.core.sheets.writing import csv_text
from grants.core.storage import Storage
from grants.funds.models import Fund
from grants.ledger import queries as ledger
from grants.ledger import selection
from grants.ledger.selection import Selection
from grants.people.models import Person
from grants.reports.workbook import Written
from grants.sessions import policy as sessions_policy
from grants.sessions.models import Minutes, Session


@dataclass(frozen=True)
class Part:
    """One line of the index; `size` and `sha256` are None when the file was left out, `note` says why."""

    path: str
    what: str
    size: int | None = None
    sha256: str | None = None
    note: str = ""


@dataclass
class Packing:
    """A ZIP in the making. `url` is the virus scanner's address, empty when there is none."""

    archive: ZipFile
    reader: Reader
    store: Storage
    url: str
    parts: list[Part] = field(default_factory=list)

    def say(self, text: Text | str) -> str:
        return render(text, self.reader)

    def write(self, path: str, what: Text, pieces: Iterable[bytes]) -> None:
        digest, size = hashlib.sha256(), 0
        with self.archive.open(path, "w", force_zip64=True) as inside:
            for piece in pieces:
                inside.write(piece)
                digest.update(piece)
                size += len(piece)
        self.parts.append(Part(path, self.say(what), size, digest.hexdigest()))

    def table(self, path: str, what: Text, head: Sequence[Text], rows: Iterable[Sequence[Any]]) -> None:
        self.write(path, what, _csv([[self.say(one) for one in head]], rows))

    def json(self, path: str, what: Text, content: Any) -> None:
        text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, default=str)
        self.write(path, what, [text.encode()])

    def kept(self, folder: str, what: Text, record: Any) -> None:
        """A file that somebody sent, unless the scanner keeps it back or it is gone."""
        path = f"{folder}/{len(self.parts) + 1:03}-{_safe(record.filename)}"
        try:
            require_sound(record.sha256, self.url)
            pieces = self.store.read(record.sha256)
        except Problem as kept_back:
            self.leave_out(path, what, self.say(kept_back.detail))
        except FileNotFoundError:
            self.leave_out(path, what, self.say(N_("The file is not in the storage any more.")))
        else:
            self.write(path, what, pieces)

    def leave_out(self, path: str, what: Text, why: str) -> None:
        self.parts.append(Part(path, self.say(what), note=why))


def export(award_id: UUID, target: Path, reader: Reader, user: Person, store: Storage, url: str) -> Written:
    """Write the dossier as this person may see it.

    Raises NoResultFound when the grant is not theirs to see.
    """
    with snapshot():
        award = awards.award(user, award_id)
        awards_policy.view.require(user, award)
        head = ledger.heads([award.fund_id])[award.fund_id]
        with ZipFile(target, "w", ZIP_DEFLATED, compresslevel=1) as archive:
            job = Packing(archive, reader, store, url)
            subjects = _grant(job, award)
            subjects += _application(job, award, user)
            _minutes(job, award, user)
            _ledger(job, award)
            _events(job, subjects)
            _index(job, award, user, f"{head.no} – {head.hash.hex()}")
        return Written(len(job.parts), head.no, head.hash)


# --- what is in it --------------------------------------------------------------------------------------------


def _grant(job: Packing, award: Award) -> list[UUID]:
    """Facts, agreement, signatures, instalments and claims with their evidence; answers with who they are."""
    agreement = db.session.scalars(
        select(Agreement)
        .where(Agreement.award_id == award.id)
        .options(selectinload(Agreement.signatures), selectinload(Agreement.instalments))
    ).one_or_none()
    found = select(Claim).join(Claim.instalment).join(Instalment.agreement).where(Agreement.award_id == award.id)
    claims = db.session.scalars(found.options(joinedload(Claim.instalment)).order_by(Claim.created_at)).all()
    names = awards.names(
        who
        for one in (*claims, *([agreement] if agreement else []), *(agreement.signatures if agreement else []))
        for column, who in _columns(one)
        if column.endswith("person_id") or column.endswith("_by_id")
    )
    job.table("grant.csv", N_("The grant"), [N_("What"), N_("Value")], _columns(award))
    if agreement is not None:
        facts = [*_columns(agreement), ("state", job.say(AGREEMENT_LABELS[agreement.state]))]
        facts = [(column, names.get(value, value)) for column, value in facts]
        job.table("agreement.csv", N_("The agreement"), [N_("What"), N_("Value")], facts)
        signed = [
            (one.capacity, names.get(one.person_id), one.signed_at, one.text_hash) for one in agreement.signatures
        ]
        head = [N_("Capacity"), N_("Name"), N_("Signed on"), N_("Text signed (SHA-256)")]
        job.table("signatures.csv", N_("Signatures"), head, signed)
        parts = [(one.position, one.kind, one.due_on, one.amount.major, one.currency) for one in agreement.instalments]
        head = [N_("Instalment"), N_("Kind of instalment"), N_("Planned on"), N_("Amount"), N_("Currency")]
        job.table("instalments.csv", N_("Instalments"), head, parts)
    for claim in claims:
        folder, title = f"claims/{claim.instalment.position}-{str(claim.id)[:8]}", N_("Claim")
        facts = [(column, names.get(value, value)) for column, value in _columns(claim)]
        facts.append(("state", job.say(CLAIM_LABELS[claim.state])))
        job.table(f"{folder}/claim.csv", title, [N_("What"), N_("Value")], facts)
        if claim.sha256:
            job.kept(folder, N_("Evidence of a claim"), claim)
    of_agreement = [agreement.id, *(one.id for one in agreement.instalments)] if agreement else []
    return [award.id, *of_agreement, *(one.id for one in claims)]


def _application(job: Packing, award: Award, user: Person) -> list[UUID]:
    """What was submitted, its files, clarifications, and the decision on it."""
    if award.application_id is None:
        return []
    theirs = applications.followed_by(user).where(Application.id == award.application_id)
    application = db.session.scalars(theirs.options(selectinload(Application.documents))).one_or_none()
    if application is None:
        job.leave_out("application/", N_("The application"), job.say(N_("You may not read this application.")))
        return []
    for number, one in enumerate(_submissions(application), 1):
        job.write(f"application/{number}-{one.sha256[:16]}.json", N_("As it was submitted"), [one.content.encode()])
    for document in application.documents:
        job.kept("application", N_("Document of the application"), document)
    asked = select(Clarification).where(Clarification.application_id == application.id)
    clarifications = db.session.scalars(asked.options(selectinload(Clarification.files))).all()
    for number, asking in enumerate(clarifications, 1):
        job.json(f"clarifications/{number}.json", N_("Clarification"), dict(_columns(asking)))
        for file in asking.files:
            job.kept("clarifications", N_("File of a clarification"), file)
    visible = awards.visible_decisions(user).where(Decision.application_id == application.id)
    decision = db.session.scalars(visible).one_or_none()
    if decision is None:
        job.leave_out("decision.json", N_("The decision"), job.say(N_("You may not read this decision.")))
    else:
        job.json("decision.json", N_("The decision"), dict(_columns(decision)))
    return [application.id, *(one.id for one in clarifications), *([decision.id] if decision else [])]


def _submissions(application: Application) -> Sequence[Submission]:
    found = select(Submission).where(Submission.application_id == application.id)
    return db.session.scalars(found.order_by(Submission.submitted_at)).all()


def _minutes(job: Packing, award: Award, user: Person) -> None:
    """Every version of the minutes of the commission on this call, as it was signed."""
    found = (
        select(Minutes)
        .join(Minutes.session)
        .where(Session.call_id == award.call_id, Session.commission_id == award.commission_id)
        .options(
            selectinload(Minutes.signatures),
            joinedload(Minutes.session).joinedload(Session.call).joinedload(Call.fund).joinedload(Fund.cluster),
        )
        .order_by(Minutes.session_id, Minutes.number)
    )
    for one in db.session.scalars(found).unique():
        path = f"minutes/{str(one.session_id)[:8]}-{one.number}.json"
        if why := sessions_policy.read_minutes_to_decide.why_not(user, one):
            job.leave_out(path, N_("Minutes"), job.say(why))
            continue
        signed = [{"name": by.name, "at": by.created_at, "sha256": by.sha256} for by in one.signatures]
        job.json(path, N_("Minutes"), {"content": one.content, "sha256": one.sha256, "signatures": signed})


def _ledger(job: Packing, award: Award) -> None:
    chosen = Selection(award.fund_id, award.currency, grant_ids=frozenset({award.id}))
    head = [N_("No."), N_("Line"), N_("Operation"), N_("Value date"), N_("From stage"), N_("To stage"), N_("Amount")]
    head += [N_("Currency"), N_("Document"), N_("Entered by"), N_("Entered on"), N_("Reverses no."), N_("Seal")]
    rows = (
        (
            one.no,
            one.line,
            job.say(one.kind.label),
            one.value_date,
            job.say(one.moved.source.stage.label),
            job.say(one.moved.target.stage.label),
            one.moved.amount.major,
            one.moved.amount.currency,
            one.document,
            one.actor_name,
            one.at.isoformat(),
            one.reverses,
            one.hash.hex(),
        )
        for one in selection.entries(chosen)
    )
    job.table("ledger.csv", N_("Entries of the ledger"), head, rows)


def _events(job: Packing, subjects: Sequence[UUID]) -> None:
    found = select(Event).where(Event.subject_id.in_(subjects)).order_by(Event.at, Event.id)
    events = db.session.scalars(found).all()
    names = awards.names(one.actor_id for one in events)
    head = [N_("When"), N_("What"), N_("Subject"), N_("By"), N_("Reason"), N_("Before"), N_("After")]
    rows = (
        (
            one.at.isoformat(),
            one.name,
            one.subject_kind,
            names.get(one.actor_id) if one.actor_id else None,
            one.reason,
            json.dumps(one.before, sort_keys=True, ensure_ascii=False),
            json.dumps(one.after, sort_keys=True, ensure_ascii=False),
        )
        for one in events
    )
    job.table("events.csv", N_("Every move: who, when, why, before and after"), head, rows)


# --- its index ------------------------------------------------------------------------------------------------


def _index(job: Packing, award: Award, user: Person, seal: str) -> None:
    """Both indexes; they name every file but themselves."""
    head = [job.say(one) for one in (N_("File"), N_("What"), N_("Octets"), N_("SHA-256"), N_("Note"))]
    rows = [(one.path, one.what, one.size, one.sha256, one.note) for one in job.parts]
    job.archive.writestr("index.csv", b"".join(_csv([head], rows)))
    facts = [
        (N_("Fund"), award.fund.name),
        (N_("Beneficiary"), award.organisation.name),
        (N_("Last operation"), seal),
        (N_("Written on"), moment(now().astimezone(award.fund.cluster.zone), job.reader)),
        (N_("Written by"), user.name),
    ]
    said = Markup().join(Markup("<dt>{}</dt><dd>{}</dd>").format(job.say(what), value) for what, value in facts)
    cells = Markup(
        "<tr><td>{link}</td><td>{what}</td><td>{size}</td><td><code>{sha256}</code></td><td>{note}</td></tr>"
    )
    lines = Markup("\n").join(
        cells.format(
            link=Markup('<a href="{0}">{0}</a>').format(one.path) if one.sha256 else one.path,
            what=one.what,
            size="" if one.size is None else one.size,
            sha256=one.sha256 or "",
            note=one.note,
        )
        for one in job.parts
    )
    page = Markup(
        '<!doctype html><html lang="{lang}" dir="{dir}"><meta charset="utf-8"><title>{title}</title>'
        "<h1>{title}</h1><dl>{facts}</dl><table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></html>"
    ).format(
        lang=job.reader.language,
        dir=job.reader.direction,
        title=f"{award.number} – {award.title}",
        facts=said,
        head=Markup().join(Markup("<th>{}</th>").format(one) for one in head),
        lines=lines,
    )
    job.archive.writestr("index.html", str(page))


def _columns(record: Any) -> list[tuple[str, Any]]:
    """Every column of a record with its value, words as plain text."""
    return [(one.key, getattr(record, one.key)) for one in record.__mapper__.column_attrs]


def _csv(head: Iterable[Sequence[Any]], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """With a byte order mark, for Excel; nothing a person typed is alive in it."""
    yield "\ufeff".encode()
    for row in (*head, *rows):
        line = StringIO()
        cells = [csv_text(one) if isinstance(one, str) else one for one in row]
        csv.writer(line).writerow(["" if one is None else one for one in cells])
        yield line.getvalue().encode()


def _safe(name: str) -> str:
    """A file name without folders or anything a file system refuses."""
    bare = PurePosixPath(name.replace("\\", "/")).name
    return "".join("_" if one in '<>:"|?*' or ord(one) < 32 else one for one in bare)[-120:] or "file"
