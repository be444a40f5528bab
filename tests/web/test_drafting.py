"""Several people write one draft: conflicts, versions, comments."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from grants.applications import service, versions
from grants.applications.content import Project
from grants.applications.models import Application, ApplicationState, Comment, Revision
from grants.applications.queries import own_application
from grants.core.clock import now
from grants.core.db import db
from grants.people.models import Right, Role
from tests.applications.ground import colleague, draft, ground
from tests.factories import submitted, with_role
from tests.web.drafts import base, version_in

TEXT = "Le problème est grand.\n\nLa solution est simple.\n\nL’équipe est prête."


def words_of(page):
    return " ".join(re.sub("<[^>]+>", " ", page.text).replace("\u00a0", " ").split())


@pytest.fixture
def on(app):
    return ground()


@pytest.fixture
def application(on):
    return draft(on, description=TEXT)


def project(application, **values):
    """The fields of the project's form."""
    said = Project.of(application)
    sent = {name: str(getattr(said, name)) for name in said.__dataclass_fields__}
    return sent | values


def write(on, application, who=None, **values):
    """A save, as by the form."""
    found = own_application(on.lead, application.id)
    said = Project.of(found)
    part = Project(**{**{name: getattr(said, name) for name in said.__dataclass_fields__}, **values})
    service.revise(found, part, seen=None, actor=who or on.lead)
    db.session.flush()


def last(application):
    kept = select(Revision).where(Revision.application_id == application.id)
    return db.session.scalars(kept.order_by(Revision.saved_at.desc(), Revision.id.desc())).first()


# --- two people in one section --------------------------------------------------------------------------------


def test_both_texts_side_by_side_and_one_that_holds_both(client, on, application):
    other = colleague(on, Right.EDITOR)
    write(on, application, title="Begun")
    client.login(on.lead)
    version = version_in(client.get(f"{base(application)}/project"))
    write(on, application, other, description=TEXT.replace("prête", "complète"))
    mine = project(application, version=version, description=TEXT.replace("grand", "immense"))
    answer = client.post(f"{base(application)}/project", data=mine)
    assert answer.status_code == 409
    assert other.name in answer.text and answer.text.count("<mark>") == 4
    merged = TEXT.replace("grand", "immense").replace("prête", "complète")
    proposed = re.search(r'<textarea[^>]*name="description"[^>]*>\n?(.*?)</textarea>', answer.text, re.S).group(1)
    assert proposed == merged
    sent = project(application, version=version_in(answer), description=merged)
    assert client.post(f"{base(application)}/project", data=sent).status_code == 303
    assert application.description == merged


def test_where_both_changed_the_same_words_both_stand(client, on, application):
    write(on, application, title="Begun")
    client.login(on.lead)
    version = version_in(client.get(f"{base(application)}/project"))
    write(on, application, colleague(on, Right.EDITOR), summary="What it does, for farmers, and why now.")
    mine = project(application, version=version, summary="What it does, for nurses, and why now.")
    answer = client.post(f"{base(application)}/project", data=mine)
    proposed = re.search(r'<textarea[^>]*name="summary"[^>]*>\n?(.*?)</textarea>', answer.text, re.S).group(1)
    assert "nurses," in proposed and "farmers," in proposed and "In one place" in answer.text
    assert 'name="title" value="Begun"' in answer.text, "the fields that agree are sent again as they were"


def test_without_a_known_beginning_what_one_typed_is_proposed(client, on, application):
    client.login(on.lead)
    version = version_in(client.get(f"{base(application)}/project"))
    application.summary = "Written beside the forms"
    db.session.flush()
    answer = client.post(f"{base(application)}/project", data=project(application, version=version, summary="Mine"))
    assert answer.status_code == 409 and ">\nMine</textarea>" in answer.text
    assert "Written" in answer.text and "beside" in answer.text
    mine = re.search(r'<form id="mine".*?</form>', answer.text, re.S).group(0)
    sent = dict(re.findall(r'name="(\w+)" value="([^"]*)"', mine))
    assert client.post(f"{base(application)}/project", data=sent).status_code == 303
    assert application.summary == "Mine"


def test_a_hostile_text_is_text(client, on, application):
    client.login(on.lead)
    version = version_in(client.get(f"{base(application)}/project"))
    write(on, application, summary="<script>alert(1)</script> & </textarea>")
    answer = client.post(f"{base(application)}/project", data=project(application, version=version, summary="<b>"))
    assert "<script>alert" not in answer.text and "<b>" not in answer.text


# --- versions -------------------------------------------------------------------------------------------------


def test_the_history_says_who_wrote_which_words(client, on, application, monkeypatch):
    other = colleague(on, Right.EDITOR)
    write(on, application, title="Capteurs cardiaques")
    write(on, application, other, title="Capteurs d’irrigation", description=TEXT + "\n\nأداء جديد")
    client.login(on.lead)
    page = client.get(f"{base(application)}/history")
    assert page.status_code == 200 and other.name in page.text and "As it stood before" in page.text
    assert re.search(r"<del><bdi class=\"vh\">removed: </bdi>cardiaques</del>", page.text)
    assert re.search(r"<ins><bdi class=\"vh\">added: </bdi>d’irrigation</ins>", page.text)
    assert "أداء جديد</ins>" in page.text and page.text.count('dir="auto"') > 2
    assert client.get(f"{base(application)}/history?section=budget").text.count("<ins>") <= 1
    assert client.get(f"{base(application)}/history?section=nothing&page=x").status_code == 200
    for address in (f"{base(application)}", f"{base(application)}/project"):
        assert f"{base(application)}/history" in client.get(address).text


def test_amounts_and_choices_are_named(client, on, application):
    client.login(on.lead)
    version = version_in(client.get(f"{base(application)}/budget"))
    sent = {"version": version, "cost": "900 000", "requested": "600 000", "duration_months": "18"}
    assert client.post(f"{base(application)}/budget", data=sent).status_code == 303
    write(on, application, commission_id=None)
    words = words_of(client.get(f"{base(application)}/history"))
    assert "removed: 800 000 MAD added: 900 000 MAD" in words
    assert "removed: 12 months added: 18 months" in words
    assert on.commission.name.in_("en") in words and "Not given" in words


def test_one_version_is_read_and_restored(client, on, application, monkeypatch):
    write(on, application, title="One")
    first = last(application)
    later = now() + timedelta(hours=1)
    monkeypatch.setattr(versions, "now", lambda: later)
    write(on, application, title="Two")
    client.login(on.lead)
    address = f"{base(application)}/history/{first.id}"
    page = client.get(address)
    assert page.status_code == 200 and "Restore this version" in page.text
    seen = re.search(r'name="seen" value="(\d+)"', page.text).group(1)
    stale = client.post(f"{address}/restore", data={"seen": str(int(seen) + 1)})
    assert stale.location == address and application.title == "Two"
    assert client.post(f"{address}/restore", data={}).location == address
    done = client.post(f"{address}/restore", data={"seen": seen})
    assert done.location == f"{base(application)}/project" and application.title == "One"
    assert "restored from" in client.get(f"{base(application)}/history").text
    assert "This is what the section says now" in client.get(address).text
    assert client.post(f"{address}/restore", data={"seen": seen}).status_code == 303


def test_the_history_of_a_submitted_file_is_read_not_restored(client, on, application):
    write(on, application, title="One")
    first = last(application)
    for name, value in (submitted(1) | {"state": ApplicationState.SUBMITTED}).items():
        setattr(application, name, value)
    application.title = "Changed"
    db.session.flush()
    client.login(on.lead)
    address = f"{base(application)}/history/{first.id}"
    page = client.get(address)
    assert page.status_code == 200 and "with the fund now" in page.text and "Restore this version" not in page.text
    assert client.post(f"{address}/restore", data={"seen": "1"}).status_code == 403
    assert f"{base(application)}/history" in client.get(base(application)).text


def test_the_history_asks_the_same_however_long(client, on, application, monkeypatch, queries):
    def asked():
        with queries() as sent:
            assert client.get(f"{base(application)}/history").status_code == 200
        return len(sent)

    write(on, application, title="One")
    client.login(on.lead)
    few = asked()
    people = [on.lead, *(colleague(on, Right.EDITOR) for _ in range(3))]
    for n in range(40):
        moment = now() + timedelta(hours=n + 1)
        monkeypatch.setattr(versions, "now", lambda moment=moment: moment)
        write(on, application, people[n % 4], title=f"Title {n}")
    assert asked() == few


# --- comments -------------------------------------------------------------------------------------------------


def test_colleagues_talk_settle_and_take_up_again(client, on, application):
    reader = colleague(on, Right.READER)
    address = f"{base(application)}/comments/project"
    client.login(reader)
    assert client.post(address, data={"text": "  "}).status_code == 200
    said = client.post(address, data={"text": "Is “grand” right? <b>"})
    assert said.location == address
    client.post(address, data={"text": "Is “grand” right? <b>"})
    [comment] = db.session.scalars(select(Comment)).all()
    assert comment.author_id == reader.id
    client.login(on.lead)
    assert "1 comment waits" in client.get(f"{base(application)}/project").text
    page = client.get(address)
    assert reader.name in page.text and "&lt;b&gt;" in page.text
    for _ in range(2):
        assert client.post(f"/applicant/comments/{comment.id}/settle").location == address
    assert comment.resolved_by_id == on.lead.id
    assert "Settled by" in client.get(address).text
    assert "1 comment waits" not in client.get(f"{base(application)}/project").text
    client.post(f"/applicant/comments/{comment.id}/reopen")
    assert comment.resolved_at is None


def test_no_new_comment_once_it_is_with_the_fund(client, on, application):
    client.login(on.lead)
    address = f"{base(application)}/comments/budget"
    client.post(address, data={"text": "Check the amounts"})
    for name, value in (submitted(1) | {"state": ApplicationState.SUBMITTED}).items():
        setattr(application, name, value)
    db.session.flush()
    page = client.get(address)
    assert page.status_code == 200 and "Check the amounts" in page.text and "<textarea" not in page.text
    assert client.post(address, data={"text": "More"}).status_code == 403
    [comment] = db.session.scalars(select(Comment)).all()
    assert client.post(f"/applicant/comments/{comment.id}/settle").status_code == 403


def test_comments_ask_the_same_however_many(client, on, application, queries):
    address = f"{base(application)}/comments/project"
    client.login(on.lead)

    def asked():
        with queries() as sent:
            assert client.get(address).status_code == 200
        return len(sent)

    def add(n):
        for k in range(n):
            who = colleague(on, Right.EDITOR)
            db.session.add(Comment(application_id=application.id, section="project", author_id=who.id, text=f"{k}"))
        db.session.flush()

    add(1)
    few = asked()
    add(20)
    assert asked() <= few


# --- nobody else ----------------------------------------------------------------------------------------------


def test_nobody_else_sees_any_of_it(client, on, application):
    cluster = on.call.fund.cluster
    write(on, application, title="One")
    revision = last(application)
    talk = Comment(application_id=application.id, section="project", author_id=on.lead.id, text="Between us")
    db.session.add(talk)
    db.session.flush()
    pages = ["history", f"history/{revision.id}", "comments/project"]
    posts = [f"history/{revision.id}/restore", "comments/project"]
    strangers = [
        ground().lead,
        on.officer,
        with_role(Role.ADMIN),
        with_role(Role.FUND_MANAGER, cluster=cluster),
    ]
    for state in (None, ApplicationState.SUBMITTED):
        if state:
            for name, value in (submitted(1) | {"state": state}).items():
                setattr(application, name, value)
            db.session.flush()
        for stranger in strangers:
            client.login(stranger)
            assert {client.get(f"{base(application)}/{one}").status_code for one in pages} == {404}
            assert {client.post(f"{base(application)}/{one}", data={"text": "x"}).status_code for one in posts} == {404}
            assert client.post(f"/applicant/comments/{talk.id}/settle").status_code == 404
    other = draft(ground())
    client.login(on.lead)
    assert client.get(f"{base(other)}/history/{revision.id}").status_code == 404
    mine = db.session.get(Application, application.id)
    assert client.get(f"{base(mine)}/comments/nothing").status_code == 404
