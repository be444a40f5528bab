"""One appeal against a refusal: filed in time, heard by somebody else, upheld or dismissed with reasons.

Upheld, the refusal is taken back and the file goes on from where it was: completed, screened again, or decided again.
"""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from grants.appeals import policy, queries
from grants.appeals.models import AGAINST_LABELS, APPEAL_LABELS, Against, Appeal, AppealState
from grants.applications import queries as applications
from grants.applications.models import Application
from grants.applications.submitted import content_hash
from grants.awards.models import Decision
from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, lock, transaction
from grants.core.errors import Refused, WrongState
from grants.core.i18n import N_, Text
from grants.core.types import Money
from grants.people.models import Person
from workflows import decision as decisions
from workflows.applicants import tell_lead, tell_partner
from workflows.application import lifecycle as application_lifecycle
from workflows.letters import Letter, address, letter
from workflows.machine import Lifecycle, Move
from workflows.mails import administrators
from workflows.outbox import Due, promise

S = AppealState
FILED = frozenset({S.FILED})

lifecycle = Lifecycle(
    "appeal",
    APPEAL_LABELS,
    [
        Move("uphold_appeal", FILED, S.UPHELD, policy.hear_appeal, N_("Uphold the appeal"), why=True),
        Move("dismiss_appeal", FILED, S.DISMISSED, policy.hear_appeal, N_("Dismiss the appeal"), why=True),
        Move("withdraw_appeal", FILED, S.WITHDRAWN, policy.withdraw_appeal, N_("Withdraw the appeal")),
    ],
)


def file(application: Application, grounds: str, *, actor: Person, attached: Any = None) -> Appeal:
    """Appeal against the refusal of this application. `attached`: a kept file (filename, media_type, size, sha256).

    Sent twice it is filed once. Raises Forbidden when there is nothing to appeal or it is too late, WrongState when
    another appeal was filed meanwhile, Refused without grounds.
    """
    with transaction():
        lock(application.call)  # first, as where the ranking is sent: it waits for an appeal, or comes before it
        lock(application, "state", "screening_reason")
        if (made := queries.of_application(application)) is not None:
            if (made.state, made.filed_by_id, made.grounds) == (S.FILED, actor.id, grounds.strip()):
                return made
            raise WrongState(
                N_(
                    "%(name)s has filed the appeal on %(when)s. There is one appeal for each application.",
                    name=made.filed_by.name,
                    when=made.created_at.astimezone(application.call.fund.cluster.zone),
                )
            )
        policy.file_appeal.require(actor, application)
        refused = queries.refusal(application)
        if refused is None or not grounds.strip():
            raise Refused(N_("Write why the refusal should be looked at again."))
        names = ("filename", "media_type", "size", "sha256")
        kept = {name: getattr(attached, name) for name in names} if attached else {}
        appeal = Appeal(
            application_id=application.id,
            against=refused.against,
            refusal=refused.reason,
            refused_at=refused.told_at,
            refused_by_id=refused.by_id,
            grounds=grounds.strip(),
            filed_by_id=actor.id,
            **kept,
        )
        db.session.add(appeal)
        db.session.flush()
        record("appeal.file", appeal, actor, after={"against": appeal.against, "refused_by": str(refused.by_id)})
        record("application.appeal", application, actor, after={"against": appeal.against})
        tell_lead(tell_filed, appeal, application)
        appeal = queries.whole(appeal.id)
        hearers = queries.hearers(appeal)
        for one in hearers:
            promise(ask_to_hear, appeal, one)
        for one in administrators() if not hearers else ():
            promise(nobody_hears, appeal, one)
        return appeal


def withdraw_appeal(appeal: Appeal, *, actor: Person) -> None:
    """Give the appeal up before it is heard: the refusal stands, and there is no second appeal."""
    with transaction():
        lock(appeal.application, "state")
        if lifecycle.fire("withdraw_appeal", appeal, actor):
            record("application.appeal_withdrawn", appeal.application, actor)


def uphold_appeal(appeal: Appeal, reasons: str, *, actor: Person, amount: Money | None = None) -> None:
    """The refusal is taken back: the file is screened again, or its decision is taken again.

    `amount`: what the committee may then decide on, where the commission had proposed no amount. Raises Refused
    without reasons, or without that amount.
    """
    with transaction():
        heard = _heard("uphold_appeal", appeal, reasons, actor)
        if heard:
            _take_back(appeal, reasons.strip(), amount, actor)


def dismiss_appeal(appeal: Appeal, reasons: str, *, actor: Person) -> None:
    """The refusal stands, for good. Raises Refused without reasons."""
    with transaction():
        _heard("dismiss_appeal", appeal, reasons, actor)


def _heard(move: str, appeal: Appeal, reasons: str, actor: Person) -> bool:
    """Whether it was heard now, not before by the same person."""
    lock(appeal.application, "state")  # first, as when it is filed
    if not reasons.strip():
        raise Refused(N_("Write the reasons: the applicant reads them."))
    said = {"reasons": reasons.strip(), "heard_at": now(), "heard_by_id": actor.id}
    if not lifecycle.fire(move, appeal, actor, reason=reasons.strip(), set=said):
        return False
    outcome = "appeal_upheld" if appeal.state == S.UPHELD else "appeal_dismissed"
    record(f"application.{outcome}", appeal.application, actor, reason=reasons.strip())
    tell_lead(tell_heard, appeal, appeal.application)
    return True


def _take_back(appeal: Appeal, reasons: str, amount: Money | None, actor: Person) -> None:
    if appeal.against == Against.DECISION:
        parts = [joinedload(Decision.call), joinedload(Decision.application)]
        decided = select(Decision).where(Decision.application_id == appeal.application_id).options(*parts)
        decisions.reopen(db.session.scalars(decided).one(), reasons, amount, actor=actor)
        return
    application = applications.locked(appeal.application)
    zone = application.call.fund.cluster.zone
    changed: dict[str, Any] = {"screening_reason": None}
    if appeal.against == Against.ELIGIBILITY:
        move = "reverse_ineligible"
    elif content_hash(application) == application.content_hash:
        move = "reverse_inadmissible"
    else:  # it was being completed when it was refused: what is there now was never submitted
        due_at = queries.last_moment(now(), application.call.appeal_days, zone)
        move, changed = "complete_after_appeal", {"screening_reason": reasons, "completion_due_at": due_at}
    application_lifecycle.fire(move, application, actor, reason=reasons, set=changed)
    for one in application.taking_part:
        tell_partner(tell_partner_upheld, appeal, one)


# --- letters --------------------------------------------------------------------------------------------------


@letter
def tell_filed(due: Due) -> Letter | None:
    """The receipt of an appeal, to the lead applicant."""
    appeal = queries.whole(due.subject_id)
    application = appeal.application
    zone = application.call.fund.cluster.zone
    facts: list[tuple[Text, Any]] = [
        (N_("Filed"), appeal.created_at.astimezone(zone)),
        (N_("Against"), AGAINST_LABELS[appeal.against]),
        (N_("Your grounds"), appeal.grounds),
    ]
    if appeal.filename:
        facts.append((N_("File"), appeal.filename))
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=N_("We have your appeal on %(reference)s", reference=application.reference),
        paragraphs=[
            N_("Somebody who took no part in the refusal will hear it. You will receive the outcome by e-mail.")
        ],
        facts=facts,
        action=_to_file(application),
        cluster=application.call.fund.cluster,
    )


@letter
def ask_to_hear(due: Due) -> Letter | None:
    """An appeal waits, to those who may hear it; nothing once it was heard or withdrawn."""
    appeal = queries.whole(due.subject_id)
    if appeal.state != S.FILED:
        return None
    application = appeal.application
    portal = "board" if appeal.against == Against.DECISION else "staff"
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=N_("An appeal waits to be heard: %(reference)s", reference=application.reference),
        paragraphs=[
            N_(
                "%(organisation)s appeals against a refusal. You took no part in it: you may hear the appeal, uphold"
                " it or dismiss it, with reasons.",
                organisation=application.organisation.name,
            )
        ],
        facts=[(N_("Against"), AGAINST_LABELS[appeal.against]), (N_("Reason given then"), appeal.refusal)],
        action=(N_("Read the appeal"), address(f"{portal}.appeal", id=appeal.id)),
        cluster=application.call.fund.cluster,
    )


@letter
def nobody_hears(due: Due) -> Letter | None:
    """Nobody may hear an appeal, to the administrators; nothing once it was withdrawn or somebody may."""
    appeal = queries.whole(due.subject_id)
    if appeal.state != S.FILED or queries.hearers(appeal):
        return None
    application, decided = appeal.application, appeal.against == Against.DECISION
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=N_("Nobody may hear an appeal: %(reference)s", reference=application.reference),
        paragraphs=[
            N_("Every member of the strategic committee took part in the decision. Appoint another one.")
            if decided
            else N_("Every programme officer of the fund took part in the refusal. Appoint another one."),
            N_("Until the appeal is heard, the ranking and the results of the call wait for it."),
        ],
        facts=[(N_("Call"), application.call.title), (N_("Fund"), application.call.fund.name)],
        action=(N_("People and roles"), address("admin.people")),
        cluster=application.call.fund.cluster,
    )


@letter
def tell_partner_upheld(due: Due) -> Letter | None:
    """The refusal was taken back, to whoever accepted for a partner."""
    application = queries.whole(due.subject_id).application
    facts: list[tuple[Text, Any]] = [(N_("Project"), application.title), (N_("Reference"), application.reference)]
    if application.completion_due_at:
        zone = application.call.fund.cluster.zone
        facts.append((N_("Complete it by"), application.completion_due_at.astimezone(zone)))
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=N_("About the project “%(title)s”", title=application.title),
        paragraphs=[
            N_(
                "The appeal of %(lead)s is upheld: the application in which your organisation takes part is examined"
                " again.",
                lead=application.organisation.name,
            )
        ],
        facts=facts,
        action=(N_("My applications"), address("applicant.home")),
        cluster=application.call.fund.cluster,
    )


COMPLETED = N_("Your appeal is upheld. Complete your application and submit it again until the date below.")
UPHELD = {
    Against.ADMISSIBILITY: N_("Your appeal is upheld. The fund checks the admissibility of your application again."),
    Against.ELIGIBILITY: N_("Your appeal is upheld. The fund checks the eligibility of your application again."),
    Against.DECISION: N_("Your appeal is upheld. The strategic committee decides on your project again."),
}


@letter
def tell_heard(due: Due) -> Letter | None:
    """The outcome of an appeal with its reasons, to the lead applicant."""
    appeal = queries.whole(due.subject_id)
    application, upheld = appeal.application, appeal.state == S.UPHELD
    facts: list[tuple[Text, Any]] = [(N_("Project"), application.title), (N_("Reasons"), appeal.reasons)]
    outcome = UPHELD[appeal.against]
    if upheld and application.completion_due_at is not None:
        zone = application.call.fund.cluster.zone
        facts.append((N_("Complete it by"), application.completion_due_at.astimezone(zone)))
        outcome = COMPLETED
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=N_("Your appeal on %(reference)s is upheld", reference=application.reference)
        if upheld
        else N_("Your appeal on %(reference)s is dismissed", reference=application.reference),
        paragraphs=[outcome if upheld else N_("Your appeal is dismissed. The refusal stands; this is final.")],
        facts=facts,
        action=_to_file(application),
        cluster=application.call.fund.cluster,
    )


def _to_file(application: Application) -> tuple[Text, str]:
    return N_("Open the application"), address("applicant.application", application_id=application.id)
