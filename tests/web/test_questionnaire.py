"""A call's own questions: written by the officer, answered by applicants, corrected, read by those who judge."""

import re

import pytest
from sqlalchemy import select

from grants.applications.models import Application, ApplicationState
from grants.applications.queries import own_application
from grants.applications.submitted import content_hash
from grants.calls import questionnaires
from grants.calls.models import CallState, Questionnaire
from grants.calls.questionnaire import Choice, Condition, Kind, Outline, Part, Question
from grants.core.clock import now
from grants.core.db import db
from grants.core.i18n import Words
from grants.messages.models import Promise
from tests.applications.ground import draft, ground
from tests.web.drafts import version_in

YES, NO = Choice("yes", Words(fr="Oui", en="Yes")), Choice("no", Words(fr="Non", en="No"))
UNDER_YES = Condition("partner", "yes")
OUTLINE = Outline(
    (
        Part(
            "team",
            Words(fr="L’équipe", en="The team"),
            questions=(
                Question("size", Kind.NUMBER, Words(fr="Combien de personnes ?", en="How many people?")),
                Question("partner", Kind.CHOICE, Words(fr="Un partenaire ?", en="A partner?"), choices=(YES, NO)),
                Question(
                    "name", Kind.LINE, Words(fr="Lequel ?", en="Which one?"), shown_if=Condition("partner", "yes")
                ),
                Question("story", Kind.TEXT, Words(fr="Parcours", en="Story"), required=False, limit=20),
                Question("revenue", Kind.MONEY, Words(fr="Chiffre d’affaires", en="Turnover"), required=False),
            ),
        ),
    )
)


@pytest.fixture
def on(app):
    """An open call that asks something of its own."""
    made = ground()
    asked = Questionnaire(call_id=made.call.id, number=1, definition=OUTLINE.json(), published_at=now())
    db.session.add(asked)
    db.session.flush()
    return made


@pytest.fixture
def application(on, client):
    client.login(on.lead)
    client.post(f"/applicant/calls/{on.call.id}/begin", data={"organisation_id": str(on.organisation.id)})
    return db.session.scalars(select(Application).where(Application.call_id == on.call.id)).one()


def page_of(application, part="team"):
    return f"/applicant/applications/{application.id}/answers/{part}"


# --- the designer ---------------------------------------------------------------------------------------------


def test_an_officer_writes_sections_and_questions(client):
    made = ground(state=CallState.DRAFT)
    url = f"/staff/calls/{made.call.id}/questionnaire"
    client.login(made.officer)
    assert "Nothing more is asked" in client.get(url).text
    title = {"title-fr": "L’équipe", "title-en": "The team", "version": "0"}
    sent = client.post(f"{url}/sections/new", data=title)
    assert sent.status_code == 303
    part = sent.location.rpartition("#part-")[2]
    new = f"{url}/{part}/new"
    refused = client.post(new, data={"label-fr": "Un partenaire ?", "kind": "choice", "version": "1", "lines": "3"})
    assert refused.status_code == 200 and "Give at least two choices." in refused.text
    asked = {"label-fr": "Un partenaire ?", "kind": "choice", "required": "y", "version": "1", "lines": "3"}
    sent = client.post(new, data={**asked, "choice-0-fr": "Oui", "choice-1-fr": "Non"})
    assert sent.status_code == 303
    first = sent.location.rpartition("#question-")[2]
    choices = questionnaires.outline(made.call).part(part).question(first).choices
    hanging = {"label-fr": "Lequel ?", "kind": "line", "shown_if": f"{first}:{choices[0].id}", "version": "2"}
    assert client.post(new, data=hanging).status_code == 303
    questions = questionnaires.outline(made.call).part(part).questions
    assert [one.shown_if for one in questions] == [None, Condition(first, choices[0].id)]
    shown = client.get(url)
    assert "only under" in shown.text and "Un partenaire" in shown.text
    preview = client.get(f"{url}/preview")
    assert preview.status_code == 200 and "Lequel" in preview.text

    changed = {**asked, "choice-0-fr": "Oui, un", "choice-1-fr": "Non", "version": "3"}
    assert client.post(f"{url}/{part}/{first}", data=changed).status_code == 303
    kept = questionnaires.outline(made.call).part(part).question(first).choices
    assert [one.id for one in kept] == [one.id for one in choices] and kept[0].label["fr"] == "Oui, un"

    moved = client.post(f"{url}/arrange", data={"go": f"up {part} {questions[1].id}", "version": "4"})
    assert moved.status_code == 303
    assert [one.id for one in questionnaires.outline(made.call).part(part).questions] == [questions[1].id, first]
    client.post(f"{url}/arrange", data={"go": f"remove {part}", "version": "5"})
    assert not questionnaires.outline(made.call)


def test_two_officers_at_once_lose_nothing(client):
    made = ground(state=CallState.DRAFT)
    url = f"/staff/calls/{made.call.id}/questionnaire"
    client.login(made.officer)
    client.post(f"{url}/sections/new", data={"title-fr": "Un", "version": "0"})
    client.post(f"{url}/sections/new", data={"title-fr": "Deux", "version": "1"})
    late = client.post(f"{url}/sections/new", data={"title-fr": "Trois", "version": "1"})
    assert late.status_code == 200 and "Somebody else changed" in late.text and "Trois" in late.text
    assert [part.title["fr"] for part in questionnaires.outline(made.call).parts] == ["Un", "Deux"]
    gone = client.post(f"{url}/arrange", data={"go": "up nowhere", "version": "2"}, follow_redirects=True)
    assert "Somebody else changed" in gone.text


@pytest.mark.parametrize("state", [CallState.PROPOSED, CallState.CLOSED, CallState.EVALUATING])
def test_they_are_frozen_once_the_committee_has_them_and_once_the_call_is_closed(client, state):
    made = ground(state=state)
    client.login(made.officer)
    url = f"/staff/calls/{made.call.id}/questionnaire"
    assert client.get(url).status_code == 200
    refused = client.post(f"{url}/sections/new", data={"title-fr": "Un", "version": "0"})
    assert refused.status_code == 403 and "frozen" in refused.text


def test_questions_of_an_earlier_call_are_copied(client, on):
    made = ground(state=CallState.DRAFT, fund=on.call.fund)
    client.login(made.officer)
    url = f"/staff/calls/{made.call.id}/questionnaire"
    assert f'value="{on.call.id}"' in client.get(url).text
    assert client.post(f"{url}/copy", data={"call": str(on.call.id)}).status_code == 303
    assert questionnaires.outline(made.call) == OUTLINE
    remove = {"go": "remove team", "version": "0"}
    assert client.post(f"/staff/calls/{on.call.id}/questionnaire/arrange", data=remove).status_code == 303
    later = ground(state=CallState.DRAFT, fund=on.call.fund)
    client.login(later.officer)
    client.post(f"/staff/calls/{later.call.id}/questionnaire/copy", data={"call": str(on.call.id)})
    assert questionnaires.outline(later.call) == OUTLINE  # not the correction that nobody has published
    stranger = ground()
    assert client.post(f"{url}/copy", data={"call": str(stranger.call.id)}).status_code == 404
    assert client.post(f"{url}/copy", data={"call": "x"}).status_code == 404


# --- the applicant --------------------------------------------------------------------------------------------


def test_answers_are_kept_as_they_are_and_asked_for_at_submission(client, application):
    page = client.get(page_of(application))
    assert page.status_code == 200 and "Which one?" in page.text
    typed = {"size": "0", "partner": "yes", "revenue": "1 200,50", "story": "x" * 25, "version": version_in(page)}
    sent = client.post(page_of(application), data=typed)
    assert sent.status_code == 303 and sent.location.endswith("/answers/team")
    db.session.refresh(application)
    assert application.answers == {"size": 0, "partner": "yes", "revenue": 120_050, "story": "x" * 25}
    check = client.get(f"/applicant/applications/{application.id}/check").text
    said = re.sub("<[^>]+>", "", check)
    assert "Answer “Which one?”" in said and "Shorten this text by 5 characters" in said
    again = client.get(page_of(application))
    typed = {**typed, "name": "Université", "story": "court", "version": version_in(again)}
    assert client.post(page_of(application), data=typed).location.endswith("/budget")


def test_what_is_not_offered_is_not_kept(client, application):
    version = version_in(client.get(page_of(application)))
    client.post(page_of(application), data={"partner": "perhaps", "version": version})
    db.session.refresh(application)
    assert application.answers == {}
    assert client.get(page_of(application, "nowhere")).status_code == 404


def test_two_people_in_one_section_and_autosave(client, application):
    version = version_in(client.get(page_of(application)))
    saved = client.post(f"{page_of(application)}/autosave", data={"size": "3", "version": version})
    assert saved.status_code == 200
    late = client.post(page_of(application), data={"size": "4", "version": version})
    assert late.status_code == 409 and "4" in late.text
    wrong = {"size": "many", "partner": "no", "version": str(saved.json["version"])}
    assert client.post(f"{page_of(application)}/autosave", data=wrong).status_code == 200
    db.session.refresh(application)
    assert application.answers == {"size": 3, "partner": "no"}


def test_a_stranger_does_not_see_the_section(client, application):
    assert client.login(ground().lead).get(page_of(application)).status_code == 404


def test_the_hash_covers_what_is_asked_and_nothing_else(on):
    made = draft(on, questionnaire=questionnaires.published(on.call), answers={"size": 3, "partner": "no"})
    whole = own_application(on.lead, made.id)
    before = content_hash(whole)
    whole.answers = {"size": 3, "partner": "no", "name": "left over from another choice"}
    assert content_hash(whole) == before
    whole.answers = {"size": 4, "partner": "no"}
    assert content_hash(whole) != before


# --- corrections ----------------------------------------------------------------------------------------------


def test_a_correction_moves_drafts_tells_them_and_leaves_what_was_submitted(client, on, application):
    first = questionnaires.published(on.call)
    db.session.refresh(application)
    application.answers = {"size": 3}
    sent = draft(on, questionnaire=first, answers={"size": 5, "partner": "no"}, state=ApplicationState.WITHDRAWN)
    client.login(on.officer)
    url = f"/staff/calls/{on.call.id}/questionnaire"
    assert "published" in client.get(url).text
    changed = {"label-fr": "Combien d’associés ?", "kind": "number", "required": "y", "version": "0"}
    assert client.post(f"{url}/team/size", data=changed).status_code == 303
    assert application.questionnaire_id == first.id
    assert client.post(f"{url}/correct", data={"change-en": "Associates only"}).status_code == 200
    assert client.post(f"{url}/correct", data={"change-fr": "Les associés seulement"}).status_code == 303
    db.session.expire_all()
    corrected = questionnaires.published(on.call)
    assert (corrected.number, application.questionnaire_id, sent.questionnaire_id) == (2, corrected.id, first.id)
    assert application.answers == {"size": 3}
    promised = db.session.scalars(select(Promise).where(Promise.kind == "tell_corrected")).all()
    assert [one.recipient_id for one in promised] == [application.lead_id]
    assert Outline.of(first.definition) == OUTLINE
    client.login(on.lead)
    assert "Combien d’associés" in client.get(page_of(application)).text


def test_a_question_of_another_kind_is_another_question(client, on):
    client.login(on.officer)
    url = f"/staff/calls/{on.call.id}/questionnaire"
    several = {"label-fr": "Des partenaires ?", "kind": "choices", "version": "0", "lines": "2"}
    client.post(f"{url}/team/partner", data=several | {"choice-0-fr": "Oui", "choice-1-fr": "Non"})
    asked = questionnaires.outline(on.call).part("team").questions
    assert asked[1].id != "partner" and asked[2].shown_if == Condition(asked[1].id, "yes")
    text = {"label-fr": "Des partenaires ?", "kind": "text", "version": "1"}
    client.post(f"{url}/team/{asked[1].id}", data=text)
    asked = questionnaires.outline(on.call).part("team").questions
    assert [one.kind for one in asked[1:3]] == [Kind.TEXT, Kind.LINE] and asked[2].shown_if is None


@pytest.mark.parametrize("kept", ["mars", 3, ["a"], [{"a": "b"}]])
def test_answers_kept_for_another_kind_break_no_page(client, on, application, kept):
    db.session.refresh(application)
    application.answers = dict.fromkeys(["size", "partner", "name", "story", "revenue"], kept)
    db.session.flush()
    for page in (page_of(application), f"/applicant/applications/{application.id}/check"):
        assert client.get(page).status_code == 200


def test_a_correction_is_given_up(client, on):
    client.login(on.officer)
    url = f"/staff/calls/{on.call.id}/questionnaire"
    client.post(f"{url}/arrange", data={"go": "remove team", "version": "0"})
    assert questionnaires.in_hand(on.call) is not None
    assert client.post(f"{url}/discard").status_code == 303
    assert questionnaires.outline(on.call) == OUTLINE
