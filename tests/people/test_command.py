"""`grants admin create`: the first administrator, without a password on any command line."""

import re

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from grants.cli.people import create
from grants.core.db import db
from grants.people import passwords
from grants.people.models import Person, Role
from tests.factories import PersonFactory


@pytest.fixture
def run(app):
    """The command without the servers it would start: the test has them."""
    inside = click.Command("create", params=create.params, callback=create.callback.__wrapped__)

    def call(*args: str) -> Result:
        return CliRunner().invoke(inside, list(args))

    return call


def test_the_first_administrator_chooses_a_password_by_the_link(run, client):
    said = run("Salma@Example.org", "--name", "Salma Idrissi").output
    person = db.session.scalars(select(Person)).one()
    assert (person.email, person.name, person.roles) == ("salma@example.org", "Salma Idrissi", {Role.ADMIN})
    path = re.search(r"http://[^/]+(/account/password/\S+)", said)[1]

    assert client.post(path, data={"password": "cheval agrafe pile correcte"}).status_code == 303

    assert client.get("/admin/people").status_code == 200
    assert client.get(path).status_code == 410


def test_somebody_known_is_promoted_and_keeps_the_password(run):
    person = PersonFactory(password_hash=passwords.hash_password("cheval agrafe pile correcte"))
    for _ in range(2):
        said = run(person.email).output
    assert "sign in with it" in said and "http" not in said
    assert [one.role for one in person.appointments] == [Role.ADMIN]


def test_running_it_again_gives_a_new_link(run, client):
    first, second = (re.search(r"/account/password/\S+", run("salma@example.org").output)[0] for _ in range(2))
    assert client.get(first).status_code == 410
    assert client.get(second).status_code == 200


def test_what_is_no_address_is_refused(run):
    result = run("salma")
    assert result.exit_code == 2 and "not an e-mail address" in result.output
    assert db.session.scalars(select(Person)).all() == []
