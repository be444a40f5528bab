"""A session by its verbs: who may, when, and what the log keeps."""

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError, NoResultFound

from grants.applications.models import ApplicationState
from grants.awards.models import Decision, Outcome
from grants.calls import queries as calls
from grants.calls.transfers import EnvelopeTransfer
from grants.core.db import db
from grants.core.errors import Forbidden, LostUpdate, Refused, WrongState
from grants.core.types import Money
from grants.reviews import queries as reviews
from grants.reviews.models import Review
from grants.sessions import figures, minutes_queries, policy, queries, screen
from grants.sessions.content import fingerprint
from grants.sessions.models import Choice, Happening, ItemState, SessionState
from grants.sessions.rules import draw, sealed
from tests.factories import CommissionFactory, PersonFactory
from tests.sessions.ground import Ground, ground
from workflows import agenda, decision, minutes, session


@pytest.fixture
def at(app) -> Ground:
    return ground()


def kinds(at: Ground) -> list[Happening]:
    return [one.kind for one in queries.log(at.session())]


def test_planning_puts_every_file_on_the_agenda_once(at):
    again = session.plan(
        reviews.chaired(at.chair, at.stage.call.id, at.stage.commission.id), at.session().starts_at, "", actor=at.chair
    )
    assert again.id == at.id and len(at.session().items) == 3
    lot = queries.lots(at.session())[0]
    assert lot.drawn_at is None and lot.seed_hash == sealed(lot.seed)


def test_the_line_follows_what_the_committee_transfers(at):
    other = CommissionFactory(cluster=at.stage.fund.cluster)
    published = figures.envelope(at.session())
    for number, (source, target) in enumerate([(other, at.stage.commission), (at.stage.commission, other)], 1):
        moved = {"source_id": source.id, "target_id": target.id, "amount_minor": 40_000_000 // number}
        decided = {
            "currency": published.currency,
            "reason": "Plus de dossiers.",
            "decided_by_id": at.stage.committee.id,
        }
        db.session.add(EnvelopeTransfer(call_id=at.stage.call.id, number=number, **moved, **decided))
    db.session.flush()
    assert figures.envelope(at.session()) == published + Money(20_000_000, published.currency)
    assert screen.sitting(at.chair, at.session()).envelope == figures.envelope(at.session())


def test_opening_brings_the_chair_in_and_counts_the_quorum(at):
    at.open(sitting=1)
    session.open_session(at.session(), actor=at.chair)  # a double click
    found = screen.sitting(at.chair, at.session())
    assert found.quorum().present == 2 and found.quorum().needed == 3 and not found.quorum().reached
    assert kinds(at).count(Happening.OPENED) == 1
    session.enter(at.session(), at.members[1], actor=at.chair)
    assert kinds(at)[-1] == Happening.QUORUM_REGAINED


def test_nothing_is_agreed_without_quorum_and_the_refusal_says_what_next(at):
    at.open(sitting=1)
    agenda.open_item(at.item(0), actor=at.chair)
    for act in (
        lambda: agenda.keep_consensus(at.item(0), 9_000, "Oui", "", actor=at.chair),
        lambda: agenda.keep_amount(at.item(0), Money(1000, at.item(0).currency), actor=at.chair),
        lambda: agenda.open_vote(at.item(0), actor=at.chair),
        lambda: agenda.settle_item(at.item(0), actor=at.chair),
    ):
        with pytest.raises(Refused, match="no quorum") as refusal:
            act()
        assert "1 more member" in str(refusal.value.advice)


def test_a_quorum_is_lost_and_regained_in_the_log(at):
    at.open(sitting=2)
    agenda.open_item(at.item(0), actor=at.chair)
    session.leave(at.session(), at.members[0], actor=at.members[0])
    assert kinds(at)[-2:] == [Happening.LEFT, Happening.QUORUM_LOST]
    session.enter(at.session(), at.members[0], actor=at.members[0])
    assert kinds(at)[-2:] == [Happening.ENTERED, Happening.QUORUM_REGAINED]
    assert len([one for one in queries.spans(at.session()) if one.person_id == at.members[0].id]) == 2


def test_a_consensus_keeps_its_trace_and_its_dissent(at):
    at.open()
    agenda.open_item(at.item(2), actor=at.chair)
    version = at.item(2).version
    agenda.keep_consensus(at.item(2), 8_500, "Preuve apportée", "Une voix contre", version=version, actor=at.chair)
    said = queries.log(at.session())[-1]
    assert said.kind == Happening.CONSENSUS
    assert (said.details["before"], said.details["after"]) == (6_000, 8_500)
    assert said.details["dissent"] == "Une voix contre"
    with pytest.raises(LostUpdate):
        agenda.keep_consensus(at.item(2), 9_000, "Encore", "", version=version, actor=at.chair)
    places = figures.ranking(at.session(), queries.rules_of(at.stage.call.id))
    assert places[0].of.reference == at.stage.applications[2].reference


def test_only_the_leader_or_the_rapporteur_writes_what_was_agreed(at):
    at.open()
    agenda.open_item(at.item(0), actor=at.chair)
    member = at.members[0]
    with pytest.raises(Forbidden):
        agenda.keep_consensus(at.item(0, member), 9_000, "Oui", "", actor=member)
    agenda.name_rapporteur(at.item(0), member, actor=at.chair)
    agenda.keep_consensus(at.item(0, member), 9_000, "Oui", "", actor=member)
    with pytest.raises(Forbidden):
        agenda.settle_item(at.item(0, member), actor=member)


def test_one_file_at_a_time_and_only_a_reviewed_one(at):
    at.open()
    agenda.open_item(at.item(0), actor=at.chair)
    with pytest.raises(Refused, match="Another file"):
        agenda.open_item(at.item(1), actor=at.chair)
    agenda.put_back_item(at.item(0), actor=at.chair)
    at.stage.applications[1].state = ApplicationState.IN_REVIEW
    with pytest.raises(Refused, match="not fully reviewed"):
        agenda.open_item(at.item(1), actor=at.chair)


def test_a_vote_counts_each_once_and_may_go_against(at):
    at.open()
    agenda.open_item(at.item(0), actor=at.chair)
    agenda.open_vote(at.item(0), actor=at.chair)
    with pytest.raises(Refused, match="A vote is open"):
        agenda.settle_item(at.item(0), actor=at.chair)
    for voter, choice in [(at.chair, Choice.FOR), (at.members[0], Choice.AGAINST), (at.members[1], Choice.AGAINST)]:
        agenda.cast(at.item(0, voter), choice, actor=voter)
        agenda.cast(at.item(0, voter), Choice.FOR, actor=voter)
    with pytest.raises(Refused, match="not written down as present"):
        agenda.cast(at.item(0, at.members[2]), Choice.FOR, actor=at.members[2])
    agenda.close_vote(at.item(0), actor=at.chair)
    vote = queries.votes(at.session())[-1]
    assert (vote.in_favour, vote.against, vote.abstained, vote.carried) == (1, 2, 0, False)
    agenda.settle_item(at.item(0), actor=at.chair)
    places = figures.ranking(at.session(), queries.rules_of(at.stage.call.id))
    assert places[-1].of.reference == at.stage.applications[0].reference and places[-1].outcome == "rejected"


def test_a_secret_vote_keeps_no_choice(at):
    call = calls.followed_call(at.stage.officer, at.stage.call.id)
    session.set_rules(call, quorum=50, ties=[], vote_needed=True, secret=True, threshold=None, actor=at.stage.officer)
    at.open()
    agenda.open_item(at.item(0), actor=at.chair)
    with pytest.raises(Refused, match="ask for a vote"):
        agenda.settle_item(at.item(0), actor=at.chair)
    agenda.open_vote(at.item(0), actor=at.chair)
    agenda.cast(at.item(0), Choice.AGAINST, actor=at.chair)
    vote = queries.votes(at.session())[-1]
    assert [one.choice for one in queries.voters(vote).values()] == [None]
    assert "choice" not in queries.log(at.session())[-1].details
    call = calls.followed_call(at.stage.officer, at.stage.call.id)
    with pytest.raises(Forbidden):  # frozen once a commission has opened
        session.set_rules(
            call, quorum=1, ties=[], vote_needed=False, secret=False, threshold=None, actor=at.stage.officer
        )


def test_a_quorum_lost_in_a_vote_stops_it_until_it_is_back_or_cancelled(at):
    at.open()
    agenda.open_item(at.item(0), actor=at.chair)
    agenda.open_vote(at.item(0), actor=at.chair)
    agenda.cast(at.item(0), Choice.FOR, actor=at.chair)
    session.leave(at.session(), at.members[0], actor=at.members[0])
    with pytest.raises(Refused, match="no quorum"):
        agenda.cast(at.item(0), Choice.FOR, actor=at.members[1])
    with pytest.raises(Refused, match="no quorum"):
        agenda.close_vote(at.item(0), actor=at.chair)
    agenda.cancel_vote(at.item(0), actor=at.chair)
    assert kinds(at)[-1] == Happening.VOTE_CANCELLED


# --- stepping aside -------------------------------------------------------------------------------------------


def test_whoever_steps_aside_finds_nothing_of_the_file_nor_any_total(at):
    at.open()
    member = at.members[0]
    item_id = at.item(0).id
    agenda.open_item(at.item(0), actor=at.chair)
    agenda.keep_consensus(at.item(0), 9_000, "Secret de la séance", "", actor=at.chair)
    agenda.step_aside(at.item(0, member), "Mon frère y travaille", actor=member)
    with pytest.raises(NoResultFound):
        queries.item(member, item_id)
    found = screen.sitting(member, at.session(member))
    assert found.places is None and found.envelope is None and found.open_item is None and found.waits_outside
    assert at.stage.applications[0].id not in found.marks
    assert all(one.item_id != item_id for one in found.log)
    assert policy.see_ranking.why_not(member, at.session(member))
    chair = screen.sitting(at.chair, at.session())
    assert chair.places is not None and chair.quorum(chair.open_item).members == 4


def test_the_chair_who_steps_aside_leads_everything_but_that_file(at):
    at.open(sitting=3)
    session.name_acting(at.session(), at.members[0], actor=at.chair)
    agenda.step_aside(at.item(0), "Actionnaire", actor=at.chair)
    with pytest.raises(NoResultFound):
        at.item(0)
    acting = at.members[0]
    agenda.open_item(at.item(0, acting), actor=acting)
    agenda.keep_consensus(at.item(0, acting), 9_100, "Équipe", "", actor=acting)
    agenda.settle_item(at.item(0, acting), actor=acting)
    agenda.open_item(at.item(1), actor=at.chair)
    with pytest.raises(Forbidden):
        policy.close_session.require(at.chair, at.session())
    assert reviews.conflicted_in(at.chair, at.stage.call, at.stage.commission)
    with pytest.raises(NoResultFound):
        reviews.led_application(at.chair, at.stage.applications[0].id)


def test_stepping_aside_cancels_a_vote_that_may_hold_the_voice(at):
    at.open()
    member = at.members[0]
    agenda.open_item(at.item(0), actor=at.chair)
    agenda.open_vote(at.item(0), actor=at.chair)
    agenda.cast(at.item(0, member), Choice.FOR, actor=member)
    agenda.step_aside(at.item(0, member), "Client", actor=member)
    assert queries.votes(at.session())[-1].cancelled


def test_stepping_aside_cancels_a_closed_vote_that_holds_the_voice(at):
    at.open()
    member = at.members[0]
    agenda.open_item(at.item(0), actor=at.chair)
    agenda.open_vote(at.item(0), actor=at.chair)
    agenda.cast(at.item(0, member), Choice.AGAINST, actor=member)
    agenda.close_vote(at.item(0), actor=at.chair)
    assert at.item(0).rejected
    agenda.step_aside(at.item(0, member), "Client", actor=member)
    assert queries.votes(at.session())[-1].cancelled and not at.item(0).rejected


def test_a_secret_vote_of_two_is_not_counted_and_no_amount_moves_under_a_vote(at):
    secret = {"vote_needed": False, "secret": True, "threshold": None}
    session.set_rules(at.stage.call, quorum=20, ties=[], **secret, actor=at.stage.officer)
    at.open(sitting=3)
    agenda.open_item(at.item(0), actor=at.chair)
    agenda.open_vote(at.item(0), actor=at.chair)
    for one in at.members[:2]:
        agenda.cast(at.item(0, one), Choice.FOR, actor=one)
    with pytest.raises(Refused, match="fewer than 3 voices"):
        agenda.close_vote(at.item(0), actor=at.chair)
    with pytest.raises(Refused, match="A vote is open"):
        agenda.keep_amount(at.item(0), Money(1000, at.item(0).currency), actor=at.chair)
    agenda.cast(at.item(0), Choice.AGAINST, actor=at.chair)
    agenda.close_vote(at.item(0), actor=at.chair)
    assert queries.votes(at.session())[-1].carried


def test_a_settled_file_whose_marks_move_is_settled_again(at):
    at.open()
    at.settle(0, 1, 2)
    db.session.execute(update(Review).where(Review.application_id == at.stage.applications[2].id).values(total=9_500))
    db.session.commit()
    with pytest.raises(Refused, match="have changed since they were settled") as refusal:
        session.close_session(at.session(), actor=at.chair)
    assert at.stage.applications[2].reference in str(refusal.value.detail)
    at.settle(2)
    session.close_session(at.session(), actor=at.chair)
    found = minutes_queries.versions(at.session())[0].content["ranking"]
    assert found[0]["score"] == 9_500, [(x["rank"], x["reference"], x["score"], x["raw"]) for x in found]


def test_an_adjourned_session_keeps_what_was_agreed_and_opens_again(at):
    at.open()
    at.settle(0)
    agenda.open_item(at.item(1), actor=at.chair)
    with pytest.raises(Refused, match="Say why"):
        session.adjourn(at.session(), " ", actor=at.chair)
    with pytest.raises(Forbidden):
        session.adjourn(at.session(), "Coupure", actor=at.members[0])
    for _ in range(2):  # a double click
        session.adjourn(at.session(), "Coupure de courant", actor=at.chair)
    found = screen.sitting(at.chair, at.session())
    assert found.session.state == SessionState.PLANNED and not found.present
    assert [one.state for one in at.session().items] == [ItemState.SETTLED, ItemState.WAITING, ItemState.WAITING]
    assert kinds(at).count(Happening.ADJOURNED) == 1
    assert policy.set_session_rules.why_not(at.stage.officer, at.stage.call) is not None, "rules stay frozen"
    at.open()
    at.settle(1, 2)
    session.close_session(at.session(), actor=at.chair)
    assert at.session().state == SessionState.CLOSED


def test_a_stranger_sees_no_session(at):
    with pytest.raises(NoResultFound):
        queries.session(PersonFactory(), at.id)
    with pytest.raises(NoResultFound):
        queries.session(at.stage.officer, at.id)


# --- the end --------------------------------------------------------------------------------------------------


def closed(at: Ground) -> None:
    at.open()
    at.settle(0, 1, 2)
    session.close_session(at.session(), actor=at.chair)


def test_closing_sends_the_ranking_and_writes_the_minutes(at):
    closed(at)
    session.close_session(at.session(), actor=at.chair)
    rows = db.session.scalars(select(Decision).order_by(Decision.rank)).all()
    assert [one.proposal for one in rows] == [Outcome.FUNDED, Outcome.FUNDED, Outcome.RESERVE]
    [kept] = minutes_queries.versions(at.session())
    assert kept.sha256 == fingerprint(kept.content)
    lines = {one["reference"]: one for one in kept.content["ranking"]}
    references = {one.id: one.reference for one in at.stage.applications}
    for one in rows:
        line = lines[references[one.application_id]]
        assert (line["line"], line["rank"], line["score"]) == (one.minutes_line, one.rank, one.score)
        assert line["amount"] == one.amount_minor


def test_one_seed_orders_every_tie_and_a_drawn_file_no_longer_moves(app):
    at = ground((8_000, 8_000, 6_000, 6_000))
    nothing = {"ties": [], "vote_needed": False, "secret": False, "threshold": None}
    session.set_rules(at.stage.call, quorum=20, **nothing, actor=at.stage.officer)
    published = queries.lots(at.session())[0].seed_hash
    assert queries.log(at.session())[0].details["seal"] == published, "in the log before anything is known"
    at.open()
    at.settle(0, 1, 2, 3)
    session.draw_lot(at.session(), actor=at.chair)
    *drawn, sealed_next = queries.lots(at.session())
    assert [len(one.among) for one in drawn] == [2, 2] and sealed_next.drawn_at is None
    assert {(one.seed, one.seed_hash) for one in drawn} == {(drawn[0].seed, published)}
    assert [one.order for one in drawn] == [draw(one.seed, one.among) for one in drawn]
    with pytest.raises(Refused, match="A lot was drawn"):
        agenda.open_item(at.item(3), actor=at.chair)
    session.close_session(at.session(), actor=at.chair)
    assert len(minutes_queries.versions(at.session())[0].content["lots"]) == 2


def test_it_closes_only_when_every_file_is_settled_and_every_tie_broken(app):
    at = ground((7_000, 7_000, 6_000))
    for one in at.stage.applications:
        one.submitted_at = at.stage.applications[0].submitted_at
    at.open()
    at.settle(0, 1)
    with pytest.raises(Refused, match="1 file is not settled"):
        session.close_session(at.session(), actor=at.chair)
    with pytest.raises(Refused, match="not settled"):
        session.draw_lot(at.session(), actor=at.chair)
    at.settle(2)
    with pytest.raises(Refused, match="same mark"):
        session.close_session(at.session(), actor=at.chair)
    session.draw_lot(at.session(), actor=at.chair)
    drawn, sealed_next = queries.lots(at.session())
    assert sealed(drawn.seed) == drawn.seed_hash and len(drawn.among) == 2 and sealed_next.drawn_at is None
    session.draw_lot(at.session(), actor=at.chair)
    assert len(queries.lots(at.session())) == 2
    session.close_session(at.session(), actor=at.chair)
    assert Happening.TIE_BROKEN in kinds(at)
    references = {one.id: one.reference for one in at.stage.applications}
    ranks = {references[one.application_id]: one.rank for one in db.session.scalars(select(Decision))}
    assert ranks[drawn.order[0]] == 1 and ranks[drawn.order[1]] == 2


def test_the_ranking_page_does_not_go_round_an_open_session(at):
    at.open()
    board = reviews.board(at.chair, at.stage.call.id, at.stage.commission.id)
    rows = [decision.Proposal(one.application, one.mean or 0, Outcome.RESERVE, one.recommended) for one in board.lines]
    with pytest.raises(Refused, match="is sitting"):
        decision.propose(board, rows, actor=at.chair)


def test_nothing_is_agreed_after_the_end(at):
    closed(at)
    with pytest.raises(WrongState, match="closed"):
        session.enter(at.session(), at.members[0], actor=at.members[0])
    with pytest.raises(WrongState, match="closed"):
        agenda.open_item(at.item(0), actor=at.chair)
    assert at.item(0).state == ItemState.SETTLED


def test_the_log_and_the_minutes_cannot_be_changed(at):
    closed(at)
    for table in ("session_log", "minutes"):
        with pytest.raises(DBAPIError, match="append-only"), db.session.begin_nested():
            db.session.execute(text(f"UPDATE {table} SET number = number + 100"))  # noqa: S608


# --- minutes --------------------------------------------------------------------------------------------------


def latest(at: Ground, user):
    return minutes_queries.minutes(user, at.id, minutes_queries.last_number(at.session()))


def test_everybody_who_sat_signs_and_the_session_is_signed(at):
    closed(at)
    with pytest.raises(Forbidden, match="Only those who sat"):
        minutes.sign(latest(at, at.members[3]), actor=at.members[3])
    for one in (at.chair, at.chair, *at.members[:2]):
        assert at.session().state == SessionState.CLOSED
        minutes.sign(latest(at, one), actor=one)
    assert at.session().state == SessionState.SIGNED
    [kept] = minutes_queries.versions(at.session())
    assert [one.led for one in kept.signatures] == [True, False, False]
    assert {one.sha256 for one in kept.signatures} == {kept.sha256}


def test_a_correction_is_a_version_that_is_signed_anew(at):
    closed(at)
    for one in (at.chair, *at.members[:2]):
        minutes.sign(latest(at, one), actor=one)
    first = latest(at, at.chair)
    with pytest.raises(Forbidden):
        minutes.correct(latest(at, at.members[0]), "Autre", actor=at.members[0])
    made = minutes.correct(first, "Ligne 2 : le rapporteur est Mme Sebti.", actor=at.chair)
    assert made.number == 2 and made.sha256 != first.sha256
    assert at.session().state == SessionState.CLOSED
    assert made.content["corrections"][0]["changes"].startswith("Ligne 2")
    with pytest.raises(Forbidden, match="later version"):
        minutes.sign(minutes_queries.minutes(at.chair, at.id, 1), actor=at.chair)
    for one in (at.chair, *at.members[:2]):
        minutes.sign(latest(at, one), actor=one)
    assert at.session().state == SessionState.SIGNED
    assert [len(one.signatures) for one in minutes_queries.versions(at.session())] == [3, 3]


def test_whoever_stepped_aside_neither_reads_nor_signs(at):
    at.open(sitting=3)
    agenda.step_aside(at.item(0, at.members[0]), "Parent", actor=at.members[0])
    at.settle(0, 1, 2)
    session.close_session(at.session(), actor=at.chair)
    found = minutes_queries.minutes(at.members[0], at.id, 1)
    assert policy.read_minutes.why_not(at.members[0], found)
    with pytest.raises(Forbidden):
        minutes.sign(found, actor=at.members[0])
    assert at.members[0].id not in {one.id for one in minutes_queries.signers(at.session())}
