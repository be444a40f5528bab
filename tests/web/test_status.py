"""What applicants read of their application after it is submitted: where it stands, what comes next, no more."""

from datetime import timedelta

import pytest

from grants.applications import queries as applications
from grants.applications.models import EDITABLE, ApplicationState
from grants.awards.models import DecisionState
from grants.calls.models import CallState
from grants.core.clock import now
from grants.core.db import db
from grants.web.applicant.status import EVALUATION, journey, next_step
from tests.applications.ground import draft, ground
from tests.factories import DecisionFactory, submitted

State = ApplicationState
AFTER = [one for one in State if one != State.DRAFT]


def at(on, state, **values):
    """The application as a page loads it."""
    due = {"completion_due_at": now() + timedelta(days=5)} if state == State.INCOMPLETE else {}
    made = draft(on, state=state, **{**submitted(), **due, **values})
    db.session.flush()
    db.session.expire_all()
    return applications.own_application(on.lead, made.id)


def shape(application, decision=None):
    return [(str(one.label), one.at) for one in journey(application, decision)]


@pytest.fixture
def on(app):
    return ground(closes_at=now() - timedelta(days=1), state=CallState.CLOSED)


def test_how_far_the_evaluation_is_stays_with_the_commission(on):
    shapes = {tuple(shape(at(on, state))) for state in EVALUATION}
    said = {str(next_step(at(on, state))) for state in EVALUATION}
    assert len(shapes) == len(said) == 1
    assert "score" not in str(shapes).lower() and "rank" not in str(shapes).lower()


@pytest.mark.parametrize("state", AFTER)
def test_one_step_at_most_is_now_and_what_follows_is_to_come(on, state):
    places = [one for _, one in shape(at(on, state))]
    assert places[0] == "done" and places.count("now") <= 1
    assert places == sorted(places, key=["done", "now", "todo"].index)


@pytest.mark.parametrize("state", [State.INADMISSIBLE, State.INELIGIBLE, State.WITHDRAWN])
def test_where_it_stopped_nothing_follows(on, state):
    assert {one for _, one in shape(at(on, state))} == {"done"}


@pytest.mark.parametrize(
    ("outcome", "steps"), [(DecisionState.FUNDED, 5), (DecisionState.RESERVE, 4), (DecisionState.REJECTED, 4)]
)
def test_a_decision_is_shown_once_it_is_told(on, outcome, steps):
    application = at(on, State.DECIDED)
    untold = shape(application)
    assert untold[3] == ("Decided by the strategic committee", "now")
    decision = DecisionFactory.build(application=None, call=None, commission=None, state=outcome, currency="MAD",
                                     proposed_by_id=None)  # fmt: skip
    told = shape(application, decision)
    assert len(told) == steps and told[3][1] == "done"
    assert [one.at for one in journey(application, None, granted=True)] == ["done"] * 4 + ["now"]


@pytest.mark.parametrize("state", [State.SUBMITTED, State.ADMISSIBLE, State.ELIGIBLE, State.IN_REVIEW, State.RANKED])
def test_a_cancelled_call_is_said_in_the_place_of_what_would_have_come(on, state):
    on.call.state = CallState.CANCELLED
    application = at(on, state)
    assert "cancelled this call" in str(next_step(application))
    assert shape(application)[-1] == ("Call cancelled", "done")


@pytest.mark.parametrize("state", AFTER)
@pytest.mark.parametrize("language", ["fr", "ar", "en"])
def test_the_page_shows_it_in_every_state(client, on, state, language):
    application = at(on, state)
    page = client.login(on.lead).get(f"/applicant/applications/{application.id}", headers={"Accept-Language": language})
    assert page.status_code == 200
    assert ('class="dates"' in page.text) == (state not in EDITABLE)
