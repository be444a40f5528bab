"""The whole dossier of one grant as a ZIP: what was submitted, decided, agreed, claimed, posted, and every move of it.

    written = export(award, "dossier.zip", reader, person)

Files are streamed from the storage into the ZIP, so memory does not grow with them. `index.html` and `index.csv` name
each with its size and SHA-256. Whoever reads finds what they may see in the product and nothing else: what is left out
for them is said in the index, as is a file that the virus scanner keeps back.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from grants.applications import queries as applications
from grants.applications.models import Application, Clarification, Submission
from grants.awards import policy as awards_policy
from grants.awards import queries as awards
from grants.awards.models import Award, Decision
from grants.calls.models import Call
from grants.core.audit import Event
from grants.core.clock import now
from grants.core.db import db, snapshot
from grants.core.i18n import N_, Reader, moment
from grants.core.storage import Storage
from grants.funds.models import Fund
from grants.ledger import queries as ledger
from grants.ledger import selection
from grants.ledger.selection import Selection
from grants.people.models import Person
from grants.reports.dossier_follow_up import follow_up
from grants.reports.packing import Packing, columns, csv_lines, facts
from grants.reports.workbook import Written
from grants.sessions import policy as sessions_policy
from grants.sessions.models import Minutes, Session


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
    """Facts of the grant, its agreement and all that followed; answers with the records whose moves belong here."""
    job.table("grant.csv", N_("The grant"), [N_("What"), N_("Value")], facts(award, {}))
    return [award.id, *follow_up(job, award)]


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
        job.json(f"clarifications/{number}.json", N_("Clarification"), dict(columns(asking)))
        for file in asking.files:
            job.kept("clarifications", N_("File of a clarification"), file)
    visible = awards.visible_decisions(user).where(Decision.application_id == application.id)
    decision = db.session.scalars(visible).one_or_none()
    if decision is None:
        job.leave_out("decision.json", N_("The decision"), job.say(N_("You may not read this decision.")))
    else:
        job.json("decision.json", N_("The decision"), dict(columns(decision)))
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
    job.archive.writestr("index.csv", b"".join(csv_lines([head], rows)))
    said_of = [
        (N_("Fund"), award.fund.name),
        (N_("Beneficiary"), award.organisation.name),
        (N_("Last operation"), seal),
        (N_("Written on"), moment(now().astimezone(award.fund.cluster.zone), job.reader)),
        (N_("Written by"), user.name),
    ]
    said = Markup().join(Markup("<dt>{}</dt><dd>{}</dd>").format(job.say(what), value) for what, value in said_of)
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
