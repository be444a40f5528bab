"""A reviewer's private notes on a file: read and written by that person alone, kept apart from the review.

Nothing else in the program reads them: no page of the chair, no minutes, no export.
"""

from sqlalchemy import select
from sqlalchemy.orm.attributes import flag_modified

from grants.core.db import db, transaction
from grants.people.models import Person
from grants.reviews import policy
from grants.reviews.models import PrivateNote, Review

LONGEST = 10_000  # characters


def note_of(user: Person, review: Review) -> str:
    """What this reviewer noted; raises Forbidden for anybody else."""
    policy.answer.require(user, review)
    return db.session.scalar(select(PrivateNote.text).where(PrivateNote.review_id == review.id)) or ""


def keep(review: Review, text: str, *, actor: Person) -> None:
    """Write it anew. A change of it is a change of the review: two windows notice each other."""
    with transaction():
        if text == note_of(actor, review):
            return
        policy.mark.require(actor, review)
        note = db.session.scalars(select(PrivateNote).where(PrivateNote.review_id == review.id)).one_or_none()
        if note is None:
            note = PrivateNote(review_id=review.id)
            db.session.add(note)
        note.text = text
        flag_modified(review, "comment")
