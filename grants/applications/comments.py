"""Talking about the sections of a draft: say something, settle it, take it up again. None of it is ever submitted."""

from sqlalchemy import func, select

from grants.applications import drafting_policy as policy
from grants.applications.comment_queries import Talk
from grants.applications.models import Comment
from grants.core.clock import now
from grants.core.db import db, lock, transaction
from grants.core.errors import Refused
from grants.core.i18n import N_
from grants.people.models import Person

LONGEST = 2_000  # characters
MOST = 500  # in one application


def add(talk: Talk, text: str, *, actor: Person) -> Comment:
    """A new comment. Pressed twice, it is said once. Raises Refused when it is empty, too long, or one too many."""
    with transaction():
        lock(talk.application, "state")
        policy.comment.require(actor, talk)
        text = text.strip()
        if not text:
            raise Refused(N_("Write your comment."))
        if len(text) > LONGEST:
            raise Refused(N_("A comment holds at most %(n)s characters.", n=LONGEST))
        mine = select(Comment).where(Comment.application_id == talk.application.id)
        last = db.session.scalars(mine.order_by(Comment.created_at.desc(), Comment.id.desc()).limit(1)).one_or_none()
        if last and (last.author_id, last.section, last.text) == (actor.id, talk.section, text):
            return last
        if (db.session.scalar(select(func.count()).select_from(mine.subquery())) or 0) >= MOST:
            raise Refused(N_("An application holds at most %(n)s comments.", n=MOST))
        made = Comment(application_id=talk.application.id, section=talk.section, author_id=actor.id, text=text)
        db.session.add(made)
        return made


def settle(comment: Comment, *, actor: Person) -> None:
    """It has been seen to. Pressed twice, it is done once."""
    _settle(comment, actor, settled=True)


def take_up_again(comment: Comment, *, actor: Person) -> None:
    """It has not been seen to after all."""
    _settle(comment, actor, settled=False)


def _settle(comment: Comment, actor: Person, *, settled: bool) -> None:
    with transaction():
        lock(comment, "resolved_at")
        policy.settle_comment.require(actor, comment)
        if (comment.resolved_at is not None) != settled:
            comment.resolved_at = now() if settled else None
            comment.resolved_by_id = actor.id if settled else None
