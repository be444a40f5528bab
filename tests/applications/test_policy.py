"""Who may do what, and that the queries agree with the policies."""

import pytest

from grants.applications import policy, queries
from grants.applications.models import ApplicationState as State
from grants.core.clock import now
from grants.core.db import db
from grants.people.models import Right, Role
from tests.applications.ground import colleague, draft, ground
from tests.factories import MembershipFactory, OrganisationFactory, PersonFactory, submitted, with_role


def whole(application):
    """As its pages load it."""
    return queries.locked(application)


def people_and_files(on):
    """Persons of every kind, applications in every state."""
    other = ground()
    organisations = [
        MembershipFactory(organisation=OrganisationFactory(), person=on.lead).organisation for _ in range(2)
    ]
    files = [
        draft(on),
        draft(other),
        draft(on._replace(organisation=organisations[0]), state=State.WITHDRAWN),
        draft(on._replace(organisation=organisations[1]), state=State.WITHDRAWN, **submitted(90)),
    ]
    for n, state in enumerate(set(State) - {State.DRAFT, State.WITHDRAWN}):
        due = {"completion_due_at": now()} if state == State.INCOMPLETE else {}
        files.append(draft(on, state=state, **submitted(n), **due))
    files.append(draft(other, state=State.SUBMITTED, **submitted(99)))
    fund, cluster = on.call.fund, on.call.fund.cluster
    people = [
        PersonFactory(),
        on.lead,
        other.lead,
        on.officer,
        other.officer,
        colleague(on, Right.EDITOR),
        colleague(on, Right.READER),
        with_role(Role.ADMIN),
        with_role(Role.CHAIR, commission=on.commission),
        with_role(Role.REVIEWER, commission=on.commission),
        *(with_role(role, cluster=cluster) for role in policy.FOLLOWERS),
        with_role(Role.FUND_MANAGER, cluster=cluster, fund=fund),
        with_role(Role.AUDITOR, cluster=cluster, fund=other.call.fund),
        with_role(Role.OFFICER, cluster=cluster, person=on.lead),
    ]
    return people, files


@pytest.mark.parametrize(
    ("list_of", "rule"),
    [(queries.visible_to, policy.view), (queries.followed_by, policy.read_file)],
    ids=["visible_to", "followed_by"],
)
def test_lists_hold_what_the_policy_allows(app, list_of, rule):
    on = ground()
    people, files = people_and_files(on)
    for person in people:
        db.session.refresh(person, attribute_names=["appointments"])
    files = [whole(one) for one in files]
    for person in people:
        listed = set(db.session.scalars(list_of(person)))
        allowed = {one for one in files if rule.allows(person, one)}
        assert listed == allowed, person.roles


def test_the_administrator_sees_nothing(app):
    on = ground()
    people_and_files(on)
    assert db.session.scalars(queries.visible_to(with_role(Role.ADMIN))).all() == []


def test_who_writes_and_who_submits(app):
    on = ground()
    application = whole(draft(on))
    may = {right: colleague(on, right) for right in Right}
    db.session.expire(on.organisation)
    application = whole(application)
    assert policy.edit.allows(may[Right.EDITOR], application)
    assert not policy.submit.allows(may[Right.EDITOR], application)
    assert policy.submit.allows(may[Right.OWNER], application)
    assert "owner or editor" in str(policy.edit.why_not(may[Right.READER], application))
