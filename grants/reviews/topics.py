"""The topics of a commission, and which of them an application is about, by the words of its title and summary."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from uuid import UUID

from sqlalchemy import select

from grants.applications.models import REVIEWABLE, Application
from grants.calls.models import Call
from grants.clusters.models import Commission
from grants.core.db import db
from grants.core.types import sort_key
from grants.reviews.panel_models import Topic

ARTICLES = "(?:وال|بال|كال|فال|لل|ال)?"  # what Arabic writes before a noun without a space


def topics_of(commission_ids: Iterable[UUID]) -> Sequence[Topic]:
    """In their order within each commission."""
    wanted = select(Topic).where(Topic.commission_id.in_(commission_ids))
    return db.session.scalars(wanted.order_by(Topic.commission_id, Topic.position)).all()


def about(text: str, topics: Iterable[Topic]) -> frozenset[UUID]:
    """The topics that one of their words betrays: a word of the text begins with it."""
    plain = sort_key(text)
    return frozenset(one.id for one in topics if one.words and _pattern(tuple(one.words)).search(plain))


@lru_cache(maxsize=512)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    beginnings = "|".join(re.escape(sort_key(word)) for word in words)
    return re.compile(rf"(?<!\w){ARTICLES}(?:{beginnings})")


def topics_by_application(call: Call, commission: Commission) -> dict[UUID, frozenset[UUID]]:
    """The topics of every reviewable application; two queries. For the solver: nobody is shown this as it is."""
    topics = topics_of([commission.id])
    rows = db.session.execute(
        select(Application.id, Application.title, Application.summary).where(
            Application.call_id == call.id,
            Application.commission_id == commission.id,
            Application.state.in_(REVIEWABLE),
        )
    )
    return {id: about(f"{title} {summary}", topics) for id, title, summary in rows}
