"""The pages of panels: the letter's links, the chair's page, bids, expertise, topics."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from grants.clusters.models import Cluster
from grants.core import clock
from grants.core.clock import now
from grants.core.db import db
from grants.core.i18n import Words
from grants.people import links
from grants.people.models import Person, Role
from grants.reviews import panel_queries as reads
from grants.reviews.panel_models import Absence, Bid, BidLevel, Expertise, PanelSeat, SeatState, Topic
from tests.factories import ApplicationFactory, CommissionFactory, submitted, with_role
from tests.reviews.test_panels import seat_of
from tests.story import set_stage
from workflows import panel as workflow
from workflows.panel import Terms


@pytest.fixture
def stage(app):
    made = set_stage()
    db.session.commit()
    return made


@pytest.fixture
def made(stage):
    board = reads.panel_of(stage.chair, stage.call.id, stage.commission.id)
    return workflow.invite_member(board, "Nawal", "nawal@example.org", Terms(most=5), actor=stage.chair)


@pytest.fixture
def path(app, made):
    return f"/account/seat/{links.token(made.link_id, app.secret_key)}"


def state(made) -> SeatState:
    db.session.expire_all()
    return db.session.get_one(PanelSeat, made.id).state


def test_a_program_that_follows_links_accepts_nothing(client, made, path):
    for _ in range(3):
        assert client.get(f"{path}/accept").status_code == 200
        assert client.get(f"{path}/decline").status_code == 200
        assert client.head(f"{path}/accept").status_code == 200
    assert state(made) == SeatState.INVITED


def test_one_press_accepts_and_a_second_shows_the_same(client, made, path):
    for _ in range(2):
        answer = client.post(f"{path}/accept")
        assert (answer.status_code, answer.headers["Location"]) == (303, f"{path}/accept")
    assert state(made) == SeatState.ACCEPTED
    assert "the seat is yours" in client.get(f"{path}/decline").text
    client.post(f"{path}/decline", data={"reason": "No."})
    assert state(made) == SeatState.ACCEPTED


def test_one_press_declines_with_a_reason(client, made, path):
    client.post(f"{path}/decline", data={"reason": "Abroad."})
    assert state(made) == SeatState.DECLINED
    client.post(f"{path}/accept")
    assert state(made) == SeatState.DECLINED
    assert "You have declined" in client.get(f"{path}/accept").text


def test_a_link_that_is_withdrawn_too_old_or_not_ours(client, stage, made, path):
    assert client.get("/account/seat/forged/accept").status_code == 410
    with clock.stopped(now() + timedelta(days=8)):
        assert client.get(f"{path}/accept").status_code == 410
        assert client.post(f"{path}/accept").status_code == 303
    assert state(made) == SeatState.INVITED
    workflow.withdraw_seat(reads.led_seat(stage.chair, made.id), actor=stage.chair)
    assert client.post(f"{path}/accept").status_code == 303
    assert client.get(f"{path}/accept").status_code == 410
    assert state(made) == SeatState.WITHDRAWN


def test_somebody_else_signed_in_does_not_answer(client, stage, made, path):
    client.login(stage.reviewers[0])
    assert client.post(f"{path}/accept").status_code == 403
    assert state(made) == SeatState.INVITED


def root(app) -> str:
    """The prefix of the portal."""
    rule = next(one for one in app.url_map.iter_rules() if one.endpoint == "reviewer.panel")
    return rule.rule.partition("/calls/")[0]


@pytest.fixture
def here(app, stage):
    return f"{root(app)}/calls/{stage.call.id}/{stage.commission.id}"


def test_the_chair_invites_reminds_withdraws(client, app, stage, here):
    client.login(stage.chair)
    sent = {"name": "Nawal", "email": "nawal@example.org", "most": "4", "days": "5"}
    assert client.post(f"{here}/panel", data=sent).status_code == 303
    page = client.get(f"{here}/panel").text
    assert "nawal@example.org" in page and "Answers awaited" in page
    one = db.session.scalars(select(PanelSeat)).one()
    for verb, after in (("remind", SeatState.INVITED), ("withdraw", SeatState.WITHDRAWN), ("again", SeatState.INVITED)):
        assert client.post(f"{root(app)}/seats/{one.id}/{verb}").status_code == 303
        assert state(one) == after
    bad = client.post(f"{here}/panel", data={**sent, "most": "2", "least": "3", "email": "x"})
    assert bad.status_code == 200 and "There are 2 problems" in bad.text
    again = client.post(f"{here}/panel", data={**sent, "email": stage.reviewers[0].email})
    assert again.status_code == 303
    seat = db.session.scalars(select(PanelSeat).where(PanelSeat.person_id == stage.reviewers[0].id)).one()
    workflow.accept_seat(reads.own_seat(stage.reviewers[0], seat.id), actor=stage.reviewers[0])
    refused = client.post(f"{here}/panel", data={**sent, "email": stage.reviewers[0].email})
    assert refused.status_code == 200 and "sits in this panel already" in refused.text


def test_a_stranger_chair_sees_nothing(client, app, stage, made, here):
    other = with_role(Role.CHAIR, commission=set_stage().commission)
    client.login(other)
    assert client.get(f"{here}/panel").status_code == 404
    assert client.post(f"{root(app)}/seats/{made.id}/withdraw").status_code == 404
    assert client.get(f"{root(app)}/commissions/{stage.commission.id}/topics").status_code == 404


def test_a_substitute_is_one_press(client, app, stage, made, here):
    other = with_role(Role.REVIEWER, commission=set_stage().commission)
    invitee = db.session.get_one(Person, made.person_id)
    workflow.decline_seat(reads.own_seat(invitee, made.id), "Away.", actor=invitee)
    client.login(stage.chair)
    elsewhere = client.post(f"{root(app)}/seats/{made.id}/replace/{other.id}")
    assert elsewhere.status_code == 404  # of another cluster
    near = with_role(
        Role.REVIEWER, commission=CommissionFactory(cluster=db.session.get_one(Cluster, stage.fund.cluster_id))
    )
    assert f"/replace/{near.id}" in client.get(f"{here}/panel").text
    for _ in range(2):
        client.post(f"{root(app)}/seats/{made.id}/replace/{near.id}")
    found = db.session.scalars(select(PanelSeat).where(PanelSeat.person_id == near.id)).one()
    assert found.in_place_of_id == made.id


def test_bids_by_form_and_by_script(client, stage, here):
    who, (one, two) = stage.reviewers[0], stage.applications
    client.login(who)
    page = client.get(f"{here}/bids").text
    assert one.title in page and two.title in page and page.count('type="radio"') == 10
    sent = {f"bid-{one.id}": "eager", f"bid-{two.id}": "conflict", "bid-x": "eager"}
    assert client.post(f"{here}/bids", data=sent).status_code == 303
    script = client.post(f"{here}/bids", data={f"bid-{one.id}": "willing"}, headers={"Accept": "application/json"})
    assert script.json["said"] == 1
    assert [bid.level for bid in db.session.scalars(select(Bid))] == [BidLevel.WILLING]
    client.login(stage.reviewers[1])
    assert "checked" not in client.get(f"{here}/bids").text


def test_a_conflict_hides_the_application(client, app, stage, here):
    who, one = stage.reviewers[0], stage.applications[0]
    client.login(who)
    declare = f"{root(app)}/bids/{one.id}/conflict"
    assert client.get(declare).status_code == 200
    assert client.post(declare, data={"reason": ""}).status_code == 200
    assert client.post(declare, data={"reason": "My cousin."}).status_code == 303
    assert one.title not in client.get(f"{here}/bids").text
    for again in (client.get(declare), client.post(declare, data={"reason": "My cousin."})):
        assert (again.status_code, again.headers["Location"]) == (303, f"{here}/bids")
    assert client.post(f"{here}/bids", data={f"bid-{one.id}": "eager"}).status_code == 303
    assert db.session.scalars(select(Bid)).all() == []


def test_expertise_and_days_away(client, app, stage):
    who, day = stage.reviewers[0], now().date()
    topic = Topic(commission_id=stage.commission.id, position=1, name=Words(en="Health"), words=["health"])
    db.session.add(topic)
    db.session.commit()
    client.login(who)
    url = f"{root(app)}/expertise"
    assert "Health" in client.get(url).text
    sent = {"topics": str(topic.id), "keywords": "USSD، paiement; USSD", "version": "0"}
    assert client.post(url, data=sent).status_code == 303
    assert db.session.scalars(select(Expertise)).one().keywords == ["USSD", "paiement"]
    assert client.post(url, data=sent).status_code == 303, "the same again is the same"
    for version in ("0", "7"):  # from a tab opened before anything was kept; from one nobody opened
        assert client.post(url, data={**sent, "keywords": "Other", "version": version}).status_code == 409
    assert db.session.scalars(select(Expertise)).one().keywords == ["USSD", "paiement"]
    away = {"starts_on": f"{day}", "ends_on": f"{day + timedelta(days=3)}"}
    assert client.post(f"{url}/away", data=away).status_code == 303
    turned = client.post(f"{url}/away", data={"starts_on": f"{day}", "ends_on": f"{day - timedelta(days=3)}"})
    assert turned.status_code == 200 and "comes before the first" in turned.text
    one = db.session.scalars(select(Absence)).one()
    remove = f"{url}/away/{one.id}/remove"
    client.login(stage.reviewers[1]).post(remove)
    assert db.session.scalars(select(Absence)).all() == [one], "somebody else’s stay"
    client.login(who)
    for _ in range(2):  # a double click
        assert client.post(remove).location == f"{url}#away"
    assert db.session.scalars(select(Absence)).all() == []


def test_seats_are_answered_signed_in(client, app, stage):
    who = stage.reviewers[0]
    seat = seat_of(stage, who, SeatState.INVITED)
    client.login(who)
    assert client.get(f"{root(app)}/seats").status_code == 200
    assert client.post(f"{root(app)}/seats/{seat.id}/accept").status_code == 303
    assert state(seat) == SeatState.ACCEPTED
    client.login(stage.reviewers[1])
    assert client.post(f"{root(app)}/seats/{seat.id}/decline").status_code == 404
    client.login(who)
    assert client.post(f"{root(app)}/seats/{seat.id}/decline", data={"reason": " A\0b\r\nc "}).status_code == 303
    assert (state(seat), seat.reason) == (SeatState.DECLINED, "Ab\nc")


def test_topics(client, app, stage):
    client.login(stage.chair)
    url = f"{root(app)}/commissions/{stage.commission.id}/topics"
    sent = {"name-fr": "Santé", "name-en": "Health", "words": "Santé, صحّة"}
    for _ in range(2):
        assert client.post(url, data=sent).status_code == 303
    one = db.session.scalars(select(Topic)).one()
    assert one.words == ["sante", "صحة"]
    assert "Health" in client.get(url).text
    page = f"{root(app)}/topics/{one.id}"
    for _ in range(2):  # a double click
        assert client.post(page, data={"name-fr": "S", "words": "", "version": "1"}).status_code == 303
    assert client.post(page, data={"name-fr": "T", "words": "", "version": "1"}).status_code == 409
    remove = re.search(r'action="([^"]+/remove)"', client.get(page).text)[1]
    client.login(with_role(Role.CHAIR, commission=set_stage().commission))
    assert client.post(remove).status_code == 404
    client.login(stage.chair)
    for _ in range(2):  # a double click
        assert client.post(remove).location == url
    assert db.session.scalars(select(Topic)).all() == []


def fill(stage, rows: int) -> None:
    for n in range(rows):
        ApplicationFactory(
            call=stage.call, commission=stage.commission, state=stage.applications[0].state, **submitted(100 + n)
        )
        seat_of(stage, with_role(Role.REVIEWER, commission=stage.commission), SeatState.ACCEPTED)
    gone = with_role(Role.REVIEWER, commission=stage.commission)
    seat_of(stage, gone, SeatState.DECLINED)
    db.session.commit()


def test_pages_cost_the_same_however_long(client, app, stage, here, queries):
    costs = []
    for rows in (1, 20):
        fill(stage, rows)
        found = []
        for who, page in (
            (stage.chair, f"{here}/panel"),
            (stage.reviewers[0], f"{here}/bids"),
            (stage.reviewers[0], f"{root(app)}/seats"),
            (stage.chair, f"{root(app)}/"),
        ):
            client.login(who)
            with queries() as seen:
                assert client.get(page).status_code == 200
            found.append(len(seen))
        costs.append(found)
    assert costs[0] == costs[1]
