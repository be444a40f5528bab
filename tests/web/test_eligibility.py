"""The self-test without an account, its answers on the way to the application, the same rules at submission."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from grants.applications import evidence
from grants.applications import queries as reads
from grants.applications.models import Application, ApplicationState, Evidence
from grants.applications.submitted import content_hash
from grants.awards.aid import aid_to_groups
from grants.calls.eligibility import Answer
from grants.calls.models import EligibilityRule
from grants.calls.rules import Age, Countries, Kinds, Staff, Turnover
from grants.calls.ties import AidCeiling, Membership, OneApplication
from grants.clusters.models import MembershipState
from grants.clusters.queries import membership_state
from grants.core.clock import now
from grants.core.db import db
from grants.core.errors import Problem
from grants.core.types import Money
from grants.funds.models import Fund
from grants.people.models import Organisation, OrganisationKind, Right
from tests.applications.ground import draft, ground
from tests.factories import (
    ApplicationFactory,
    AwardFactory,
    MembershipFactory,
    OrganisationFactory,
    PersonFactory,
    submitted,
)
from tests.web.drafts import version_in
from workflows import application as workflow
from workflows import eligibility

KIND = Kinds((OrganisationKind.STARTUP, OrganisationKind.COMPANY))


def with_rules(on, *rules, blocks=True):
    for n, rule in enumerate(rules, 1):
        db.session.add(
            EligibilityRule(call_id=on.call.id, position=n, kind=rule.kind, parameters=rule.as_json(), blocks=blocks)
        )
    db.session.commit()
    return on


def words_of(page):
    assert page.status_code == 200, page.status_code
    return re.sub("<[^>]+>", "", page.text).replace("\u00a0", " ").replace("\u202f", " ")


def years_ago(n):
    return (now().date() - timedelta(days=365 * n)).isoformat()


def test_address(on):
    return f"/calls/{on.call.id}/eligibility"


test_address.__test__ = False


# --- the self-test --------------------------------------------------------------------------------------------


def test_it_asks_only_what_the_rules_need(client):
    on = with_rules(ground(), KIND, Age(most=24), OneApplication())
    page = client.get(test_address(on)).text
    assert 'name="kind"' in page and 'name="founded_on"' in page
    assert 'name="staff"' not in page and 'name="turnover"' not in page and 'name="country"' not in page
    assert "Test yourself" in client.get(f"/calls/{on.call.id}").text


def test_without_questions_there_is_no_test(client):
    on = with_rules(ground(), OneApplication())
    assert client.get(test_address(on)).location == f"/calls/{on.call.id}"
    assert "Test yourself" not in client.get(f"/calls/{on.call.id}").text


def test_it_fails_with_the_reason_then_passes_and_nothing_is_kept_here(client, queries):
    on = with_rules(ground(), KIND, Age(most=24))
    tables = "SELECT count(*) FROM event"
    before = db.session.scalar(text(tables))
    failed = client.post(test_address(on), data={"kind": "startup", "founded_on": years_ago(5)})
    assert (failed.status_code, failed.location) == (303, f"{test_address(on)}/result")
    page = client.get(failed.location)
    assert "too old for this call" in words_of(page) and "Not met" in words_of(page)
    assert page.headers["Cache-Control"] == "no-store"
    passed = client.post(test_address(on), data={"kind": "startup", "founded_on": years_ago(1)})
    assert "your organisation may apply" in words_of(client.get(passed.location))
    assert client.post(f"{test_address(on)}/forget").status_code == 303
    assert client.get(passed.location).location == test_address(on), "nothing is left in the browser either"
    assert db.session.scalar(text(tables)) == before
    assert db.session.scalar(select(func.count(Organisation.id))) == 1  # the one of the ground


def test_what_is_left_empty_is_said_to_be_missing(client):
    on = with_rules(ground(), Staff(most=50), Membership())
    page = words_of(client.get(client.post(test_address(on), data={}).location))
    assert "2 rules cannot be judged yet" in page and "People employed" in page


def test_a_rule_that_warns_only_warns(client):
    on = with_rules(ground(), Staff(most=50), blocks=False)
    page = words_of(client.get(client.post(test_address(on), data={"staff": "99"}).location))
    assert "may apply, with a warning" in page


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"founded_on": "2199-01-01"}, "at most"),
        ({"founded_on": "31/02/2025"}, "date that exists"),
        ({"turnover": "-5", "turnover_year": "2025"}, "Amount|amount|negative"),
        ({"turnover": "5"}, "Say which year"),
        ({"kind": "=cmd()"}, "valid choice"),
    ],
)
def test_a_wrong_answer_is_asked_again(client, typed, sentence):
    on = with_rules(ground(), KIND, Age(most=24), Turnover(most=Money(1, "MAD")))
    page = client.post(test_address(on), data=typed)
    assert page.status_code == 200 and re.search(sentence, page.text)


@pytest.mark.parametrize("cookie", ["", "nonsense", "eyJmYWN0cyI6e319.x.y"])
def test_a_cookie_that_is_not_ours_is_no_answer(client, cookie):
    on = with_rules(ground(), KIND)
    client.set_cookie("eligibility", cookie)
    assert client.get(f"{test_address(on)}/result").location == test_address(on)


def test_what_one_call_asked_serves_the_next_but_not_what_belongs_to_it(client):
    first = with_rules(ground(), Staff(most=50), Membership(), AidCeiling(Money(100, "MAD"), 12))
    client.post(test_address(first), data={"staff": "7", "membership": "yes", "aid_elsewhere": "5"})
    second = with_rules(ground(), KIND, Staff(most=50), Membership(), AidCeiling(Money(100, "MAD"), 36))
    page = client.get(test_address(second)).text
    assert 'value="7"' in page and "checked" not in page and 'name="aid_elsewhere" value="5"' not in page


# --- the answers on their way ---------------------------------------------------------------------------------


def test_the_answers_are_filled_in_for_a_new_organisation_and_its_application(client):
    on = with_rules(ground(), KIND, Age(most=24), Staff(most=50), Membership(), AidCeiling(Money.of(900_000, "MAD")))
    born, cluster = years_ago(1), str(db.session.get_one(Fund, on.call.fund_id).cluster_id)
    answers = {"kind": "company", "founded_on": born, "staff": "7", "membership": "yes", "aid_elsewhere": "1000"}
    client.post(test_address(on), data=answers)
    client.login(PersonFactory())
    assert "Begin the application" in client.get("/applicant/").text
    to_make = client.get(f"/applicant/calls/{on.call.id}/begin").location
    page = client.get(to_make).text
    assert f'value="{born}"' in page and 'value="7"' in page and 'value="company" selected' in page
    typed = {
        "name": "Neuve",
        "kind": "company",
        "country": "MA",
        "founded_on": born,
        "staff": "7",
        "members": [cluster],
    }
    assert client.post(to_make, data=typed).status_code == 303
    made = db.session.scalars(select(Organisation).where(Organisation.name == "Neuve")).one()
    begun = client.post(f"/applicant/calls/{on.call.id}/begin", data={"organisation_id": str(made.id)})
    assert begun.location.endswith("/eligibility")
    page = client.get(begun.location)
    assert "self-test is filled in" in words_of(page) and 'value="1 000"' in page.text.replace("\u00a0", " ")
    version = re.search(r'name="version"[^>]*value="(\d+)"', page.text).group(1)
    sent = {"version": version, "founded_on": born, "staff": "7", "membership": "yes", "aid_elsewhere": "1000"}
    saved = client.post(begun.location, data=sent)
    assert saved.status_code == 303 and "Max-Age=0" in saved.headers["Set-Cookie"]
    application = db.session.scalars(select(Application).where(Application.organisation_id == made.id)).one()
    assert application.aid_elsewhere == Money.of(1_000, "MAD")
    assert "Not met" not in words_of(client.get(begun.location))


def test_saved_facts_are_never_written_over_silently(client):
    on = with_rules(ground(), Age(most=24), Staff(most=50))
    client.post(test_address(on), data={"founded_on": years_ago(1), "staff": "7"})
    on.organisation.staff = 40
    application = draft(on)
    db.session.commit()
    client.login(on.lead)
    url = f"/applicant/applications/{application.id}/eligibility"
    page = client.get(url)
    assert "saved 40, in the self-test 7" in words_of(page)
    assert 'name="staff" type="text" value="40"' in page.text and f'value="{years_ago(1)}"' in page.text
    db.session.expire_all()
    assert on.organisation.founded_on is None, "nothing is written by looking"


def test_a_file_changed_meanwhile_is_not_overwritten(client):
    on = with_rules(ground(), Staff(most=50))
    application = draft(on)
    db.session.commit()
    client.login(on.lead)
    url = f"/applicant/applications/{application.id}/eligibility"
    version = on.organisation.version
    on.organisation.staff = 9
    db.session.commit()
    answer = client.post(url, data={"version": str(version), "staff": "10"})
    assert answer.status_code == 409
    assert re.search(r"<textarea[^>]*readonly[^>]*>\s*10</textarea>", answer.text), "what was typed can be copied"
    db.session.expire_all()
    assert on.organisation.staff == 9
    again = {"version": version_in(client.get(url)), "staff": "10"}
    assert client.post(url, data=again).status_code == 303
    db.session.expire_all()
    assert on.organisation.staff == 10


# --- at submission --------------------------------------------------------------------------------------------


def hand_in(on, application):
    return workflow.submit(reads.own_application(on.lead, application.id), actor=on.lead)


def test_a_failing_rule_blocks_with_its_sentence_and_a_missing_fact_with_a_link(client):
    on = with_rules(ground(), Countries(("DZ",)), Staff(most=50))
    application = draft(on)
    db.session.commit()
    client.login(on.lead)
    page = client.get(f"/applicant/applications/{application.id}/check")
    assert "2 things keep it" in words_of(page) and "Registered in: Morocco." in words_of(page)
    assert f'/applicant/applications/{application.id}/eligibility"' in page.text
    refused = client.post(f"/applicant/applications/{application.id}/submit")
    assert refused.status_code == 409 or "keep it from being submitted" in refused.text
    db.session.expire_all()
    assert application.state == ApplicationState.DRAFT
    assert db.session.scalar(select(func.count(Evidence.id))) == 0


def test_a_warning_lets_it_through_and_the_officer_sees_the_evidence(client):
    on = with_rules(ground(), Countries(("DZ",)), blocks=False)
    application = draft(on)
    before = content_hash(reads.own_application(on.lead, application.id))
    done = hand_in(on, application)
    assert done.state == ApplicationState.SUBMITTED and done.content_hash == before, "evidence is no content"
    (finding,) = evidence.evidence([application.id])[application.id]
    assert (finding.answer, finding.blocks) == (Answer.FAILS, False)
    client.login(on.officer)
    page = words_of(client.get(f"/staff/applications/{application.id}"))
    assert "Eligibility when it was submitted" in page and "Registered in: Morocco." in page
    picked = client.get(f"/staff/list/screen?move=admit&id={application.id}")
    assert "One eligibility rule to look at" in words_of(picked)
    workflow.admit(reads.file(on.officer, application.id), actor=on.officer)
    reason = client.get(f"/staff/applications/{application.id}/find-ineligible")
    assert "Registered in: Morocco." in words_of(reason)


def test_the_evidence_stays_what_it_was(app):
    on = with_rules(ground(), Staff(most=50))
    on.organisation.staff = 50
    application = draft(on)
    hand_in(on, application)
    on.organisation.staff = 5_000
    db.session.commit()
    (finding,) = evidence.evidence([application.id])[application.id]
    assert finding.answer == Answer.PASSES and finding.facts.staff == 50
    with pytest.raises(DBAPIError, match="append-only"), db.session.begin_nested():
        db.session.execute(text("UPDATE eligibility_evidence SET findings = '[]'"))


def test_a_second_press_leaves_one_piece_of_evidence_and_a_second_submission_another(app):
    on = with_rules(ground(), Countries(("MA",)))
    application = draft(on)
    for _ in range(2):
        hand_in(on, application)
    assert db.session.scalar(select(func.count(Evidence.id))) == 1
    workflow.reopen(reads.own_application(on.lead, application.id), actor=on.lead)
    hand_in(on, application)
    assert db.session.scalar(select(func.count(Evidence.id))) == 2


def test_one_application_for_each_organisation(app):
    on = with_rules(ground(), OneApplication())
    first = draft(on)
    hand_in(on, first)
    second = draft(on)
    db.session.commit()
    with pytest.raises(Problem) as refused:
        hand_in(on, second)
    assert "already handed in" in str(refused.value.detail)
    workflow.withdraw(reads.own_application(on.lead, first.id), "Another one is better.", actor=on.lead)
    assert hand_in(on, second).state == ApplicationState.SUBMITTED


def award(organisation, amount, on=None, currency="MAD"):
    application = ApplicationFactory(organisation=organisation, state="decided", **submitted())
    return AwardFactory(
        application=application, amount_minor=amount * 100, currency=currency, awarded_on=on or date(2026, 1, 1)
    )


def test_aid_is_added_up_over_the_group(app, queries):
    mine = OrganisationFactory(ice="001561191000066", group_name="Atlas", group_key="atlas")
    branch = OrganisationFactory(ice="001561191000074")
    sister = OrganisationFactory(group_name="ATLAS", group_key="atlas", ice="002000000000011")
    cousin = OrganisationFactory(ice="002000000000022")  # an establishment of the sister
    stranger = OrganisationFactory(ice="003000000000011")
    for n, one in enumerate((mine, branch, sister, cousin, stranger), 1):
        award(one, 10**n)
    with queries() as seen:
        found = aid_to_groups([mine, stranger])
    assert sorted(one.amount.minor for one in found[mine.id].aid) == [1_000, 10_000, 100_000, 1_000_000]
    assert found[mine.id].ids == {one.id for one in (mine, branch, sister, cousin)}
    named = {one.to for one in found[mine.id].aid}
    assert named == {"", branch.name, sister.name, cousin.name}, "none of their people is ours"
    both = MembershipFactory(organisation=mine).person
    MembershipFactory(organisation=sister, person=both, right=Right.EDITOR)
    MembershipFactory(organisation=cousin, person=both, right=Right.READER)
    db.session.flush()
    assert {one.to for one in aid_to_groups([mine])[mine.id].aid} == {"", branch.name, cousin.name}
    assert len(found[stranger.id].aid) == 1
    assert len(seen) == 2, "the same however many organisations"


def test_whoever_claims_a_group_neither_reads_its_grants_nor_stops_it(client):
    on = with_rules(ground(), AidCeiling(Money.of(1_000_000, "MAD"), 36))
    on.organisation.group_name, on.organisation.group_key = "Atlas", "atlas"
    victim = OrganisationFactory(group_name="ATLAS", group_key="atlas")
    award(victim, 987_600)
    application = draft(on)  # asks 600 000
    application.aid_elsewhere = Money(0, "MAD")
    db.session.commit()
    client.login(on.lead)
    page = words_of(client.get(f"/applicant/applications/{application.id}/eligibility"))
    assert "In all 600 000 MAD" in page and "looks at them when it examines" in page
    assert "987 600" not in page and victim.name not in page
    hand_in(on, application)
    client.login(on.officer)
    page = words_of(client.get(f"/staff/applications/{application.id}"))
    assert "987 600 MAD" in page and victim.name in page


def test_the_ceiling_counts_grants_elsewhere_and_the_request(client):
    on = with_rules(ground(), AidCeiling(Money.of(1_000_000, "MAD"), 36))
    award(on.organisation, 300_000)
    application = draft(on)  # asks 600 000
    db.session.commit()
    client.login(on.lead)
    url = f"/applicant/applications/{application.id}/eligibility"
    for elsewhere, answer in (("100 001", "Not met"), ("100 000", "Met")):
        version = re.search(r'name="version"[^>]*value="(\d+)"', client.get(url).text).group(1)
        assert client.post(url, data={"aid_elsewhere": elsewhere, "version": version}).status_code == 303
        assert answer in words_of(client.get(url))
    assert "In all 1 000 000 MAD" in words_of(client.get(url))


def test_a_membership_said_on_the_page_is_kept_whatever_it_is(client):
    on = with_rules(ground(), Membership())
    application, cluster = draft(on), on.call.fund.cluster_id
    db.session.commit()
    client.login(on.lead)
    url = f"/applicant/applications/{application.id}/eligibility"
    for said, state in (("no", MembershipState.ABSENT), ("yes", MembershipState.DECLARED)):
        version = re.search(r'name="version"[^>]*value="(\d+)"', client.get(url).text).group(1)
        assert client.post(url, data={"membership": said, "version": version}).status_code == 303
        assert membership_state(on.organisation.id, cluster) == state


def test_the_same_few_queries_for_one_rule_and_for_all(client, queries):
    few, many = with_rules(ground(), Countries(("MA",))), ground()
    simple = KIND, Countries(("MA",)), Age(most=24), Staff(most=5), Turnover(most=Money(5, "MAD"))
    with_rules(many, *simple, Membership(), AidCeiling(Money(5, "MAD")), OneApplication())
    counts = []
    for on in (few, many):
        application = draft(on)
        db.session.commit()
        client.login(on.lead)
        client.get(f"/applicant/applications/{application.id}/check")
        with queries() as seen:
            assert client.get(f"/applicant/applications/{application.id}/check").status_code == 200
        counts.append(len(seen))
    assert counts[1] - counts[0] <= 4, counts  # membership and other applications: one each; aid: two
    for on in (few, many):
        with queries() as seen:
            client.get(f"/calls/{on.call.id}")
        counts.append(len(seen))
    assert counts[2] == counts[3]


def test_facts_are_gathered_for_the_rules_alone(app):
    on = with_rules(ground(), Countries(("MA",)))
    facts = eligibility.facts_of(reads.own_application(on.lead, draft(on).id), eligibility.rules_of(on.call.id))
    assert facts.aid_here is None and facts.others is None
