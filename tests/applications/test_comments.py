"""Comments between colleagues: bounded, told once a day by mail to those who may read them."""

import pytest
from sqlalchemy import select

from grants.applications import comment_queries as queries
from grants.applications import comments
from grants.applications.models import ApplicationState, Comment
from grants.core.db import db
from grants.core.errors import Refused
from grants.messages.models import Promise
from grants.people.models import Membership, Right
from tests.applications.ground import colleague, draft, ground
from tests.factories import submitted
from tests.people.test_letters import letters
from workflows.comment import say


@pytest.fixture
def on(app):
    return ground()


@pytest.fixture
def application(on):
    made = draft(on, title="Capteurs")
    db.session.commit()
    return made


def talk(user, application, section="project"):
    db.session.expire_all()
    return queries.talk(user, application.id, section)


def test_the_colleagues_get_one_mail_a_day(on, application):
    reader, on_leave = colleague(on, Right.READER), colleague(on, Right.EDITOR)
    reader.locale = on_leave.locale = "en"
    db.session.commit()
    for text in ("Is it right?", "And the budget?"):
        say(talk(on.lead, application), text, actor=on.lead)
    assert {one.recipient_id for one in db.session.scalars(select(Promise))} == {reader.id, on_leave.id}
    membership = db.session.scalars(select(Membership).where(Membership.person_id == on_leave.id)).one()
    db.session.delete(membership)
    db.session.flush()
    [(to, subject, text)] = letters()
    assert reader.email in to and subject == "“Capteurs”: your colleagues commented"
    assert "Is it right?" in text and "And the budget?" in text and f"{on.lead.name} on “Project”" in text
    assert f"/applicant/applications/{application.id}/comments/project" in text


def test_no_mail_about_what_is_settled_or_with_the_fund(on, application):
    colleague(on, Right.EDITOR)
    said = say(talk(on.lead, application), "Is it right?", actor=on.lead)
    assert len(letters()) == 1
    comments.settle(queries.own_comment(on.lead, said.id), actor=on.lead)
    assert letters() == []
    comments.take_up_again(queries.own_comment(on.lead, said.id), actor=on.lead)
    assert len(letters()) == 1
    for name, value in (submitted(1) | {"state": ApplicationState.SUBMITTED}).items():
        setattr(application, name, value)
    db.session.flush()
    assert letters() == []


def test_a_comment_has_words_and_there_are_not_too_many(on, application, monkeypatch):
    for text in (" \n ", "x" * (comments.LONGEST + 1)):
        with pytest.raises(Refused):
            say(talk(on.lead, application), text, actor=on.lead)
    monkeypatch.setattr(comments, "MOST", 2)
    for n in range(2):
        say(talk(on.lead, application), f"{n}", actor=on.lead)
    with pytest.raises(Refused, match="at most 2"):
        say(talk(on.lead, application), "one more", actor=on.lead)
    assert len(db.session.scalars(select(Comment)).all()) == 2


def test_what_waits_comes_first(on, application):
    first, second = (say(talk(on.lead, application), text, actor=on.lead) for text in ("1", "2"))
    comments.settle(queries.own_comment(on.lead, first.id), actor=on.lead)
    assert [one.id for one in queries.said(talk(on.lead, application))] == [second.id, first.id]
    assert queries.waiting(application) == {"project": 1}
