"""One file on the agenda: brought up, discussed, agreed or voted on, settled. Without quorum none of it happens."""

from typing import Any

from sqlalchemy import select, update

from grants.applications.models import Application, ApplicationState
from grants.core.clock import now
from grants.core.db import db, expect, lock
from grants.core.errors import Refused, WrongState
from grants.core.i18n import N_
from grants.core.types import Money
from grants.people.models import Person
from grants.reviews.queries import conflicted
from grants.sessions import figures, policy, queries
from grants.sessions.models import Ballot, Choice, Happening, Item, ItemState, SessionState, Vote
from workflows import conflict
from workflows.sitting import (
    current,
    follow_quorum,
    items,
    must_be_here,
    must_be_quorate,
    must_be_up,
    note,
    sitting,
)

PLANNED, OPEN = SessionState.PLANNED, SessionState.OPEN
SECRET_FROM = 3  # voices


def open_item(item: Item, *, actor: Person) -> None:
    """Bring a file up for discussion; one at a time. A settled one may be brought up again."""
    session = item.session
    with sitting(session):
        must_be_here(session, actor)
        lock(item, "state")
        up = current(session)
        if up is not None and up.id != item.id:
            raise Refused(
                N_("Another file is under discussion."), N_("Settle it or put it back, then bring this one up.")
            )
        if any(item.application.reference in lot.among for lot in queries.lots(session) if lot.drawn_at):
            raise Refused(N_("A lot was drawn on this file: its mark no longer moves."))
        state = db.session.scalar(select(Application.state).where(Application.id == item.application_id))
        if state != ApplicationState.REVIEWED and item.state != ItemState.OPEN:
            raise Refused(
                N_("This file is not fully reviewed."), N_("Wait for its last review, or give it to another reviewer.")
            )
        if items.fire("open_item", item, actor):
            note(session, Happening.ITEM_OPENED, actor, item=item)
            follow_quorum(session, actor)


def settle_item(item: Item, *, actor: Person) -> None:
    """What stands now is what the commission agreed: the consensus mark, or the mean where there is none."""
    session = item.session
    with sitting(session):
        must_be_here(session, actor)
        lock(item, "state", "consensus", "amount_minor", "rejected")
        if item.state == ItemState.OPEN:
            must_be_quorate(session, item)
            _must_be_voted(item)
        if items.fire("settle_item", item, actor):
            marked = figures.marks(session).get(item.application_id)
            raw = marked.mean if marked else None
            item.settled_score = raw if item.consensus is None else item.consensus
            item.settled_minor = figures.proposed_for(item, marked)
            note(
                session,
                Happening.ITEM_SETTLED,
                actor,
                item=item,
                raw=raw,
                score=item.settled_score,
                amount=item.settled_minor,
                currency=item.currency,
                rejected=item.rejected,
            )
            follow_quorum(session, actor)


def _must_be_voted(item: Item) -> None:
    vote = last_vote(item)
    if vote is not None and vote.closed_at is None:
        raise Refused(N_("A vote is open on this file."), N_("Close the vote, then settle the file."))
    if (vote is None or vote.cancelled) and queries.rules_of(item.session.call_id).vote_needed:
        raise Refused(N_("The rules of this call ask for a vote on every file."), N_("Open the vote."))


def put_back_item(item: Item, *, actor: Person) -> None:
    """Back on the agenda, for later in the session."""
    session = item.session
    with sitting(session):
        lock(item, "state")
        vote = last_vote(item)
        if vote is not None and vote.closed_at is None:
            _cancel(vote, item, actor)
        if items.fire("put_back_item", item, actor):
            note(session, Happening.ITEM_MOVED, actor, item=item, put_back=True)
            follow_quorum(session, actor)


def move_item(item: Item, up: bool, *, actor: Person) -> None:
    """One place up or down the agenda, as the actor sees it."""
    session = item.session
    with sitting(session, PLANNED, OPEN):
        policy.lead_item.require(actor, item)
        lock(item, "position")
        step = Item.position < item.position if up else Item.position > item.position
        order = Item.position.desc() if up else Item.position
        near = select(Item).where(Item.session_id == session.id, step, Item.id.not_in(queries.aside(actor, session)))
        other = db.session.scalars(near.order_by(order)).first()
        if other is None:
            return
        lock(other, "position")
        item.position, other.position = other.position, item.position
        note(session, Happening.ITEM_MOVED, actor, item=item, to=item.position)


def name_rapporteur(item: Item, person: Person | None, *, actor: Person) -> None:
    """Who presents the file and writes what is agreed."""
    session = item.session
    with sitting(session, PLANNED, OPEN):
        policy.lead_item.require(actor, item)
        if person is not None:
            policy.attend.require(person, session)
            if conflicted(person, item.application):
                raise Refused(N_("%(name)s steps aside from this file.", name=person.name))
        lock(item, "rapporteur_id")
        chosen = person.id if person else None
        if item.rapporteur_id != chosen:
            item.rapporteur_id = chosen
            note(session, Happening.RAPPORTEUR, actor, item=item, person=chosen)


def step_aside(item: Item, reason: str, *, actor: Person) -> None:
    """A conflict of interest said in the session: from now on nothing of the file is shown to this person.

    A vote under way, or one that holds their voice, is cancelled.
    """
    session = item.session
    with sitting(session, PLANNED, OPEN):
        policy.discuss.require(actor, item)
        conflict.declare(item.application, reason, actor=actor)
        lock(item, "rapporteur_id", "rejected")
        if item.rapporteur_id == actor.id:
            item.rapporteur_id = None
        vote = last_vote(item)
        if vote is not None and not vote.cancelled and (vote.closed_at is None or actor.id in queries.voters(vote)):
            item.rejected = False
            _cancel(vote, item, actor)
        note(session, Happening.RECUSED, actor, item=item, person=actor.id, reason=reason.strip())
        if session.state == OPEN:
            follow_quorum(session, actor)


# --- what is agreed -------------------------------------------------------------------------------------------


def keep_consensus(
    item: Item, mark: int, reason: str, dissent: str, *, version: int | None = None, actor: Person
) -> None:
    """The mark the commission agrees on, in hundredths of a point of 100, beside the individual ones, which stay.

    Raises LostUpdate when the form was drawn from an earlier version of the item.
    """
    session = item.session
    with sitting(session):
        policy.agree.require(actor, item)
        must_be_up(item)
        must_be_here(session, actor)
        agreed = (mark, reason.strip(), dissent.strip())
        if agreed == (item.consensus, item.consensus_reason, item.dissent):
            return
        expect(item, version)
        must_be_quorate(session, item)
        _no_vote_open(item)
        if not reason.strip():
            raise Refused(N_("Say why the commission agrees on this mark: it stands in the minutes."))
        marked = figures.marks(session).get(item.application_id)
        before = item.consensus if item.consensus is not None else (marked.mean if marked else None)
        item.consensus, item.consensus_reason, item.dissent = agreed
        note(
            session,
            Happening.CONSENSUS,
            actor,
            item=item,
            before=before,
            after=mark,
            reason=item.consensus_reason,
            dissent=item.dissent,
        )


def keep_amount(item: Item, amount: Money, *, version: int | None = None, actor: Person) -> None:
    """What the commission proposes to give: between 1 and what was requested."""
    session = item.session
    with sitting(session):
        policy.agree.require(actor, item)
        must_be_up(item)
        must_be_here(session, actor)
        if item.amount_minor == amount.minor:
            return
        expect(item, version)
        must_be_quorate(session, item)
        _no_vote_open(item)
        requested: Money = item.application.requested
        if not 0 < amount.minor <= requested.minor:
            raise Refused(N_("The amount must be between 1 and the %(requested)s requested.", requested=requested))
        before = figures.proposed_for(item, figures.marks(session).get(item.application_id))
        item.amount_minor = amount.minor
        note(session, Happening.AMOUNT, actor, item=item, before=before, after=amount.minor, currency=amount.currency)


def _no_vote_open(item: Item) -> None:
    vote = last_vote(item)
    if vote is not None and vote.closed_at is None:
        raise Refused(N_("A vote is open on this file."), N_("Close the vote first."))


# --- votes ----------------------------------------------------------------------------------------------------


def last_vote(item: Item) -> Vote | None:
    wanted = select(Vote).where(Vote.item_id == item.id).order_by(Vote.opened_at.desc(), Vote.id.desc())
    return db.session.scalars(wanted.limit(1)).first()


def open_vote(item: Item, *, actor: Person) -> None:
    """Ask whether the file is proposed for funding. Opening an open vote is opening it once."""
    session = item.session
    with sitting(session):
        policy.lead_item.require(actor, item)
        must_be_up(item)
        must_be_here(session, actor)
        known = last_vote(item)
        if known is not None and known.closed_at is None:
            return
        must_be_quorate(session, item)
        rules = queries.rules_of(session.call_id)
        db.session.add(Vote(item_id=item.id, secret=rules.secret, opened_at=now()))
        note(session, Happening.VOTE_OPENED, actor, item=item, secret=rules.secret)


def cast(item: Item, choice: Choice, *, actor: Person) -> None:
    """One voice, once, by somebody who sits, while there is a quorum. A second press changes nothing."""
    session = item.session
    with sitting(session):
        policy.discuss.require(actor, item)
        must_be_here(session, actor)
        vote = last_vote(item)
        if vote is None or vote.closed_at is not None:
            raise WrongState(N_("The vote on this file is not open."))
        if actor.id in queries.voters(vote):
            return
        must_be_quorate(session, item)
        db.session.add(Ballot(vote_id=vote.id, person_id=actor.id, choice=None if vote.secret else choice))
        column = {Choice.FOR: Vote.in_favour, Choice.AGAINST: Vote.against, Choice.ABSTAIN: Vote.abstained}[choice]
        db.session.flush()
        db.session.execute(update(Vote).where(Vote.id == vote.id).values({column: column + 1}))
        said: dict[str, Any] = {} if vote.secret else {"choice": choice.value}
        note(session, Happening.VOTE_CAST, actor, item=item, person=actor.id, **said)


def close_vote(item: Item, *, actor: Person) -> None:
    """Count: carried with more voices for than against. A file against which a vote goes is not proposed."""
    session = item.session
    with sitting(session):
        policy.lead_item.require(actor, item)
        must_be_up(item)
        vote = last_vote(item)
        if vote is None or vote.closed_at is not None:
            return
        must_be_quorate(session, item)
        db.session.refresh(vote)
        voices = vote.in_favour + vote.against + vote.abstained
        if not voices:
            raise Refused(N_("Nobody has voted yet."), N_("Wait for the voices, or cancel the vote."))
        if vote.secret and voices < SECRET_FROM:
            raise Refused(
                N_("With fewer than %(n)s voices, the count of a secret vote tells who chose what.", n=SECRET_FROM),
                N_("Wait for more voices, or cancel the vote."),
            )
        vote.closed_at, vote.carried = now(), vote.in_favour > vote.against
        item.rejected = not vote.carried
        note(session, Happening.VOTE_CLOSED, actor, item=item, **_count(vote), carried=vote.carried)


def cancel_vote(item: Item, *, actor: Person) -> None:
    """A vote that cannot end, because the quorum is lost: nothing is counted."""
    session = item.session
    with sitting(session):
        policy.lead_item.require(actor, item)
        vote = last_vote(item)
        if vote is not None and vote.closed_at is None:
            _cancel(vote, item, actor)


def _cancel(vote: Vote, item: Item, actor: Person) -> None:
    vote.closed_at, vote.carried, vote.cancelled = now(), False, True
    note(item.session, Happening.VOTE_CANCELLED, actor, item=item)


def _count(vote: Vote) -> dict[str, Any]:
    return {"in_favour": vote.in_favour, "against": vote.against, "abstained": vote.abstained}
