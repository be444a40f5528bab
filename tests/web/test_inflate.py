"""A form that saves itself may arrive packed; nothing else does, and nothing swells without end."""

import gzip

import pytest
from werkzeug.test import encode_multipart

from grants.core.db import db
from grants.web.inflate import inflated
from tests.applications.ground import draft, ground
from tests.web.drafts import base, version_in

ARABIC = "يقيس النظام رطوبة التربة ويضبط الري بحسب حاجة كل نخلة. " * 300


@pytest.fixture
def on(app, client):
    made = ground()
    client.login(made.lead)
    return made


def packed(**fields):
    boundary, body = encode_multipart(fields)
    kind = f"multipart/form-data; boundary={boundary}"
    return {"data": gzip.compress(body), "content_type": kind, "headers": {"Content-Encoding": "gzip"}}


def test_a_long_text_arrives_packed_and_is_saved(client, on):
    made = draft(on)
    url = f"{base(made)}/project"
    sent = packed(version=version_in(client.get(url)), title="قياس", summary="ملخص", description=ARABIC)
    assert len(sent["data"]) < 20_000 < len(ARABIC.encode())
    answer = client.post(f"{url}/autosave", **sent)
    assert answer.status_code == 200, answer.text
    db.session.refresh(made)
    assert made.description == ARABIC.strip()


def test_the_button_takes_nothing_packed(client, on):
    made = draft(on)
    url = f"{base(made)}/project"
    sent = packed(version=version_in(client.get(url)), title="Packed", summary="S", description="D")
    client.post(url, **sent)
    db.session.refresh(made)
    assert made.title != "Packed"


@pytest.mark.parametrize(
    "body", [b"no gzip at all", gzip.compress(b"x" * 100)[:-9], b""], ids=["something else", "cut off", "empty"]
)
def test_what_is_no_gzip_is_refused_and_empties_nothing(client, on, body):
    made = draft(on)
    headers, kind = {"Content-Encoding": "gzip"}, "application/x-www-form-urlencoded"
    answer = client.post(f"{base(made)}/project/autosave", data=body, content_type=kind, headers=headers)
    assert (answer.status_code, answer.json) == (400, {})
    db.session.refresh(made)
    assert made.title


def test_a_bomb_stays_small(client, on):
    bomb = gzip.compress(b"\0" * 200_000_000)
    assert len(inflated(bomb, 1_000)) == 1_001
    made = draft(on)
    headers, kind = {"Content-Encoding": "gzip"}, "application/x-www-form-urlencoded"
    answer = client.post(f"{base(made)}/project/autosave", data=bomb, content_type=kind, headers=headers)
    assert answer.status_code == 413
