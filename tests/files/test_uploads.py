"""A file sent piece by piece: gone on with after a cut, taken by any form once it is whole, nobody else's."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from grants.applications.models import Document
from grants.core import clock
from grants.core.db import db
from grants.core.storage import storage
from grants.people import uploads
from grants.people.uploads import PIECE, Upload
from tests.applications.ground import draft, ground
from tests.applications.samples import pdf
from tests.factories import PersonFactory

BIG = pdf(extra=b"9 0 obj\n<<>>\nstream\n" + b"x" * 2_500_000 + b"\nendstream\nendobj\n")


@pytest.fixture
def on(app, client):
    made = ground()
    db.session.commit()
    client.login(made.lead)
    return made


def begin(client, content=BIG, name="proposal.pdf", key="k"):
    return client.post("/account/uploads", data={"filename": name, "size": str(len(content)), "key": key})


def append(client, url, offset, piece):
    headers = {"Upload-Offset": str(offset)}
    return client.post(url, data=piece, headers=headers, content_type="application/octet-stream")


def send(client, content=BIG, **more):
    """All of it; answers the id."""
    begun = begin(client, content, **more).json
    for offset in range(begun["offset"], len(content), PIECE):
        answer = append(client, begun["url"], offset, content[offset : offset + PIECE])
        assert answer.status_code == 200, answer.json
    return begun["id"]


def test_cut_gone_on_with_and_attached(client, on):
    application = draft(on, documents=0)
    begun = begin(client).json
    assert begun["offset"] == 0
    assert append(client, begun["url"], 0, BIG[:PIECE]).json == {"offset": PIECE}
    assert begin(client).json == {**begun, "offset": PIECE}, "the browser is closed and opened again"
    assert client.get(begun["url"]).json == {"offset": PIECE}
    again = append(client, begun["url"], 0, BIG[:PIECE])
    assert (again.status_code, again.json["offset"]) == (409, PIECE), "a piece that came twice is not kept twice"
    assert append(client, begun["url"], PIECE, BIG[PIECE : 2 * PIECE]).status_code == 200
    address = f"/applicant/applications/{application.id}/documents"
    unfinished = client.post(address, data={"file-upload": begun["id"]})
    assert unfinished.status_code == 200 and 'class="errsum"' in unfinished.text
    assert append(client, begun["url"], 2 * PIECE, BIG[2 * PIECE :]).json == {"offset": len(BIG)}
    for _ in range(2):  # pressed twice it is one document
        assert client.post(address, data={"file-upload": begun["id"]}).status_code == 303
    document = db.session.scalars(select(Document)).one()
    assert (document.filename, document.size) == ("proposal.pdf", len(BIG))
    assert client.get(f"/applicant/documents/{document.id}").data == BIG


def test_it_is_checked_like_any_other(client, on):
    application = draft(on, documents=0)
    address = f"/applicant/applications/{application.id}/documents"
    answer = client.post(address, data={"file-upload": send(client, b"MZ" * 700_000)})
    assert answer.status_code == 200 and "not what its name says" in answer.text
    for nonsense in ("x", str(uuid4()), "\x00"):
        assert client.post(address, data={"file-upload": nonsense}).status_code == 200
    assert db.session.scalars(select(Document)).all() == []


def test_what_has_arrived_is_no_longer_on_its_way(client, on, monkeypatch):
    """Twenty files attached in a day leave room for the next; files without end do not."""
    monkeypatch.setattr(uploads, "MOST", 2)
    monkeypatch.setattr(uploads, "MOST_KEPT", 5)
    for n in range(3):
        send(client, b"x" * 10, key=f"whole {n}")
    for n in range(2):
        assert begin(client, key=f"cut {n}").status_code == 200
    refused = begin(client, key="one more")
    assert refused.status_code == 422 and "at once" in refused.json["problem"]
    assert begin(client, key="cut 0").status_code == 200, "one that was cut goes on"
    monkeypatch.setattr(uploads, "MOST", 20)
    assert begin(client, key="one more").status_code == 422, "five are kept, whole or not"


def test_another_file_of_the_same_key_begins_anew(client, on):
    first = begin(client).json
    append(client, first["url"], 0, BIG[:PIECE])
    second = begin(client, BIG + b"\n").json
    assert second["id"] != first["id"] and second["offset"] == 0
    assert client.get(first["url"]).status_code == 404


def test_nobody_else_goes_on_with_it(client, on):
    mine, id = begin(client).json, send(client, pdf(), key="other")
    stranger = PersonFactory()
    application = draft(on, documents=0)
    db.session.commit()
    client.login(stranger)
    assert client.get(mine["url"]).status_code == 404
    assert append(client, mine["url"], 0, BIG[:10]).status_code == 404
    assert begin(client).json["id"] != mine["id"], "the same key of somebody else is another file"
    client.login(on.lead)
    address = f"/applicant/applications/{application.id}/documents"
    assert client.post(address, data={"file-upload": id}).status_code == 303


@pytest.mark.parametrize(
    ("size", "why"), [("0", "is empty"), ("-5", "is empty"), ("x", "is empty"), ("2000000000", "larger than")]
)
def test_sizes_that_are_refused_before_anything_is_sent(client, on, size, why):
    answer = client.post("/account/uploads", data={"filename": "a.pdf", "size": size, "key": "k"})
    assert answer.status_code == 422 and why in answer.json["problem"]


def test_pieces_that_are_refused(client, on):
    begun = begin(client, BIG[: PIECE + 5]).json
    for offset, piece, status in (
        (0, b"", 409),
        (5, b"later", 409),
        (-1, b"before", 409),
        (0, BIG[: PIECE + 1], 413),
        (0, BIG[: PIECE - 1], 409),
        (0, BIG[:PIECE], 200),
        (PIECE, BIG[:6], 409),
        (PIECE, BIG[:5], 200),
        (PIECE + 5, b"more", 409),
    ):
        assert append(client, begun["url"], offset, piece).status_code == status, (offset, len(piece))


def test_not_too_many_at_once(client, on, monkeypatch):
    monkeypatch.setattr(uploads, "MOST", 2)
    assert [begin(client, key=str(n)).status_code for n in range(3)] == [200, 200, 422]


def test_what_is_left_alone_is_swept_away(app, client, on, monkeypatch):
    id = send(client, pdf())
    kept_in = storage(app.extensions["settings"])
    assert uploads.sweep(kept_in) == 0 and kept_in.made(f"uploads/{id}/0") == pdf()
    later = clock.now() + timedelta(hours=25)
    monkeypatch.setattr(uploads, "now", lambda: later)
    assert uploads.sweep(kept_in) == 1
    assert db.session.scalars(select(Upload)).all() == [] and kept_in.made(f"uploads/{id}/0") is None


def test_two_gigabytes_are_refused_before_they_are_read(app, on):
    """The length is in the head of the request: nothing of the body is asked for."""
    application = draft(on, documents=0)
    db.session.commit()

    class Unread:
        def read(self, *_):
            raise AssertionError("the body was read")

        readline = read

    client = app.test_client().login(on.lead)
    answer = client.post(
        f"/applicant/applications/{application.id}/documents",
        environ_overrides={"wsgi.input": Unread(), "CONTENT_LENGTH": "2000000000"},
        content_type="multipart/form-data; boundary=x",
    )
    assert answer.status_code == 413
