"""What a query finds, for whom; that no query tells of a file its reader does not see."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from grants.applications.models import REVIEWABLE, Application
from grants.applications.models import ApplicationState as State
from grants.awards.models import DecisionState, Outcome
from grants.core.clock import now
from grants.core.db import db
from grants.core.i18n import Words
from grants.people.models import OrganisationKind, Role
from grants.reports.search import listing
from grants.reports.search.columns import COLUMNS, offered
from grants.reports.search.conditions import condition
from grants.reports.search.ground import ground
from grants.reports.search.keys import Audience
from grants.reports.search.language import Misread, parse, write
from grants.reviews.models import COUNTED, Review, ReviewState
from tests.factories import (
    ApplicationFactory,
    CallFactory,
    CommissionFactory,
    DecisionFactory,
    EnvelopeFactory,
    FundFactory,
    OrganisationFactory,
    PersonFactory,
    ReviewFactory,
    with_role,
)
from tests.reports.asking import QUERIES, meant

R = ReviewState
ZONE = ZoneInfo("Africa/Casablanca")
CASES = [  # state, amount, reviews: (state, hundredths of a point)
    (State.SUBMITTED, 10_000, []),
    (State.ELIGIBLE, 60_000_000, []),
    (State.ELIGIBLE, 100_000_000, [(R.CONFLICT_DECLARED, None)]),
    (State.IN_REVIEW, 60_000_050, [(R.ASSIGNED, None), (R.ACCEPTED, None), (R.CONFLICT_DECLARED, None)]),
    (State.IN_REVIEW, 75_000_050, [(R.SUBMITTED, 5_550), (R.DRAFT, None)]),
    (State.IN_REVIEW, 60_000_000, [(R.SUBMITTED, 9_000), (R.SUBMITTED, 5_000), (R.REASSIGNED, None)]),
    (State.REVIEWED, 30_000_000, [(R.SUBMITTED, 8_025), (R.SUBMITTED, 8_025)]),
    (State.RANKED, 60_000_000, [(R.SUBMITTED, 7_000), (R.SUBMITTED, 7_000), (R.SUBMITTED, 7_001)]),
    (State.DECIDED, 90_000_000, [(R.SUBMITTED, 10_000)]),
    (State.WITHDRAWN, 60_000_000, []),
]


@pytest.fixture
def world(app):
    """Two calls and two commissions of one fund, an application of each kind in each, one chair for both."""
    fund = FundFactory()
    calls = [CallFactory(fund=fund, code=f"ASK-{n}", closes_at=now() - timedelta(days=n)) for n in (1, 2)]
    names = {"KA": Words(fr="Services mobiles", ar="الخدمات", en="Mobile services"), "KB": Words(fr="Multimédia")}
    commissions = [CommissionFactory(cluster=fund.cluster, code=code, name=name) for code, name in names.items()]
    for call in calls:
        for commission in commissions:
            EnvelopeFactory(call=call, commission=commission)
    chair = with_role(Role.CHAIR, commission=commissions[0])
    with_role(Role.CHAIR, commission=commissions[1], person=chair)
    reviewers = [PersonFactory(name=name) for name in ("Amina Étoile", "Omar 100%", "Sara a_b", "Zoé")]
    made = []
    for n, (state, minor, reviews) in enumerate(CASES * 2):
        application = ApplicationFactory(
            call=calls[n % 2],
            commission=commissions[n // len(CASES)],
            organisation=OrganisationFactory(
                name=f"Atlas état {n}", kind=list(OrganisationKind)[n % len(OrganisationKind)]
            ),
            title=["Projet mobile", "Point de vente 100%", 'Un "a b" _', "مشروع الدفع"][n % 4],
            state=state,
            reference=f"ASK-{n:04}",
            submitted_at=datetime(2026, 4 + n % 4, 1, 0, 30, tzinfo=ZONE).astimezone(UTC),
            content_hash="0" * 64,
            requested_minor=minor,
        )
        for reviewer, (at, total) in zip(reviewers, reviews, strict=False):
            ReviewFactory(
                application=application,
                reviewer=reviewer,
                state=at,
                total=total,
                conflict_reason="Cousin." if at is R.CONFLICT_DECLARED else None,
                submitted_at=now() if at is R.SUBMITTED else None,
            )
        if state in {State.RANKED, State.DECIDED}:
            done = state is State.DECIDED
            DecisionFactory(
                application=application,
                rank=n + 1,
                proposal=Outcome.FUNDED,
                state=DecisionState.FUNDED if done else DecisionState.PROPOSED,
                decided_by_id=chair.id if done else None,
                decided_at=now() if done else None,
            )
        made.append(application)
    return SimpleNamespace(
        fund=fund,
        calls=calls,
        commissions=commissions,
        chair=chair,
        reviewers=reviewers,
        applications=made,
        officer=with_role(Role.OFFICER, cluster=fund.cluster),
    )


def facts(world, application):
    """All that a query may ask about, found without the search."""
    reviews = db.session.scalars(select(Review).where(Review.application_id == application.id)).all()
    totals = [one.total for one in reviews if one.state is R.SUBMITTED]
    names = {one.id: one.name for one in world.reviewers}
    decided = decision_of(application)
    mean = round(Decimal(sum(totals)) / len(totals)) if totals else None
    return {
        "id": application.id,
        "state": str(application.state),
        "call": application.call.code,
        "commission": application.commission.code,
        "reference": application.reference,
        "title": application.title,
        "organisation": application.organisation.name,
        "kind": str(application.organisation.kind),
        "amount": Decimal(application.requested_minor) / 100,
        "submitted": application.submitted_at.astimezone(ZONE).date(),
        "decision": str(decided.state) if decided else None,
        "rank": decided.rank if decided else None,
        "score": None if mean is None else Decimal(mean) / 100,
        "spread": Decimal(max(totals) - min(totals)) / 100 if totals else None,
        "reviews": len(totals),
        "asked": sum(one.state in COUNTED for one in reviews),
        "reviewer": [names[one.reviewer_id] for one in reviews if one.state in COUNTED],
        "conflict": sum(one.state is R.CONFLICT_DECLARED for one in reviews),
        "places": {
            "call": [(one.code, one.title) for one in world.calls],
            "commission": [(one.code, one.name) for one in world.commissions],
        },
    }


def decision_of(application):
    from grants.awards.models import Decision

    return db.session.scalars(select(Decision).where(Decision.application_id == application.id)).one_or_none()


def found(on, text):
    return set(listing.ids(on, parse(text, on.audience)))


def test_every_query_finds_what_it_says(world):
    on = ground(world.chair, Audience.CHAIR)
    known = [facts(world, one) for one in world.applications if one.state in REVIEWABLE]

    @settings(max_examples=300)
    @given(QUERIES)
    def check(query):
        said = {one["id"] for one in known if meant(query, one)}
        assert set(listing.ids(on, query)) == said, write(query)

    check()


@settings(max_examples=40)
@given(QUERIES)
def test_no_text_becomes_sql(query):
    """Compiled without a database: one condition, everything typed is a parameter."""
    from grants.reports.search.ground import Ground, Place
    from tests.reports.asking import PLACES

    places = [Place(None, code, Words(fr="Appel mobile")) for code in ("ASK-1", "ASK-2", "KA", "KB")]
    assert PLACES
    person = SimpleNamespace(id=None, appointments=[])
    compiled = condition(query, Ground(person, Audience.CHAIR, ZONE, places, places)).compile()
    assert "ASK-" not in str(compiled) and "%%" not in str(compiled)


def test_examples(world):
    on = ground(world.chair, Audience.CHAIR)
    assert len(found(on, "")) == 16
    assert len(found(on, "state:in_review commission:mobile")) == 3
    assert len(found(on, "score>70")) == 2 * 2
    assert len(found(on, "score:none")) == len(found(on, "-score:any")) == 2 * 3
    assert len(found(on, "reviewer:none")) == 2 * 2
    assert len(found(on, 'reviewer:"amina etoile"')) == 2 * 6
    assert len(found(on, "amount:600000..600001 state:in_review")) == 2 * 2
    assert len(found(on, "conflict:any")) == 2 * 2
    assert len(found(on, "100%")) == len(found(on, 'title:"de vente"')) == 4
    assert found(on, "مشروع") and not found(on, "a%b")
    with pytest.raises(Misread) as caught:
        found(on, "score>5 commission:kaa")
    assert caught.value.mended == "score>5 commission:KA"


def test_the_day_is_that_of_the_cluster(world):
    on = ground(world.officer, Audience.FUND)
    assert len(found(on, "submitted:2026-05-01")) == 5 and not found(on, "submitted:2026-04-30")


def test_everybody_has_their_own_list(world):
    elsewhere = ApplicationFactory(state=State.SUBMITTED, reference="X-1", submitted_at=now(), content_hash="0" * 64)
    everything = {one.id for one in world.applications}
    assert found(ground(world.officer, Audience.FUND), "") == everything
    assert elsewhere.id not in found(ground(world.chair, Audience.CHAIR), "")
    assert found(ground(world.officer, Audience.CHAIR), "") == set()
    assert found(ground(world.chair, Audience.FUND), "") == set()
    assert found(ground(PersonFactory(), Audience.FUND), "") == set()
    one_call = ground(world.officer, Audience.FUND, world.calls[0].id, world.commissions[1].id)
    assert len(found(one_call, "")) == 5


def test_a_hidden_file_is_in_no_answer(world):
    """Whatever a chair asks, sorts, counts or leafs through, a file of a conflict is not there, and its absence
    changes nothing else."""
    hidden = next(one for one in world.applications if one.state is State.RANKED)
    before = ground(world.chair, Audience.CHAIR)
    others = found(before, "") - {hidden.id}
    ReviewFactory(
        application=hidden, reviewer=world.chair, state=R.CONFLICT_DECLARED, conflict_reason="My sister’s company."
    )
    on = ground(world.chair, Audience.CHAIR)
    known = {one.id: facts(world, one) for one in world.applications}
    unranked = {
        one.id
        for one in world.applications
        if (one.call_id, one.commission_id) == (hidden.call_id, hidden.commission_id)
    }
    for id in unranked:
        known[id] |= {"score": None, "spread": None}

    @settings(max_examples=150)
    @given(QUERIES, st.sampled_from([one.name for one in offered(Audience.CHAIR)]), st.booleans())
    def check(query, by, descending):
        wanted = listing.Wanted(query, listing.Sort(COLUMNS[by], descending), offered(Audience.CHAIR))
        page = listing.listed(on, wanted)
        ids = {row.application.id for row in page.rows}
        assert hidden.id not in ids and page.total == len(ids)
        assert hidden.id not in listing.ids(on, query)
        assert listing.neighbours(on, wanted, hidden.id) is None
        same = [row for row in page.rows if row.application.id in unranked]
        assert all(row.rank is row.decision is row.mean is row.spread is None for row in same)
        if by in {"score", "spread", "rank", "decision"}:
            assert [row.application.reference for row in same] == sorted(row.application.reference for row in same)
        if not query.asks("rank") and not query.asks("decision"):
            assert ids == {id for id in others if meant(query, known[id])}

    check()


def test_ranks_of_a_commission_with_a_conflict_are_not_told(world):
    one, other = (a for a in world.applications if a.state is State.DECIDED)
    ranked = ground(world.chair, Audience.CHAIR)
    assert found(ranked, "rank:any") >= {one.id, other.id}
    near = next(a for a in world.applications if (a.call_id, a.commission_id) == (one.call_id, one.commission_id))
    if near.id == one.id or near.state not in REVIEWABLE:
        near = next(
            a
            for a in world.applications
            if a.call_id == one.call_id and a.commission_id == one.commission_id and a.state is State.REVIEWED
        )
    ReviewFactory(application=near, reviewer=world.chair, state=R.CONFLICT_DECLARED, conflict_reason="Cousin.")
    told = found(ground(world.chair, Audience.CHAIR), "rank:any")
    assert one.id not in told and other.id in told


def test_every_column_sorts_and_what_is_empty_comes_last(world):
    on = ground(world.chair, Audience.CHAIR)
    for column in offered(Audience.CHAIR):
        for descending in (False, True):
            wanted = listing.Wanted(parse(""), listing.Sort(column, descending), offered(Audience.CHAIR))
            rows = listing.every(on, wanted, 100)
            assert len(rows) == 16
            filled = [column.value(row) is not None for row in rows]
            assert filled == sorted(filled, reverse=True), column.name
            if column.number:
                read = [v.minor if hasattr(v, "minor") else v for v in map(column.value, rows) if v is not None]
                assert read == sorted(read, reverse=descending), column.name


def test_neighbours_are_those_of_the_page(world):
    on = ground(world.chair, Audience.CHAIR)
    wanted = listing.wanted(parse("state:in_review,eligible"), "-score", "", 1, Audience.CHAIR)
    order = [row.application.id for row in listing.every(on, wanted, 100)]
    for n, id in enumerate(order):
        near = listing.neighbours(on, wanted, id)
        assert (near.place, near.total) == (n + 1, len(order))
        assert near.before == (order[n - 1] if n else None)
        assert near.after == (order[n + 1] if n + 1 < len(order) else None)


def test_drafts_are_in_no_list(world):
    draft = ApplicationFactory(call=world.calls[0], commission=world.commissions[0])
    assert draft.id not in found(ground(world.officer, Audience.FUND), "")
    assert db.session.get(Application, draft.id)
