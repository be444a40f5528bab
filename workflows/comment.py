"""Comments between colleagues, told to the others by mail at most once a day for each application."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from grants.applications import comments
from grants.applications.comment_queries import Talk
from grants.applications.content import sections
from grants.applications.models import EDITABLE, Application, Comment
from grants.calls.models import Call
from grants.core.clock import now
from grants.core.db import db, transaction
from grants.core.i18n import N_, N_n, Text
from grants.funds.models import Fund
from grants.people.models import Membership, Person
from workflows.letters import Letter, address, letter
from workflows.outbox import Due, Owed, promise_all

GATHERED = timedelta(minutes=10)  # what is said meanwhile goes into the same mail
SHOWN = 5  # comments in a mail


def say(talk: Talk, text: str, *, actor: Person) -> Comment:
    """A new comment, and for the colleagues a mail a little later. Raises what `comments.add` raises."""
    with transaction():
        made = comments.add(talk, text, actor=actor)
        others = select(Membership.person_id).where(
            Membership.organisation_id == talk.application.organisation_id, Membership.person_id != actor.id
        )
        moment = now()
        due_at, day = moment + GATHERED, f"{moment:%Y-%m-%d}"
        owed = [Owed(talk.application.id, one, slot=day, due_at=due_at) for one in db.session.scalars(others)]
        promise_all(tell_comments, owed)
        return made


@letter
def tell_comments(due: Due) -> Letter | None:
    """What colleagues said lately and still waits; nothing once it is settled, submitted, or not theirs to read."""
    cluster = joinedload(Application.call).joinedload(Call.fund).joinedload(Fund.cluster)
    about = select(Application).where(Application.id == due.subject_id)
    application = db.session.scalars(about.options(cluster, joinedload(Application.questionnaire))).one()
    said = _waiting(application, due) if due.recipient_id and application.state in EDITABLE else []
    if due.recipient_id is None or not said or not _speaks(due.recipient_id, application):
        return None
    names = dict(sections(application))
    facts: list[tuple[Text, str]] = [
        (N_("%(name)s on “%(section)s”", name=one.author.name, section=names.get(one.section, one.section)), one.text)
        for one in said[:SHOWN]
    ]
    title = application.title or N_("Untitled project")
    page = address("applicant.comments", application_id=application.id, section=said[0].section)
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=N_("“%(title)s”: your colleagues commented", title=title),
        paragraphs=[
            N_n(
                "%(n)s comment waits on the draft “%(title)s”. Only the people of your organisation read it.",
                "%(n)s comments wait on the draft “%(title)s”. Only the people of your organisation read them.",
                len(said),
                title=title,
            )
        ],
        facts=facts,
        action=(N_("Read and answer"), page),
        cluster=application.call.fund.cluster,
    )


def _waiting(application: Application, due: Due) -> list[Comment]:
    """What others said since this mail was promised, and nobody has settled."""
    said = select(Comment).where(
        Comment.application_id == application.id,
        Comment.author_id != due.recipient_id,
        Comment.resolved_at.is_(None),
        Comment.created_at >= due.due_at - GATHERED - timedelta(minutes=1),
    )
    return list(db.session.scalars(said.options(joinedload(Comment.author)).order_by(Comment.created_at, Comment.id)))


def _speaks(person_id: UUID, application: Application) -> bool:
    member = select(Membership.id).where(
        Membership.organisation_id == application.organisation_id, Membership.person_id == person_id
    )
    return db.session.scalar(member) is not None
