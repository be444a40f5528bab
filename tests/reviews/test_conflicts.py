"""What is a conflict of interest, with what, and from when: found in the facts, and standing until it is settled."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from grants.applications.models import Application, ApplicationState, PartnerState
from grants.calls.models import Call, CallState
from grants.core.audit import Event
from grants.core.clock import now
from grants.core.db import db
from grants.people.models import Membership, Organisation, Person
from grants.profiles.models import Stakeholder
from grants.reviews import findings, queries
from grants.reviews.conflict_models import ConflictKind
from grants.reviews.conflicts import pairs
from grants.reviews.detection import PUBLIC_DOMAINS, Scope, detected
from tests.applications.consortium import organisation_of, somebody
from tests.applications.test_partner_policy import partner_in
from tests.factories import (
    ApplicationFactory,
    CallFactory,
    MembershipFactory,
    OrganisationFactory,
    PersonFactory,
    submitted,
)
from tests.story import Stage, set_stage


@pytest.fixture
def stage(app) -> Stage:
    return set_stage(applications=2)


def found(person: Person, application: Application) -> set[ConflictKind]:
    rows = db.session.execute(select(detected(Scope(persons=person.id, files=application.id)))).all()
    return {ConflictKind(row.kind) for row in rows}


def of(file: Application) -> Organisation:
    return db.session.get_one(Organisation, file.organisation_id)


def past(stage: Stage, days: int, **more) -> Application:
    """A project of an earlier call, submitted so many days ago."""
    given = {**submitted(90 + days), "submitted_at": now() - timedelta(days=days), **more}
    call = CallFactory(fund=stage.fund)
    return ApplicationFactory(call=call, commission=stage.commission, state=ApplicationState.DECIDED, **given)


def shared(stage: Stage, reviewer: Person, days: int) -> None:
    """An organisation of the reviewer was the partner of the applicant."""
    other = somebody()
    MembershipFactory(organisation=organisation_of(other), person=reviewer)
    earlier = past(stage, days, organisation=of(stage.applications[0]))
    partner_in(earlier, PartnerState.ACCEDED, other, 1)


def left(reviewer: Person, application: Application, days: int) -> None:
    told = {"subject_kind": "organisation", "subject_id": application.organisation_id}
    before, at = {"person": str(reviewer.id)}, now() - timedelta(days=days)
    db.session.add(Event(name="organisation.leave", actor_id=reviewer.id, before=before, at=at, **told))


def led(stage: Stage, reviewer: Person, file: Application, days: int) -> None:
    """The reviewer led a project of the applicant and does not speak for it any more."""
    past(stage, days, organisation=of(file), lead=reviewer)
    db.session.execute(delete(Membership).where(Membership.person_id == reviewer.id))


def same_domain(reviewer: Person, application: Application, domain: str = "acme.ma") -> None:
    reviewer.email = f"reviewer@{domain}"
    MembershipFactory(organisation=of(application), person=PersonFactory(email=f"somebody@{domain}"))


def named(reviewer: Person, application: Application, mine: str, theirs: str) -> None:
    reviewer.name = mine
    row = Stakeholder(organisation_id=application.organisation_id, position=1, name=theirs, role="Gérant", share=None)
    db.session.add(row)


def grouped(reviewer: Person, application: Application) -> None:
    key = {"group_name": "Atlas", "group_key": "atlas"}
    applicant = of(application)
    applicant.group_name, applicant.group_key = key.values()
    MembershipFactory(organisation=OrganisationFactory(**key), person=reviewer)


CASES: dict[str, tuple[Callable[[Stage, Person, Application], object], set[ConflictKind]]] = {
    "nothing": (lambda stage, one, file: None, set()),
    "speaks for the applicant": (
        lambda stage, one, file: MembershipFactory(organisation=of(file), person=one),
        {ConflictKind.MEMBER},
    ),
    "left the applicant": (lambda stage, one, file: left(one, file, 30), {ConflictKind.FORMER}),
    "left it long ago": (lambda stage, one, file: left(one, file, 5 * 366), set()),
    "same group": (lambda stage, one, file: grouped(one, file), {ConflictKind.GROUP}),
    "same domain": (lambda stage, one, file: same_domain(one, file), {ConflictKind.DOMAIN}),
    "a public domain": (lambda stage, one, file: same_domain(one, file, "gmail.com"), set()),
    "a reserved domain": (lambda stage, one, file: same_domain(one, file, "demo.example"), set()),
    "same name": (
        lambda stage, one, file: named(one, file, "Zineb El-Amrani", "EL AMRANI Zïneb"),
        {ConflictKind.STAKEHOLDER},
    ),
    "part of a name": (lambda stage, one, file: named(one, file, "Zineb Amrani", "Zineb Amrani Idrissi"), set()),
    "a name of one word": (lambda stage, one, file: named(one, file, "Zineb", "Zineb"), set()),
    "led an earlier project": (
        lambda stage, one, file: led(stage, one, file, 400),
        {ConflictKind.ACTED},
    ),
    "led one long ago": (
        lambda stage, one, file: led(stage, one, file, 5 * 366),
        set(),
    ),
    "shared a project": (lambda stage, one, file: shared(stage, one, 400), {ConflictKind.TOGETHER}),
    "shared one long ago": (lambda stage, one, file: shared(stage, one, 5 * 366), set()),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_found(stage: Stage, case: str) -> None:
    """With the one file alone, and by the gate as by the pairs that assignment takes out."""
    arrange, expected = CASES[case]
    reviewer, file, other = stage.reviewers[0], *stage.applications
    arrange(stage, reviewer, file)
    db.session.flush()
    assert found(reviewer, file) == expected
    assert found(reviewer, other) == found(stage.reviewers[1], file) == set()
    assert queries.conflicted(reviewer, file) is bool(expected)
    assert queries.conflicted_in(reviewer, stage.call, stage.commission) is bool(expected)
    mine = {one for one in pairs(stage.call, stage.commission) if one[0] in {file.id, other.id}}
    assert mine == ({(file.id, reviewer.id)} if expected else set())
    assert (file.id in set(db.session.scalars(queries.conflicts_of(reviewer)))) is bool(expected)


def test_a_project_is_named_once_its_call_is_decided(stage: Stage) -> None:
    """Before, whoever reads the sentence may have a conflict of their own with that project."""
    reviewer, (file, _) = stage.reviewers[0], stage.applications
    led(stage, reviewer, file, 400)
    (earlier,) = db.session.scalars(select(Application).where(Application.lead_id == reviewer.id))
    earlier.reference = "2025-7"
    for state, told in ((CallState.EVALUATING, False), (CallState.DECIDED, True)):
        earlier.call.state = state
        db.session.flush()
        (one,) = findings.of(reviewer, file)
        assert ("2025-7" in str(one.sentence("Zineb"))) is told


def test_a_partner_counts_while_it_takes_part(stage: Stage) -> None:
    other, (file, _) = somebody(), stage.applications
    MembershipFactory(organisation=organisation_of(other), person=stage.reviewers[0])
    partner = partner_in(file, PartnerState.ACCEDED, other, 1)
    assert found(stage.reviewers[0], file) == {ConflictKind.MEMBER}
    partner.state, partner.ended_at = PartnerState.LEFT, now()
    db.session.flush()
    assert found(stage.reviewers[0], file) == set()


def test_public_domains_are_written_as_addresses_are() -> None:
    assert all(one == one.lower() and "." in one and "@" not in one for one in PUBLIC_DOMAINS)
    assert len(set(PUBLIC_DOMAINS)) == len(PUBLIC_DOMAINS)


def test_pairs_are_one_query(stage: Stage, request) -> None:
    call, commission = db.session.get_one(Call, stage.call.id), stage.commission
    assert call.id and commission.id
    with request.getfixturevalue("queries")() as seen:
        pairs(call, commission)
    assert len(seen) == 1
