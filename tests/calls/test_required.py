"""The documents a call asks for: listed by the officer on the draft, then frozen; read by everybody; templates."""

import re
from io import BytesIO

import pytest

from grants.calls import required
from grants.calls.models import CallState, FileKind
from grants.calls.required import Demand
from grants.core.db import db
from grants.core.errors import Forbidden, LostUpdate, Refused
from grants.core.i18n import Words
from tests.applications.test_attachments import workbook
from tests.calls.ground import set_ground


@pytest.fixture
def ground(app):
    return set_ground()


def demand(name="Attestation fiscale", **more) -> Demand:
    told = {"guidance": Words(), "mandatory": True, "kinds": [FileKind.PDF]} | more
    return Demand(Words(fr=name), **told)


def ask(ground, call, name, **more):
    required.require(ground.whole(call), demand(name, **more), None, actor=ground.officer)
    return ground.whole(call)


def names(call):
    return [one.name["fr"] for one in call.required]


def test_added_changed_moved_removed(ground):
    call = ground.call()
    before = call.version
    for name in ("Statuts", "Attestation", "Budget"):
        call = ask(ground, call, name)
    assert names(call) == ["Statuts", "Attestation", "Budget"] and call.version > before
    first = call.required[0]
    changed = demand("Statuts à jour", mandatory=False, kinds=[FileKind.DOCX, FileKind.PDF], most=3, valid_months=6)
    required.require(call, changed, None, actor=ground.officer, id=first.id)
    call = ground.whole(call)
    one = call.required[0]
    assert (one.id, one.mandatory, one.most, one.valid_months) == (first.id, False, 3, 6)
    assert one.file_kinds == [FileKind.PDF, FileKind.DOCX]
    for up, order in ((False, [1, 0, 2]), (True, [0, 1, 2]), (True, [0, 1, 2])):
        required.move(ground.whole(call), first.id, up, None, actor=ground.officer)
        expected = ["Statuts à jour", "Attestation", "Budget"]
        assert names(ground.whole(call)) == [expected[n] for n in order]
    for _ in range(2):
        required.release(ground.whole(call), first.id, None, actor=ground.officer)
    assert names(ground.whole(call)) == ["Attestation", "Budget"]
    with pytest.raises(Refused, match="removed this document"):
        required.require(ground.whole(call), demand(), None, actor=ground.officer, id=first.id)


def test_limits_old_pages_and_frozen_lists(ground, monkeypatch):
    call = ground.call()
    version = call.version
    call = ask(ground, call, "Statuts")
    with pytest.raises(LostUpdate):
        required.require(call, demand(), version, actor=ground.officer)
    monkeypatch.setattr(required, "MOST", 1)
    with pytest.raises(Refused, match="at most"):
        required.require(ground.whole(call), demand(), None, actor=ground.officer)
    kept = ground.whole(call)
    kept.state = CallState.PROPOSED
    db.session.commit()
    for verb in (
        lambda one: required.require(one, demand(), None, actor=ground.officer),
        lambda one: required.release(one, one.required[0].id, None, actor=ground.officer),
        lambda one: required.move(one, one.required[0].id, True, None, actor=ground.officer),
    ):
        with pytest.raises(Forbidden, match="frozen"):
            verb(ground.whole(call))


# --- the pages ------------------------------------------------------------------------------------------------


def typed(**changes):
    return {
        "name-fr": "Budget détaillé",
        "name-ar": "الميزانية المفصلة",
        "name-en": "Detailed budget",
        "guidance-fr": "Remplissez le modèle.",
        "mandatory": "yes",
        "kinds": ["xlsx", "pdf"],
        "most": "2",
        "owed_by": "lead",
        "valid_months": "",
        "template": (BytesIO(workbook()), "modèle.xlsx"),
    } | changes


def test_from_the_draft_to_the_public_page(client, ground):
    call = ground.call()
    base = f"/staff/calls/{call.id}/documents"
    client.login(ground.officer)
    assert "No list yet" in client.get(base).text and base in client.get(f"/staff/calls/{call.id}").text
    assert client.get(f"{base}/new").status_code == 200
    for wrong, why in (
        ({"name-fr": ""}, "at least in French"),
        ({"kinds": []}, "required"),
        ({"most": "11"}, "at most"),
        ({"valid_months": "0"}, "at least"),
        ({"template": (BytesIO(b"MZ"), "a.exe")}, "Choose a file of this kind"),
        ({"template": (BytesIO(b"PK\x03\x04 but no workbook"), "a.xlsx")}, "damaged"),
    ):
        answer = client.post(f"{base}/new", data=typed(version=str(call.version)) | wrong)
        assert answer.status_code == 200 and why in answer.text, wrong
    saved = client.post(f"{base}/new", data=typed(version=str(call.version)))
    assert (saved.status_code, saved.location) == (303, base)
    call = ground.whole(call)
    one = call.required[0]
    assert (one.name["ar"], one.kinds, one.most, one.filename) == (
        "الميزانية المفصلة",
        ["xlsx", "pdf"],
        2,
        "modèle.xlsx",
    )
    assert client.post(f"{base}/new", data=typed(version="1")).status_code == 409
    page = f"{base}/{one.id}"
    assert "modèle.xlsx" in client.get(page).text
    kept = typed(version=str(call.version), mandatory="no", **{"name-fr": "Budget"})
    kept.pop("template")
    assert client.post(page, data=kept).status_code == 303
    call = ground.whole(call)
    assert (call.required[0].mandatory, call.required[0].filename) == (False, "modèle.xlsx"), "the template stays"
    assert client.get(f"{page}/template").headers["Content-Disposition"].startswith("attachment")
    assert "Detailed budget" in client.get(f"/staff/calls/{call.id}").text

    kept = ground.whole(call)
    kept.state, kept.published_at = CallState.PUBLISHED, kept.created_at
    db.session.commit()
    client.post("/account/sign-out")
    text = client.get(f"/calls/{call.id}").text
    assert "Detailed budget" in text
    template = re.search(r'href="(/calls/[^"]+/template)"', text)[1]
    answer = client.get(template)
    assert answer.data == workbook() or answer.mimetype.endswith("sheet")
    assert client.get(template.replace(str(one.id), str(call.id))).status_code == 404


def test_removed_and_ordered_on_the_page(client, ground):
    call = ask(ground, ask(ground, ground.call(), "Un"), "Deux")
    first, base, version = call.required[0].id, f"/staff/calls/{call.id}/documents", call.version
    client.login(ground.officer)
    assert client.post(f"{base}/{first}/move", data={"go": "down", "version": version}).status_code == 303
    assert names(ground.whole(call)) == ["Deux", "Un"]
    assert client.post(f"{base}/{first}/remove", data={"version": version}).status_code == 409
    version = ground.whole(call).version
    assert client.post(f"{base}/{first}/remove", data={"version": version}).status_code == 303
    assert client.get(f"{base}/{first}").status_code == 404
    client.login(ground.committee)
    assert client.get(base).status_code == 403


def test_copied_from_an_earlier_call(client, ground):
    earlier, call = ask(ground, ask(ground, ground.call(), "Un"), "Deux", valid_months=3), ground.call(code="2026-2")
    base = f"/staff/calls/{call.id}/documents"
    client.login(ground.officer)
    assert str(earlier.id) in client.get(base).text
    for _ in range(2):
        sent = {"call": str(earlier.id), "version": str(ground.whole(call).version)}
        assert client.post(f"{base}/copy", data=sent).status_code == 303
    copied = ground.whole(call)
    assert names(copied) == ["Un", "Deux"] and copied.required[1].valid_months == 3
    assert client.post(f"{base}/copy", data={"call": str(copied.required[0].id)}).status_code == 404


def test_the_same_queries_however_many(client, ground, queries):
    call, counted = ground.call(), []
    client.login(ground.officer)
    for names_ in (["A"], [f"N{n}" for n in range(10)]):
        for name in names_:
            call = ask(ground, call, name)
        for path in (f"/staff/calls/{call.id}/documents", f"/staff/calls/{call.id}"):
            client.get(path)
            with queries() as seen:
                client.get(path)
            counted.append(len(seen))
    assert counted[:2] == counted[2:]
