"""A form kept for the browser that sent it: sealed, bounded, forgotten in time, nobody else's."""

import secrets
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import NoResultFound

from grants.core.clock import now
from grants.core.db import db
from grants.people import parking
from grants.people.models import ParkedForm
from grants.people.parking import forget, new_token, opened, park, parked, sweep, waiting
from tests.factories import PersonFactory
from workflows.schedule import EVERY_TICK

TYPED = [("title", "Capteurs d’irrigation"), ("summary", "نص طويل"), ("theme", "a"), ("theme", "b"), ("empty", "")]


def rows():
    return db.session.scalars(select(ParkedForm)).all()


def test_it_opens_with_the_browsers_key_alone(app):
    token, amina = new_token(), PersonFactory()
    id = park("/a", TYPED, token=token, person=amina)
    [row] = waiting(amina, token)
    assert row.id == id and opened(row, token) == TYPED
    assert opened(row, new_token()) == []
    assert b"Capteurs" not in row.sealed and token.encode() not in row.token_hash
    assert waiting(amina, new_token()) == []


def test_only_its_writer_takes_it_up_where_the_writer_is_known(app):
    token, amina, other = new_token(), PersonFactory(), PersonFactory()
    known, nameless = park("/a", TYPED, token=token, person=amina), park("/b", TYPED, token=token, person=None)
    assert [one.id for one in waiting(amina, token)] == [known, nameless]
    assert [one.id for one in waiting(other, token)] == [nameless]
    with pytest.raises(NoResultFound):
        parked(other, token, known)
    assert not parking.take_up.allows(other, next(one for one in rows() if one.id == known))


def test_the_same_twice_is_kept_once_and_a_browser_keeps_few(app):
    token = new_token()
    assert park("/a", TYPED, token=token, person=None) == park("/a", TYPED, token=token, person=None)
    for n in range(parking.MOST - 1):
        assert park("/a", [("title", str(n))], token=token, person=None)
    assert park("/a", [("title", "one more")], token=token, person=None) is None
    assert len(rows()) == parking.MOST


def test_too_much_is_not_kept(app, monkeypatch):

    assert park("/a", [("t", secrets.token_hex(parking.LARGEST))], token=new_token(), person=None) is None
    monkeypatch.setattr(parking, "MOST_NAMELESS", 1)
    assert park("/a", TYPED, token=new_token(), person=None)
    assert park("/a", TYPED, token=new_token(), person=None) is None
    assert park("/a", TYPED, token=new_token(), person=PersonFactory())


def test_it_is_forgotten_by_its_browser_and_in_time(app, monkeypatch):
    token, amina = new_token(), PersonFactory()
    first, second = (park(path, TYPED, token=token, person=amina) for path in ("/a", "/b"))
    forget(first, token=new_token())
    assert len(rows()) == 2
    forget(first, token=token)
    assert [one.id for one in waiting(amina, token)] == [second]
    later = now() + parking.LASTS + timedelta(minutes=1)
    monkeypatch.setattr(parking, "now", lambda: later)
    assert waiting(amina, token) == []
    sweep()
    assert rows() == []


def test_the_clock_sweeps():
    assert "sweep_parked" in {one.__name__ for one in EVERY_TICK}


@pytest.mark.parametrize("text", ["", "x", "é" * 44, "A" * 43, "A" * 500])
def test_a_cookie_that_is_no_key_is_none_of_ours(text):
    assert not parking.is_token(text)
