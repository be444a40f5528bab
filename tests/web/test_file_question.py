"""A question answered with a file: designed, attached in its section, refused by content, read with the rest."""

import io

import pytest
from sqlalchemy import select

from grants.applications.blockers import blockers
from grants.applications.models import Document
from grants.applications.queries import own_application
from grants.applications.submitted import content_of
from grants.calls import questionnaires
from grants.calls.models import CallState
from grants.calls.questionnaire import Choice, Condition, Files, Kind, Outline, Part, Question
from grants.cli.demo_words import evidence
from grants.core.db import db
from grants.core.i18n import Words, plain
from tests.applications.ground import ground
from tests.web.drafts import asking, begun, version_in

YES, NO = Choice("yes", Words(fr="Oui", en="Yes")), Choice("no", Words(fr="Non", en="No"))
OUTLINE = Outline(
    (
        Part(
            "lab",
            Words(fr="Laboratoire", en="Laboratory"),
            questions=(
                Question("name", Kind.LINE, Words(fr="Lequel ?", en="Which one?"), required=False),
                Question("has", Kind.CHOICE, Words(fr="En avez-vous un ?", en="Have you one?"), choices=(YES, NO)),
                Question(
                    "letter",
                    Kind.FILE,
                    Words(fr="Sa lettre", en="Its letter"),
                    shown_if=Condition("has", "yes"),
                    files=Files(("pdf",), 1),
                ),
            ),
        ),
    )
)
PDF = evidence("Lettre")


@pytest.fixture
def on(app):
    return asking(OUTLINE)


@pytest.fixture
def application(on, client):
    return begun(client, on)


@pytest.fixture
def page(application):
    return f"/applicant/applications/{application.id}/answers/lab"


def sends(client, page, content=PDF, name="lettre.pdf", **more):
    typed = {"has": "yes", "name": "Université de Fès", "version": version_in(client.get(page)), **more}
    return client.post(page, data=typed | {"letter": (io.BytesIO(content), name)}, content_type="multipart/form-data")


def documents(application):
    return db.session.scalars(select(Document).where(Document.application_id == application.id)).all()


def whole(on, application):
    db.session.expire_all()
    return own_application(on.lead, application.id)


def test_json_and_back_is_the_same():
    assert Outline.of(OUTLINE.json()) == OUTLINE


def test_an_officer_asks_for_a_file(client):
    made = ground(state=CallState.DRAFT)
    url = f"/staff/calls/{made.call.id}/questionnaire"
    client.login(made.officer)
    part = client.post(f"{url}/sections/new", data={"title-fr": "Labo", "version": "0"}).location.rpartition("part-")[2]
    asked = {"label-fr": "Sa lettre", "kind": "file", "required": "y", "version": "1"}
    sent = client.post(f"{url}/{part}/new", data=asked | {"file_kinds": ["pdf", "docx"], "most_files": "2"})
    id = sent.location.rpartition("#question-")[2]
    assert questionnaires.outline(made.call).part(part).question(id).files == Files(("pdf", "docx"), 2)
    assert 'type="file"' in client.get(f"{url}/preview").text
    assert 'value="docx" checked' in client.get(f"{url}/{part}/{id}").text


def test_a_file_is_attached_with_the_section_and_removed(client, on, application, page):
    assert 'enctype="multipart/form-data"' in client.get(page).text
    sent = sends(client, page, go="attach-letter")
    assert sent.status_code == 303 and sent.location.endswith("#files-letter")
    found = documents(application)
    assert [(one.filename, one.question, one.required_id) for one in found] == [("lettre.pdf", "letter", None)]
    again = client.get(page)
    assert "lettre.pdf" in again.text and 'type="file"' not in again.text
    assert "Université de Fès" in again.text
    gone = {"has": "yes", "name": "Autre", "version": version_in(again), "go": f"drop-letter-{found[0].id}"}
    sent = client.post(page, data=gone)
    assert sent.status_code == 303 and sent.location.endswith("#files-letter")
    assert documents(application) == [] and whole(on, application).answers["name"] == "Autre"
    assert client.post(page, data={**gone, "version": version_in(client.get(page))}).status_code == 303


def test_a_program_and_a_file_of_another_kind_are_refused_and_the_text_stays(client, application, page):
    for content, name in ((b"MZ\x90\x00", "lettre.pdf"), (b"", "lettre.pdf"), (PDF, "lettre.exe")):
        refused = sends(client, page, content, name)
        assert refused.status_code == 200 and "letter-error" in refused.text and "Université de Fès" in refused.text
    assert documents(application) == []


def test_a_file_too_many_is_refused(client, application, page):
    sends(client, page)
    refused = sends(client, page, evidence("Une autre"), "autre.pdf")
    assert refused.status_code == 200 and "Remove it before" in refused.text
    assert len(documents(application)) == 1


def test_it_is_asked_for_only_under_its_choice_and_covered_by_the_hash(client, on, application, page):
    client.post(page, data={"has": "yes", "version": version_in(client.get(page))})

    def lacking():
        return [plain(one.message, "en") for one in blockers(whole(on, application)) if one.section == "lab"]

    assert lacking() == ["Attach “Its letter”."]
    sends(client, page)
    assert lacking() == []
    said = content_of(whole(on, application))["documents"]
    assert [(one["filename"], one["for"]) for one in said] == [("lettre.pdf", "letter")]
    check = client.get(f"/applicant/applications/{application.id}/check").text
    assert check.count("lettre.pdf") >= 2 and "Attach the full proposal" in check
    client.post(page, data={"has": "no", "version": version_in(client.get(page))})
    assert lacking() == [] and content_of(whole(on, application))["documents"] == []
    assert "lettre.pdf" not in client.get(f"/applicant/applications/{application.id}/check").text


def test_two_people_and_a_file_between_them(client, application, page):
    version = version_in(client.get(page))
    client.post(page, data={"has": "yes", "name": "Une", "version": version})
    late = sends(client, page, name="lettre.pdf", **{"version": version})
    assert late.status_code == 409 and "Université de Fès" in late.text
    assert len(documents(application)) == 1  # the file is kept, whoever's text is


def test_autosave_leaves_files_alone(client, on, application, page):
    sends(client, page)
    saved = client.post(f"{page}/autosave", data={"has": "yes", "name": "x", "version": version_in(client.get(page))})
    assert saved.status_code == 200 and len(documents(application)) == 1


def test_a_file_question_that_becomes_a_line_holds_no_files(client, on, application, page):
    sends(client, page)
    client.login(on.officer)
    url = f"/staff/calls/{on.call.id}/questionnaire"
    line = {"label-fr": "Son lien", "kind": "line", "shown_if": "has:yes", "version": "0"}
    assert client.post(f"{url}/lab/letter", data=line).status_code == 303
    client.post(f"{url}/correct", data={"change-fr": "Un lien"})
    client.login(on.lead)
    assert content_of(whole(on, application))["documents"] == []
    assert "lettre.pdf" not in client.get(page).text
    assert "lettre.pdf" not in client.get(f"/applicant/applications/{application.id}/check").text
