"""Questions about a call: asked, then answered for everybody or set aside with a reason."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from grants.applications.models import EDITABLE, TAKING_PART, Application, ApplicationState, Partner
from grants.calls import question_policy as policy
from grants.calls import question_queries as queries
from grants.calls.models import QUESTION_LABELS, Call, CallQuestion, QuestionState
from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, expect, lock, transaction
from grants.core.errors import Refused
from grants.core.i18n import N_, Text, Words
from grants.core.types import new_id
from grants.funds.models import Fund
from grants.people.models import Person
from workflows import applicants
from workflows.letters import Letter, address, letter
from workflows.machine import Lifecycle, Move
from workflows.outbox import Due, Owed, promise, promise_all

S = QuestionState
MOST_WAITING = 5  # questions of one person on one call without an answer
MOST_AN_HOUR = 10  # questions of one person

lifecycle = Lifecycle(
    "question",
    QUESTION_LABELS,
    [
        Move(
            "publish_answer",
            frozenset({S.WAITING, S.SET_ASIDE}),
            S.ANSWERED,
            policy.answer_question,
            N_("Publish the answer"),
        ),
        Move(
            "set_aside_question",
            frozenset({S.WAITING}),
            S.SET_ASIDE,
            policy.answer_question,
            N_("Set the question aside"),
            why=True,
        ),
    ],
)


class TooMany(Refused):
    """More questions than one person may ask."""

    status = 429
    title = N_("Too many questions")


def ask(call: Call, text: str, language: str, *, actor: Person, id: UUID | None = None) -> CallQuestion:
    """A new question. The same `id` again is the same question.

    Raises Forbidden once questions are closed, TooMany past what one person may ask, Refused when nothing is asked.
    """
    with transaction():
        lock(actor)  # one question of a person at a time: they are counted below
        made = db.session.get(CallQuestion, id) if id else None
        if made is not None and made.asker_id == actor.id:
            return made
        policy.ask_question.require(actor, call)
        if not text.strip():
            raise Refused(N_("Write your question."))
        _count(call, actor)
        question = CallQuestion(
            id=new_id() if id is None or made is not None else id,
            call_id=call.id,
            asker_id=actor.id,
            language=language,
            text=text.strip(),
        )
        db.session.add(question)
        db.session.flush()
        record("question.ask", question, actor)
        return question


def _count(call: Call, actor: Person) -> None:
    if queries.waiting_of(actor, call) >= MOST_WAITING:
        raise TooMany(
            N_(
                "%(n)s of your questions on this call wait for an answer. Ask again once one is answered.",
                n=MOST_WAITING,
            )
        )
    if queries.asked_since(actor, now() - timedelta(hours=1)) >= MOST_AN_HOUR:
        raise TooMany(N_("You have asked %(n)s questions within an hour. Ask this one a little later.", n=MOST_AN_HOUR))


def publish_answer(
    question: CallQuestion, wording: Words, answer: Words, version: int | None, *, actor: Person
) -> None:
    """Publish, or correct what is published: `wording` is the question as everybody reads it.

    Tells whoever asked and everybody who writes an application of the call. Pressed twice, it is done once. Raises
    Refused without an answer, LostUpdate when a colleague has written meanwhile.
    """
    with transaction():
        lock(question, "state", "wording", "answer", "answered_at")
        policy.answer_question.require(actor, question)
        if not wording or not answer:
            raise Refused(N_("Write the question and its answer in at least one language."))
        if question.state == S.ANSWERED and (question.wording, question.answer) == (wording, answer):
            return
        expect(question, version)
        if question.state == S.ANSWERED:
            before = {"wording": dict(question.wording), "answer": dict(question.answer)}
            question.wording, question.answer, question.corrected_at = wording, answer, now()
            after = {"wording": dict(wording), "answer": dict(answer)}
            record("question.correct_answer", question, actor, before=before, after=after)
        else:
            said = {"wording": wording, "answer": answer, "answered_at": now(), "reason": None}
            lifecycle.fire("publish_answer", question, actor, set=said, answer=dict(answer))
        db.session.flush()
        _tell(question)


def set_aside_question(question: CallQuestion, reason: str, *, actor: Person) -> None:
    """No public answer, for a reason that whoever asked reads. Raises Refused without one."""
    with transaction():
        if not reason.strip():
            raise Refused(N_("Write the reason: whoever asked reads it."))
        said = {"reason": reason.strip()}
        if lifecycle.fire("set_aside_question", question, actor, reason=reason.strip(), set=said):
            promise(tell_set_aside, question, question.asker_id, slot=f"v{question.version}")


def _tell(question: CallQuestion) -> None:
    """The asker and whoever writes an application of the call that may still change; a correction is told anew."""
    live = select(Application.id).where(
        Application.call_id == question.call_id, Application.state.in_([*EDITABLE, ApplicationState.SUBMITTED])
    )
    joined = select(Partner.id).where(Partner.state.in_(TAKING_PART), Partner.application_id.in_(live))
    writers = [
        person_id
        for people in (applicants.leads(live, writers=True), applicants.partners(joined, writers=True))
        for _, person_id in db.session.execute(people)
    ]
    told = {question.asker_id, *writers}
    owed = [Owed(question.id, one, slot=f"v{question.version}", args={"version": question.version}) for one in told]
    promise_all(tell_answer, owed)


@letter
def tell_answer(due: Due) -> Letter | None:
    """A new or corrected answer; nothing when it was corrected again meanwhile, for then that letter says it."""
    question = _whole(due)
    if question.state != S.ANSWERED or question.version != due.args["version"]:
        return None
    call = question.call
    corrected = question.corrected_at is not None
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=N_("“%(call)s”: an answer was corrected", call=call.title)
        if corrected
        else N_("“%(call)s”: a question was answered", call=call.title),
        paragraphs=[
            N_("The fund has corrected an answer on the call for proposals “%(call)s”.", call=call.title)
            if corrected
            else N_("The fund has answered a question on the call for proposals “%(call)s”.", call=call.title)
        ],
        facts=[(N_("The question"), question.wording), (N_("The answer"), question.answer)],
        action=(N_("Read every answer"), address("public.call", id=call.id) + "#questions"),
        cluster=call.fund.cluster,
    )


@letter
def tell_set_aside(due: Due) -> Letter | None:
    """Why a question gets no public answer, to whoever asked it."""
    question = _whole(due)
    if question.state != S.SET_ASIDE:
        return None
    call = question.call
    facts: list[tuple[Text, str | None]] = [(N_("Your question"), question.text), (N_("Reason"), question.reason)]
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=N_("“%(call)s”: your question was set aside", call=call.title),
        paragraphs=[N_("The fund does not publish an answer to your question, for the reason below.")],
        facts=facts,
        action=(N_("Open the call"), address("public.call", id=call.id) + "#questions"),
        cluster=call.fund.cluster,
    )


def _whole(due: Due) -> CallQuestion:
    cluster = joinedload(CallQuestion.call).joinedload(Call.fund).joinedload(Fund.cluster)
    return db.session.get_one(CallQuestion, due.subject_id, options=[cluster])
