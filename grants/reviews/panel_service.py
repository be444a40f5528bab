"""What people write about themselves and their commissions, that moves no state: expertise, absences, bids, topics."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm.attributes import flag_modified

from grants.applications.models import Application
from grants.clusters.models import Commission
from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, expect, lock, transaction
from grants.core.errors import Refused
from grants.core.i18n import N_, Words
from grants.people.models import Person
from grants.reviews import panel_policy as policy
from grants.reviews.bidding import Sitting, open_applications
from grants.reviews.panel_models import Absence, Bid, BidLevel, Expertise, ExpertiseTopic, Topic

MOST_ABSENCES = 24
MOST_TOPICS = 60


def say_expertise(
    topics: Collection[UUID], offered: Collection[UUID], keywords: Sequence[str], version: int | None, *, actor: Person
) -> None:
    """Keep what a reviewer knows: of the topics `offered` to them those in `topics`, and their own keywords.

    Raises LostUpdate when it was written meanwhile, in another tab.
    """
    with transaction():
        policy.say_expertise.require(actor, None)
        row = insert(Expertise).values(person_id=actor.id, keywords=[]).on_conflict_do_nothing()
        is_new = db.session.execute(row.returning(Expertise.id)).first() is not None
        kept = db.session.scalars(select(Expertise).where(Expertise.person_id == actor.id)).one()
        lock(kept, "keywords")
        held = set(
            db.session.scalars(select(ExpertiseTopic.topic_id).where(ExpertiseTopic.person_id == actor.id))
        ) & set(offered)
        chosen = set(topics) & set(offered)
        if kept.keywords == list(keywords) and held == chosen:
            return
        if not is_new:  # `version` is 0 when nothing was kept as the page was opened
            expect(kept, version)
        gone = held - chosen
        db.session.execute(
            delete(ExpertiseTopic).where(ExpertiseTopic.person_id == actor.id, ExpertiseTopic.topic_id.in_(gone))
        )
        db.session.add_all(ExpertiseTopic(person_id=actor.id, topic_id=one) for one in chosen - held)
        kept.keywords = list(keywords)
        flag_modified(kept, "keywords")  # topics alone make a new version too
        record("person.expertise", actor, actor, after={"topics": len(chosen), "keywords": list(keywords)})


def be_away(starts_on: date, ends_on: date, *, actor: Person) -> None:
    """Days without reviews, the first and the last included. The same again is the same."""
    with transaction():
        policy.say_expertise.require(actor, None)
        if ends_on < now().date():
            raise Refused(N_("These days are past."))
        if (ends_on - starts_on).days > 366:
            raise Refused(N_("Say at most a year at once."))
        lock(actor)  # they are counted below
        mine = select(func.count(Absence.id)).where(Absence.person_id == actor.id, Absence.ends_on >= now().date())
        if (db.session.scalar(mine) or 0) >= MOST_ABSENCES:
            raise Refused(N_("This is enough: remove one before adding another."))
        row = insert(Absence).values(person_id=actor.id, starts_on=starts_on, ends_on=ends_on)
        db.session.execute(row.on_conflict_do_nothing())


def be_back(absence: Absence, *, actor: Person) -> None:
    """Those days count again."""
    with transaction():
        policy.own_absence.require(actor, absence)
        db.session.execute(delete(Absence).where(Absence.id == absence.id))


# --- bids -----------------------------------------------------------------------------------------------------


def keep_bids(sitting: Sitting, levels: Mapping[UUID, BidLevel], *, actor: Person) -> int:
    """Keep these levels, and say how many of the applications now have one.

    Whatever is not an application they may bid for is passed over: it has moved on, or is hidden from them.
    """
    with transaction():
        policy.bid.require(actor, sitting)
        open = open_applications(actor, sitting.board).with_only_columns(Application.id)
        mine = set(db.session.scalars(open))
        for application_id in sorted(mine & set(levels)):  # one order: two tabs do not lock each other
            row = insert(Bid).values(application_id=application_id, person_id=actor.id, level=levels[application_id])
            again = row.on_conflict_do_update(
                index_elements=["application_id", "person_id"],
                set_={"level": row.excluded.level, "version": Bid.version + 1},
                where=Bid.level != row.excluded.level,
            )
            db.session.execute(again)
        said = select(func.count(Bid.id)).where(Bid.person_id == actor.id, Bid.application_id.in_(mine))
        return db.session.scalar(said) or 0


# --- topics ---------------------------------------------------------------------------------------------------


def add_topic(commission: Commission, name: Words, words: Sequence[str], *, actor: Person) -> None:
    """Last in the list. Raises Refused for a name that is there already, or when there are too many."""
    with transaction():
        policy.name_topics.require(actor, commission)
        lock(commission)  # positions are counted below
        there = db.session.scalars(select(Topic).where(Topic.commission_id == commission.id)).all()
        if any(one.name == name for one in there):
            return
        if len(there) >= MOST_TOPICS:
            raise Refused(N_("A commission has at most %(n)s topics.", n=MOST_TOPICS))
        position = max((one.position for one in there), default=0) + 1
        made = Topic(commission_id=commission.id, position=position, name=name, words=list(words))
        db.session.add(made)
        db.session.flush()
        record("topic.add", made, actor, after={"name": dict(name), "words": list(words)})


def change_topic(topic: Topic, name: Words, words: Sequence[str], version: int | None, *, actor: Person) -> None:
    """Raises LostUpdate when it was written meanwhile."""
    with transaction():
        lock(topic, "name", "words")
        policy.name_topic.require(actor, topic)
        if (topic.name, topic.words) == (name, list(words)):
            return
        expect(topic, version)
        before = {"name": dict(topic.name), "words": topic.words}
        topic.name, topic.words = name, list(words)
        record("topic.change", topic, actor, before=before, after={"name": dict(name), "words": list(words)})


def remove_topic(topic: Topic, *, actor: Person) -> None:
    """It goes from what members know too."""
    with transaction():
        policy.name_topic.require(actor, topic)
        record("topic.remove", topic, actor, before={"name": dict(topic.name), "words": topic.words})
        db.session.execute(delete(Topic).where(Topic.id == topic.id))
