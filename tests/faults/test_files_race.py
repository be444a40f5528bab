"""Several at once on one place for a file, and on one file sent piece by piece: nothing too many, nothing twice."""

from collections.abc import Callable

import pytest
from flask import Flask
from obstore.store import MemoryStore
from sqlalchemy import select

from grants.applications import queries, service
from grants.applications.models import Document
from grants.applications.slots import slots
from grants.calls.models import RequiredDocument
from grants.core.db import db
from grants.core.errors import WrongState
from grants.core.i18n import Words
from grants.core.storage import Storage
from grants.people import uploads
from grants.people.models import Person
from grants.people.uploads import Upload
from tests.applications.ground import draft, ground
from tests.applications.samples import pdf
from tests.faults.test_members_race import race


def test_the_last_free_place(own_app: Flask) -> None:
    on = ground()
    usual = {"guidance": Words(), "mandatory": True, "kinds": ["pdf"], "most": 1}
    db.session.add(RequiredDocument(call_id=on.call.id, position=1, name=Words(fr="Plan"), **usual))
    made = draft(on, documents=0)
    db.session.commit()
    lead_id, made_id, kept_in = on.lead.id, made.id, Storage(MemoryStore())

    def attach(letter: str) -> Callable[[], object]:
        def run() -> None:
            lead = db.session.get_one(Person, lead_id)
            slot = slots(queries.own_application(lead, made_id))[0]
            service.fill(slot, f"{letter}.pdf", pdf(letter), None, storage=kept_in, limit_mb=10, actor=lead)

        return run

    assert race(own_app, [attach(letter) for letter in "abcd"])["done"] == 1
    db.session.rollback()
    assert len(db.session.scalars(select(Document)).all()) == 1


def test_one_piece_from_two_tabs(own_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "PIECE", 100)
    on = ground()
    db.session.commit()
    lead_id, kept_in = on.lead.id, Storage(MemoryStore())
    content = b"0123456789" * 100

    def run() -> None:
        lead = db.session.get_one(Person, lead_id)
        one = uploads.begin("a.pdf", len(content), "k", storage=kept_in, limit_mb=10, actor=lead)
        id = one.id
        for offset in range(0, len(content), uploads.PIECE):
            one = uploads.upload(db.session.get_one(Person, lead_id), id)
            try:
                piece = content[offset : offset + uploads.PIECE]
                uploads.append(one, offset, piece, storage=kept_in, actor=lead)
            except WrongState:
                db.session.rollback()

    race(own_app, [run] * 3)
    db.session.rollback()
    one = db.session.scalars(select(Upload)).one()
    assert uploads.content(one, storage=kept_in) == content
