"""Clarifications: the fund asks about a submitted file, the applicant answers once, until a date."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from grants.applications import clarification_policy as policy
from grants.applications.models import (
    CLARIFICATION_LABELS,
    Application,
    Clarification,
    ClarificationFile,
    ClarificationState,
)
from grants.calls.models import Call
from grants.core.audit import record
from grants.core.clock import arrival, now
from grants.core.db import db, expect, lock, transaction
from grants.core.errors import Refused, WrongState
from grants.core.i18n import N_
from grants.core.types import new_id
from grants.funds.models import Fund
from grants.people.models import Person
from workflows.applicants import tell_lead
from workflows.letters import Letter, address, letter
from workflows.machine import Lifecycle, Move
from workflows.outbox import Due, promise

S = ClarificationState
MOST_FILES = 5  # with one answer

lifecycle = Lifecycle(
    "clarification",
    CLARIFICATION_LABELS,
    [
        Move(
            "answer_clarification", frozenset({S.ASKED}), S.ANSWERED, policy.answer_clarification, N_("Send the answer")
        ),
        Move(
            "take_back_clarification",
            frozenset({S.ASKED}),
            S.TAKEN_BACK,
            policy.take_back_clarification,
            N_("Take the question back"),
        ),
    ],
)


def ask(application: Application, question: str, due_at: datetime, *, actor: Person, id: UUID | None = None) -> None:
    """Ask the applicant, who may answer until `due_at`. The same `id` again is the same question.

    Raises Forbidden when the file is not being examined, Refused without a question or with a date that is past.
    """
    with transaction():
        lock(application, "state")
        made = db.session.get(Clarification, id) if id else None
        if made is not None and (made.application_id, made.asked_by_id) == (application.id, actor.id):
            return
        policy.ask_clarification.require(actor, application)
        if not question.strip():
            raise Refused(N_("Write your question."))
        if due_at <= now():
            raise Refused(N_("Give the applicant a date that is still to come."))
        asked = Clarification(
            id=new_id() if id is None or made is not None else id,
            application_id=application.id,
            asked_by_id=actor.id,
            question=question.strip(),
            due_at=due_at,
        )
        db.session.add(asked)
        db.session.flush()
        record("clarification.ask", asked, actor, after={"due_at": due_at.isoformat()})
        tell_lead(tell_asked, asked, application)


def take_back(clarification: Clarification, *, actor: Person) -> None:
    """The question needs no answer any more; nothing when it was taken back before."""
    with transaction():
        if lifecycle.fire("take_back_clarification", clarification, actor):
            tell_lead(tell_taken_back, clarification, clarification.application)


def write(clarification: Clarification, answer: str, version: int | None, *, actor: Person) -> None:
    """Keep the answer without sending it. Raises LostUpdate when a colleague has written meanwhile."""
    with transaction():
        _open(clarification, actor)
        if clarification.answer == answer.strip():
            return
        expect(clarification, version)
        clarification.answer = answer.strip()


def attach(clarification: Clarification, files: Iterable[Any], *, actor: Person) -> None:
    """Add kept files (filename, media_type, size, sha256) to the answer; the same content twice is the same file.

    Raises Refused beyond MOST_FILES.
    """
    with transaction():
        _open(clarification, actor)
        there = select(ClarificationFile.sha256).where(ClarificationFile.clarification_id == clarification.id)
        known = set(db.session.scalars(there))
        for one in files:
            if one.sha256 in known:
                continue
            if len(known) >= MOST_FILES:
                raise Refused(
                    N_("An answer holds at most %(n)s files. Remove one before adding another.", n=MOST_FILES)
                )
            known.add(one.sha256)
            kept = {"filename": one.filename, "media_type": one.media_type, "size": one.size, "sha256": one.sha256}
            made = ClarificationFile(clarification_id=clarification.id, uploaded_by_id=actor.id, **kept)
            db.session.add(made)


def detach(file: ClarificationFile, *, actor: Person) -> None:
    """Remove a file from an answer that is not sent yet."""
    with transaction():
        _open(file.clarification, actor)
        db.session.delete(file)


def send(clarification: Clarification, *, actor: Person) -> None:
    """Send what is written, with its files: from here on it stays as it is. Pressed twice, it is sent once."""
    with transaction():
        lock(clarification, "state", "answer")
        if clarification.state == S.ASKED and not clarification.answer:
            raise Refused(N_("Write your answer."))
        files = select(ClarificationFile).where(ClarificationFile.clarification_id == clarification.id)
        for one in db.session.scalars(files):
            if one.quarantined:
                raise Refused(N_("“%(name)s” is in quarantine: remove it, then send a clean copy.", name=one.filename))
        sent = {"answered_at": arrival(), "answered_by_id": actor.id}
        names = list(db.session.scalars(_names(clarification)))
        if lifecycle.fire("answer_clarification", clarification, actor, set=sent, files=names):
            promise(tell_answered, clarification, clarification.asked_by_id)


def _names(clarification: Clarification) -> Any:
    mine = select(ClarificationFile.filename).where(ClarificationFile.clarification_id == clarification.id)
    return mine.order_by(ClarificationFile.created_at)


def _open(clarification: Clarification, actor: Person) -> None:
    """The row is taken and its answer may still be written."""
    lock(clarification, "state", "answer")
    if clarification.state != S.ASKED:
        raise WrongState(N_("This answer has been sent, or is not awaited any more: it stays as it is."))
    policy.answer_clarification.require(actor, clarification)


# --- letters --------------------------------------------------------------------------------------------------


@letter
def tell_asked(due: Due) -> Letter | None:
    """The fund's question and its date, to the lead applicant; nothing once it is answered or taken back."""
    asked = _whole(due)
    if asked.state != S.ASKED:
        return None
    reference = asked.application.reference
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=N_("The fund has a question on your application %(reference)s", reference=reference),
        paragraphs=[N_("The fund asks you for a clarification. You can answer, and add files, until the date below.")],
        facts=[(N_("The question"), asked.question), (N_("Answer by"), asked.due_here)],
        action=(N_("Answer the fund"), address("applicant.clarification", id=asked.id)),
        cluster=asked.application.call.fund.cluster,
    )


@letter
def tell_taken_back(due: Due) -> Letter | None:
    """The question needs no answer any more, to the lead applicant."""
    asked = _whole(due)
    application = asked.application
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=N_("No answer needed any more on %(reference)s", reference=application.reference),
        paragraphs=[N_("The fund has taken back the question below. You need not answer it.")],
        facts=[(N_("The question"), asked.question)],
        action=(N_("Open the application"), address("applicant.application", application_id=application.id)),
        cluster=application.call.fund.cluster,
    )


@letter
def tell_answered(due: Due) -> Letter | None:
    """The applicant's answer, to the programme officer who asked."""
    asked = _whole(due)
    application = asked.application
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=N_("%(reference)s: your question is answered", reference=application.reference),
        paragraphs=[N_("%(organisation)s has answered your question.", organisation=application.organisation.name)],
        facts=[(N_("The question"), asked.question), (N_("The answer"), asked.answer)],
        action=(N_("Open the application"), address("staff.application", application_id=application.id)),
        cluster=application.call.fund.cluster,
    )


def _whole(due: Due) -> Clarification:
    application = joinedload(Clarification.application)
    parts = [
        application.joinedload(Application.call).joinedload(Call.fund).joinedload(Fund.cluster),
        application.joinedload(Application.organisation),
    ]
    return db.session.get_one(Clarification, due.subject_id, options=parts)
