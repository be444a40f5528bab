"""The committee's pages: the picture, a draft and its preview, decisions on several, transfers, letters."""

import re
from io import BytesIO

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from grants.awards import drafts, queries
from grants.awards.letters import OURS, filled, unknown_place
from grants.awards.models import Agreement, Decision, DecisionState, EnvelopeTransfer, LetterTemplate, Occasion, Outcome
from grants.calls.models import Feedback
from grants.core.audit import Event
from grants.core.db import db
from grants.core.i18n import Reader, Words, render
from grants.core.types import Money, new_id
from grants.messages.models import Promise
from tests.awards.committee import ground, proposed
from tests.factories import MembershipFactory
from workflows import decision

ENGLISH = {"Accept-Language": "en"}
REJECTED = Occasion.REJECTED


@pytest.fixture
def case(app, client):
    made = ground()
    db.session.commit()
    client.login(made.member)
    return made


def at(case, rest):
    return f"/board/calls/{case.call_id}/{rest}"


def shown(client, url):
    answer = client.get(url, headers=ENGLISH)
    assert answer.status_code == 200, (url, answer.status_code)
    return answer.text


def state(case, name):
    return db.session.scalar(select(Decision.state).where(Decision.id == case.rows[name]))


def hidden(page, name):
    return re.search(rf'name="{name}"[^>]* value="([^"]+)"', page)[1]


def confirmed(client, case, **changes):
    page = shown(client, at(case, "plan/preview"))
    sent = {"key": hidden(page, "key"), "seal": hidden(page, "seal")} | changes
    return sent, client.post(at(case, "plan/confirm"), data=sent)


def test_the_picture_and_its_workbook(client, case):
    page = shown(client, at(case, "picture"))
    assert page.count("ends here") == 2 and "<svg" in page and case.second.name["en"] in page
    book = load_workbook(BytesIO(client.get(at(case, "picture.xlsx"), headers=ENGLISH).data))
    assert book["Envelopes"].cell(3, 1).value or book["Envelopes"].max_row >= 3
    cells = [cell for row in book["Projects"].iter_rows(values_only=True) for cell in row]
    assert queries.decision(case.member, case.rows["C"]).application.reference in cells


def test_what_if_from_a_moved_line_to_the_confirmation(client, case):
    sent = {f"line-{case.first.id}": "1", "reason": "Une enveloppe serrée.", "go": "preview"}
    sent |= {f"amount-{case.rows['A']}": "500 000", f"reason-{case.rows['A']}": "Sans le lot 3."}
    assert client.post(at(case, "plan"), data=sent).status_code == 303
    assert state(case, "A") == DecisionState.PROPOSED, "a draft decides nothing"
    assert 'value="1"' in shown(client, at(case, "plan")), "it is there again"
    page = shown(client, at(case, "plan/preview"))
    assert "Leaves" in page and "Sans le lot 3." in page
    first, answer = confirmed(client, case)
    assert answer.status_code == 303
    assert [state(case, name) for name in "ABCD"] == ["funded", "reserve", "reserve", "proposed"]
    assert client.post(at(case, "plan/confirm"), data=first).status_code == 303, "a second press does nothing more"
    assert "instead of" not in shown(client, at(case, "picture")) and "proposed" in shown(client, at(case, "picture"))


def test_the_figures_follow_while_one_types(client, case):
    sent = {f"line-{case.first.id}": "2", f"amount-{case.rows['C']}": "1.500"}
    answer = client.post(at(case, "plan/autosave"), data=sent, headers=ENGLISH).json
    assert answer["texts"][f"row-{case.rows['A']}"] == "Fund the project"
    assert "800" in answer["texts"][f"left-{case.first.id}"] and answer["lists"]["problems"] == []
    assert drafts.kept(case.member, queries.decided_call(case.member, case.call_id)).places == {case.first.id: 2}


def test_half_a_transfer_is_saved(client, case):
    half = {"from-0": str(case.first.id), "why-0": "Deux projets de plus."}
    answer = client.post(at(case, "plan/autosave"), data=half | {"version": 0}, headers=ENGLISH).json
    assert answer["unread"] == ["sum-0"] and answer["version"] == 1
    page = shown(client, at(case, "plan"))
    assert "Deux projets de plus." in page and f'value="{case.first.id}" selected' in page
    assert "A transfer needs its amount" in shown(client, at(case, "plan/preview"))


def test_a_tab_left_open_brings_no_draft_back(client, case):
    sent = {f"line-{case.first.id}": "2", "version": hidden(shown(client, at(case, "plan")), "version")}
    assert client.post(at(case, "plan"), data=sent | {"go": "preview"}).status_code == 303
    assert client.post(at(case, "plan/autosave"), data=sent).status_code == 409
    assert confirmed(client, case)[1].status_code == 303
    late = client.post(at(case, "plan/autosave"), data=sent, headers={"Accept": "application/json"})
    assert late.status_code == 409
    assert not drafts.kept(case.member, queries.decided_call(case.member, case.call_id))
    page = client.post(at(case, "plan"), data=sent | {"reason": "Enveloppe serrée."}, headers=ENGLISH)
    assert page.status_code == 409 and "changed in another tab" in page.text and "Enveloppe serrée." in page.text
    again = sent | {"version": hidden(page.text, "version"), "go": "again"}
    assert client.post(at(case, "plan"), data=again).status_code == 303


def test_what_cannot_be_read_stays_on_the_page(client, case):
    sent = {f"amount-{case.rows['A']}": "1.500", f"line-{case.first.id}": "x", "sum-0": "5", "go": "again"}
    page = client.post(at(case, "plan"), data=sent, headers=ENGLISH)
    assert page.status_code == 200 and 'value="1.500"' in page.text and "There are 3 problems" in page.text


def test_decisions_on_several_have_a_preview(client, case):
    assert 'name="chosen"' in shown(client, at(case, "decisions"))
    chosen = [str(case.rows[name]) for name in "BC"]
    assert client.post(at(case, "plan/choose"), data={"chosen": chosen, "outcome": ""}).status_code == 422
    sent = {"chosen": chosen, "outcome": "rejected", "reason": "Le marché reste à montrer."}
    assert client.post(at(case, "plan/choose"), data=sent).status_code == 303
    page = shown(client, at(case, "plan/preview"))
    assert page.count("Le marché reste à montrer.") == 2 and state(case, "B") == DecisionState.PROPOSED
    assert confirmed(client, case)[1].status_code == 303
    assert [state(case, name) for name in "ABCD"] == ["proposed", "rejected", "rejected", "proposed"]


def test_somebody_decided_meanwhile(client, case):
    sent = {"chosen": [str(case.rows["A"])], "outcome": "funded"}
    client.post(at(case, "plan/choose"), data=sent)
    page = shown(client, at(case, "plan/preview"))
    decision.fund(queries.decision(case.other, case.rows["D"]), actor=case.other)
    old = {"key": hidden(page, "key"), "seal": hidden(page, "seal")}
    refused = client.post(at(case, "plan/confirm"), data=old, headers=ENGLISH)
    assert refused.status_code == 409 and case.other.name in refused.text
    assert state(case, "A") == DecisionState.PROPOSED
    assert "Confirm all of it" in shown(client, at(case, "plan/preview")), "the draft is kept"


def test_another_tab_changed_the_draft_after_its_preview(client, case):
    client.post(at(case, "plan/choose"), data={"chosen": [str(case.rows["A"])], "outcome": "funded"})
    page = shown(client, at(case, "plan/preview"))
    client.post(at(case, "plan/choose"), data={"chosen": [str(case.rows["D"])], "outcome": "funded"})
    old = {"key": hidden(page, "key"), "seal": hidden(page, "seal")}
    refused = client.post(at(case, "plan/confirm"), data=old, headers=ENGLISH)
    assert refused.status_code == 409 and "Your draft has changed" in refused.text
    assert state(case, "A") == state(case, "D") == DecisionState.PROPOSED


def test_a_stale_tab_does_not_fund(client, case):
    page = shown(client, at(case, "decisions"))
    seen = re.search(rf'/decisions/{case.rows["A"]}/fund".*?name="version" value="(\d+)"', page, re.S)[1]
    row = queries.decision(case.other, case.rows["A"])
    decision.revise_amount(row, Money(5_000_000, "MAD"), "Moins.", actor=case.other)
    url = f"/board/decisions/{case.rows['A']}/fund"
    stale = client.post(url, data={"version": seen}, headers=ENGLISH)
    assert stale.status_code == 409 and "has changed since" in stale.text
    assert state(case, "A") == DecisionState.PROPOSED
    assert client.post(url, data={"version": int(seen) + 1}).status_code == 303
    assert state(case, "A") == DecisionState.FUNDED


def test_what_postgresql_cannot_keep_is_left_out_of_a_reason(client, case):
    client.post(f"/board/decisions/{case.rows['B']}/hold")
    client.post(f"/board/decisions/{case.rows['C']}/hold")
    sent = {"reason": "Prêt\x00 à commencer. " + "x" * drafts.LONGEST}
    assert client.post(f"/board/decisions/{case.rows['C']}/fund", data=sent).status_code == 303
    told = db.session.scalars(select(Event.reason).where(Event.name == "decision.fund")).one()
    assert told.startswith("Prêt à commencer.") and len(told) == drafts.LONGEST
    sent = {"chosen": [str(case.rows["A"])], "outcome": "rejected", "reason": "Non\x00."}
    assert client.post(at(case, "plan/choose"), data=sent).status_code == 303
    assert (
        drafts.kept(case.member, queries.decided_call(case.member, case.call_id)).choices[case.rows["A"]].reason
        == "Non."
    )


def test_a_transfer_with_its_reason(client, case):
    page = shown(client, at(case, "picture"))
    sent = {
        "source": str(case.first.id),
        "target": str(case.second.id),
        "amount": "100 000",
        "reason": "Plus de dossiers.",
    }
    sent["key"] = hidden(page, "key")
    for _ in range(2):
        assert client.post(at(case, "transfers"), data=sent).status_code == 303
    assert len(db.session.scalars(select(EnvelopeTransfer)).all()) == 1
    assert "Plus de dossiers." in shown(client, at(case, "picture"))
    too_much = client.post(
        at(case, "transfers"), data=sent | {"amount": "900 000", "key": str(new_id())}, headers=ENGLISH
    )
    assert too_much.status_code == 409 and "can give up to" in too_much.text
    assert client.post(at(case, "transfers"), data=sent | {"reason": ""}, headers=ENGLISH).status_code == 200


def test_the_linked_read_no_figure_of_the_commission(client, case):
    project = queries.decision(case.other, case.rows["A"]).application
    reference, title = project.reference, project.title
    MembershipFactory(organisation=project.organisation, person=case.member)
    for rest in ("picture", "plan", "decisions", "plan/preview", "letters"):
        page = shown(client, at(case, rest))
        assert reference not in page and f">{title}<" not in page
    for rest in ("picture", "plan", "decisions"):
        page = shown(client, at(case, rest))
        assert "You are linked to an applicant" in page and "000 000" in page.replace("\xa0", " ")
        assert "2 000 000" not in page.replace("\xa0", " ") and "3 000 000" not in page.replace("\xa0", " ")
    for verb in ("fund", "hold"):
        assert client.post(f"/board/decisions/{case.rows['A']}/{verb}").status_code == 404
    book = load_workbook(BytesIO(client.get(at(case, "picture.xlsx")).data))
    cells = [str(cell) for sheet in book for line in sheet.iter_rows(values_only=True) for cell in line]
    assert reference not in cells


def test_the_linked_read_it_in_no_other_portal(client, case):
    decision.fund(queries.decision(case.other, case.rows["A"]), actor=case.other)
    agreement = db.session.scalars(select(Agreement)).one().id
    fund = f"/finance/funds/{case.stage.fund.id}"
    pages = [fund, f"{fund}/ledger", f"/finance/agreements/{agreement}"]

    def answers():
        for page in pages:
            with client.get(page) as answer:
                yield answer.status_code

    assert list(answers()) == [200, 200, 200]
    project = queries.decision(case.other, case.rows["B"]).application
    MembershipFactory(organisation=project.organisation, person=case.member)
    db.session.commit()
    assert list(answers()) == [403, 403, 404]
    assert "You are linked to an applicant" in client.get(fund, headers=ENGLISH).text


def test_others_reach_none_of_it(client, case):
    client.login(case.stage.officer)
    assert client.get(at(case, "plan")).status_code == 403
    client.login(case.stage.owner() if case.stage.applications else case.stage.chair)
    assert client.get(at(case, "picture")).status_code in {403, 404}


@pytest.mark.parametrize("rest", ["picture", "plan", "decisions"])
def test_the_same_queries_however_many_projects(client, case, queries, rest):
    client.get(at(case, rest))
    with queries() as few:
        client.get(at(case, rest))
    for n in range(10, 30):
        proposed(case.stage, case.second, n, Outcome.RESERVE, n)
    db.session.expire_all()
    with queries() as many:
        client.get(at(case, rest))
    assert len(many) == len(few)


# --- letters --------------------------------------------------------------------------------------------------


def test_only_known_places(client, case):
    assert unknown_place(Words(fr="{reference} {amount}")) is None
    assert unknown_place(Words(fr="{0.__class__}")) is not None
    assert unknown_place(Words(ar="{ {title}")) is not None
    page = client.post(at(case, "letters?occasion=funded"), data={"body-fr": "Bravo {prix}"}, headers=ENGLISH)
    assert page.status_code == 200 and "no place called {prix}" in page.text and "Bravo {prix}" in page.text
    assert db.session.scalars(select(LetterTemplate)).all() == []


def test_a_wording_fills_its_places_and_drops_what_has_nothing_to_say():
    text = "100 % pour {title}.\n\nMotifs : {reasons}\n\nÀ bientôt."
    said = [render(one, Reader("fr")) for one in filled(text, {"title": "A %(x)s {title}", "reasons": None})]
    assert said == ["100 % pour A %(x)s {title}.", "À bientôt."]


def test_the_preview_is_the_letter(client, case):
    lead = queries.decision(case.member, case.rows["A"]).application.lead.name
    words = {"body-fr": "Bravo {name} : {amount} pour {title}.\n\n{scores}", "body-ar": "هنيئا: {amount}"}
    assert client.post(at(case, "letters?occasion=funded"), data=words).status_code == 303
    page = shown(client, at(case, f"letters?occasion=funded&project={case.rows['A']}"))
    assert f"Bravo {lead}" in page and "هنيئا" in page
    assert "has decided to fund your project" in page, "English is in our words"
    for name, verb in (("A", "fund"), ("B", "fund"), ("C", "hold"), ("D", "fund")):
        client.post(f"/board/decisions/{case.rows[name]}/{verb}")
    assert client.post(f"/board/calls/{case.call_id}/decide").status_code == 303
    told = db.session.scalars(
        select(Promise).where(Promise.kind == "tell_decision", Promise.subject_id == case.rows["A"])
    ).one()
    assert told.args["occasion"] == "funded"


@pytest.mark.parametrize(("feedback", "there"), [(Feedback.NONE, False), (Feedback.TOTAL, True)])
def test_scores_only_as_far_as_the_call_tells_them(case, feedback, there):
    row = queries.decision(case.member, case.rows["A"])
    row.call.feedback, row.score = feedback, 7_225
    letter = decision.decision_letter(row, Occasion.REJECTED, row.application.lead, None, Reader("en"))
    labels = [render(label, "en") for label, _ in letter.facts]
    assert ("Overall mark" in labels) is there
    own = decision.decision_letter(
        row, Occasion.REJECTED, row.application.lead, Words(en="Marks: {scores}"), Reader("en")
    )
    said = [render(one, "en") for one in own.paragraphs]
    assert said == (["Marks: Overall mark: 72.3 of 100"] if there else [render(one, "en") for one in OURS[REJECTED]])
    db.session.rollback()


def test_two_members_word_one_letter(client, case):
    seen = hidden(shown(client, at(case, "letters?occasion=rejected")), "version")
    sent = {"occasion": "rejected", "version": seen}
    url = at(case, "letters")
    assert client.post(url, data=sent | {"body-fr": "Pas retenu."}).status_code == 303
    assert client.post(url, data=sent | {"body-fr": "Pas retenu."}).status_code == 303, "a double click"
    client.login(case.other)
    second = client.post(url, data=sent | {"body-fr": "Écarté."}, headers=ENGLISH)
    assert second.status_code == 409 and "Pas" in second.text and "cart" in second.text
    assert [one.body["fr"] for one in db.session.scalars(select(LetterTemplate))] == ["Pas retenu."]
    again = sent | {"version": hidden(second.text, "version"), "body-fr": "Écarté."}
    assert 'name="occasion" value="rejected"' in second.text
    assert client.post(url, data=again).status_code == 303


@pytest.mark.parametrize("occasion", [{}, {"occasion": "refused"}])
def test_a_letter_of_no_occasion(client, case, occasion):
    assert client.post(at(case, "letters"), data=occasion | {"body-fr": "Bravo."}).status_code == 404
    assert db.session.scalars(select(LetterTemplate)).all() == []


def test_buttons_are_for_those_who_may(client, case):
    for name, verb in (("A", "fund"), ("B", "fund"), ("C", "hold"), ("D", "fund")):
        client.post(f"/board/decisions/{case.rows[name]}/{verb}")
    decision.conclude(queries.decided_call(case.other, case.call_id), actor=case.other)
    button = f"/board/decisions/{case.rows['C']}/fund"
    assert button in shown(client, at(case, "decisions"))
    MembershipFactory(
        organisation=queries.decision(case.other, case.rows["C"]).application.organisation, person=case.member
    )
    assert button not in shown(client, at(case, "decisions"))


def test_a_letter_always_tells_the_decision(client, case):
    words = {"body-fr": "{title} n’est pas retenu : {reasons}"}
    assert client.post(at(case, "letters?occasion=rejected"), data=words).status_code == 303
    page = client.get(
        at(case, f"letters?occasion=rejected&project={case.rows['A']}"), headers={"Accept-Language": "fr"}
    )
    sample = re.search(r'<article class="sample" lang="fr".*?</article>', page.text, re.S)[0]
    title = queries.decision(case.member, case.rows["A"]).application.title
    assert render(OURS[REJECTED][0], "fr") in sample and title in sample


def test_a_project_from_the_reserve_list_is_told_so(client, case):
    for name, verb in (("A", "fund"), ("B", "fund"), ("C", "hold"), ("D", "fund")):
        client.post(f"/board/decisions/{case.rows[name]}/{verb}")
    client.post(f"/board/calls/{case.call_id}/decide")
    assert client.post(f"/board/decisions/{case.rows['C']}/fund").status_code == 303
    told = select(Promise).where(Promise.kind == "tell_decision", Promise.subject_id == case.rows["C"])
    assert [one.args["occasion"] for one in db.session.scalars(told.order_by(Promise.created_at))] == [
        "reserve",
        "promoted",
    ]
