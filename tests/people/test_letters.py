"""The mails of an account, as they leave."""

from uuid import uuid4

import pytest
from sqlalchemy import select

from grants.core.clock import now
from grants.core.db import db
from grants.core.errors import Refused
from grants.messages.models import Promise, Queue
from grants.people.appointments import Place
from grants.people.models import Person, Role
from tests.factories import ClusterFactory, PersonFactory, with_role
from workflows import account
from workflows.account import Invitation, SignUp
from workflows.letters import message_for
from workflows.outbox import JOBS, Due

PASSWORD = "cheval agrafe pile correcte"


def letters() -> list[tuple[str, str, str]]:
    """To whom, subject and text of every mail promised, in the order of the promises; None for those now void."""
    found = []
    for one in db.session.scalars(
        select(Promise).where(Promise.queue == Queue.MAIL).order_by(Promise.created_at, Promise.id)
    ):
        who = one.recipient_id
        due = Due(one.id, one.kind, one.subject_id, who, one.slot, one.args, one.due_at, 1, uuid4())
        written = JOBS[one.kind].body.__wrapped__(due)
        if written is not None:
            message = message_for(written, str(one.id))
            found.append((message["To"], message["Subject"], message.get_body(("plain",)).get_content()))
    return found


def test_signing_up(client):
    account.sign_up(SignUp("Amina", "amina@example.org", PASSWORD, "en"))
    [(to, subject, text)] = letters()
    assert "amina@example.org" in to and "Confirm" in subject
    path = next(word for word in text.split() if "/account/confirm/" in word).partition("/account")
    assert client.get("/account" + path[2]).status_code == 200


def test_signing_up_with_a_known_address(app):
    person = PersonFactory(locale="en")
    account.sign_up(SignUp("Other", person.email, PASSWORD, "fr"))
    account.sign_up(SignUp("Other", person.email, PASSWORD, "fr"))
    [(to, subject, text)] = letters()
    assert person.email in to and subject == "You already have an account"
    assert person.name in text and "Other" not in text


@pytest.mark.parametrize(("person", "sent"), [({}, 1), ({"disabled_at": now()}, 0)])
def test_forgotten_password(app, person, sent):
    account.forgot_password(PersonFactory(**person).email)
    account.forgot_password("nobody@example.org")
    assert len(db.session.scalars(select(Promise)).all()) == sent


def test_a_changed_password_is_told(app):
    person = PersonFactory(locale="en")
    account.change_password(person, PASSWORD)
    [(to, subject, _)] = letters()
    assert person.email in to and subject == "Your password has been changed"


def test_only_the_last_link_is_sent(app):
    admin = with_role(Role.ADMIN)
    person, new = account.invite(Invitation("Karim", "karim@example.org", "en", []), actor=admin)
    assert new
    assert account.invite_again(person, actor=admin)
    assert len(db.session.scalars(select(Promise)).all()) == 2
    [(to, _, text)] = letters()
    assert "karim@example.org" in to and "/account/password/" in text


def test_an_invitation_is_all_or_nothing(app):
    """Roles that do not go together leave no person, no role and no mail."""
    admin, cluster = with_role(Role.ADMIN), ClusterFactory()
    db.session.commit()
    roles = [(Role.ACCOUNTANT, Place(cluster.id)), (Role.AUTHORISING_OFFICER, Place(cluster.id))]
    with pytest.raises(Refused):
        account.invite(Invitation("Karim", "karim@example.org", "en", roles), actor=admin)
    assert db.session.scalars(select(Person).where(Person.name == "Karim")).all() == []
    assert db.session.scalars(select(Promise)).all() == []
