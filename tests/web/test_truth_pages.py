"""Who is shown what of a commission with conflicts of interest: person × application × every page (see truth.py).

What is not in the table is nothing: a new page without a row fails.
"""

import re
from functools import cache
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from grants.applications.models import Document
from grants.core.db import db
from tests.web.truth import (
    AGENDA,
    BIDS,
    CONFLICTED,
    DECLARABLE,
    EVERYBODY,
    FILES,
    HOLDS,
    IN_HAND,
    LED,
    MEMBERS,
    OPEN_TO,
    OWN,
    SEEN,
    SITS,
    UNTOUCHED,
    Ground,
    laid,
)


@pytest.fixture
def ground(app) -> Ground:
    return laid()


NOBODY: dict[str, str] = {}
UNCONFLICTED = {name: " ".join(one for one in OWN[name].split()) for name in ("before", "after", "elsewhere")} | {
    "declared": "A1:declared",
    "detected": "A1:detected",
}
BOARD = {"free": "K", "torn": "K"}
RANKED = {"free": "K"}
CHAIRS = {"free": "-", "torn": "-"}
SIGNED_IN = dict.fromkeys(EVERYBODY, "-")
ROUTES: dict[str, tuple[str, dict[str, str]]] = {  # what its `id` names, and who reaches which
    "reviewer.commissions": ("none", SIGNED_IN),
    "reviewer.reviews": ("none", SIGNED_IN),
    "reviewer.own_conflicts": ("none", SIGNED_IN),
    "reviewer.workbook": ("none", SIGNED_IN),
    "reviewer.fetch_workbook": ("none", dict.fromkeys(IN_HAND, "-")),
    "reviewer.send_workbook": ("none", SIGNED_IN),
    "reviewer.take_workbook": ("none", SIGNED_IN),
    "reviewer.forget_workbook": ("none", SIGNED_IN),
    "reviewer.search": ("none", CHAIRS),
    "reviewer.search_csv": ("none", CHAIRS),
    "reviewer.search_xlsx": ("none", CHAIRS),
    "reviewer.keep_search": ("none", CHAIRS),
    "reviewer.forget_search": ("file", dict.fromkeys(CHAIRS, " ".join(FILES))),  # as one that is gone already
    "reviewer.ask_found": ("none", CHAIRS),
    "reviewer.ask_all": ("none", CHAIRS),
    "reviewer.remind_found": ("none", CHAIRS),
    "reviewer.remind_all": ("none", CHAIRS),
    "reviewer.board": ("commission", BOARD),
    "reviewer.conflicts": ("commission", BOARD),
    "reviewer.ranking": ("commission", RANKED),
    "reviewer.marks_statistics": ("commission", RANKED),
    "reviewer.statistics_workbook": ("commission", RANKED),
    "reviewer.led": ("file", LED),
    "reviewer.led_document": ("file", LED),
    "reviewer.led_pages": ("file", LED),
    "reviewer.led_page_picture": ("file", LED),
    "reviewer.assign": ("file", LED),
    "reviewer.confirm_conflict": ("file", LED),
    "reviewer.dismiss_conflict": ("file", LED),
    "reviewer.declare": ("file", DECLARABLE),
    "reviewer.review": ("review", OWN),
    "reviewer.review_document": ("review", UNCONFLICTED),
    "reviewer.review_pages": ("review", UNCONFLICTED),
    "reviewer.review_page_picture": ("review", UNCONFLICTED),
    "reviewer.accept": ("review", UNCONFLICTED),
    "reviewer.declare_conflict": ("review", OWN),
    "reviewer.save_review": ("review", UNCONFLICTED),
    "reviewer.autosave_review": ("review", UNCONFLICTED),
    "reviewer.submit_review": ("review", OWN),
    "reviewer.reassign": ("review", {name: SEEN[name] for name in LED}),
    "reviewer.reopen_review": ("review", {name: SEEN[name] for name in LED}),
    "reviewer.panel": ("commission", BOARD),
    "reviewer.invite_member": ("commission", BOARD),
    "reviewer.replace_member": ("seat", dict.fromkeys(BOARD, "S")),
    "reviewer.invite_again": ("seat", dict.fromkeys(BOARD, "S")),
    "reviewer.remind_member": ("seat", dict.fromkeys(BOARD, "S")),
    "reviewer.withdraw_seat": ("seat", dict.fromkeys(BOARD, "S")),
    "reviewer.topics": ("commission", BOARD),
    "reviewer.topic": ("topic", dict.fromkeys(BOARD, "T")),
    "reviewer.remove_topic": ("topic", dict.fromkeys(BOARD, "T")),
    "reviewer.seats": ("none", SIGNED_IN),
    "reviewer.accept_seat": ("seat", HOLDS),
    "reviewer.decline_seat": ("seat", HOLDS),
    "reviewer.expertise": ("none", dict.fromkeys((*SITS, "elsewhere"), "-")),
    "reviewer.be_away": ("none", dict.fromkeys((*SITS, "elsewhere"), "-")),
    "reviewer.be_back": ("absence", dict.fromkeys((*SITS, "elsewhere"), "D")),  # only `after` loses it
    "reviewer.bids": ("commission", SITS),
    "reviewer.keep_bids": ("commission", SITS),
    "reviewer.bid_conflict": ("file", DECLARABLE),
    "reviewer.assignment": ("commission", RANKED),
    **{
        f"reviewer.{name}": ("plan", {"free": "P"})
        for name in (
            *("assignment_progress", "send_plan", "discard_plan", "planned_application"),
            *("assignment_workbook", "assignment_file", "apply_assignment_file"),
        )
    },
    "reviewer.sessions": ("none", dict.fromkeys((*MEMBERS, "elsewhere"), "-")),
    "reviewer.plan_session": ("commission", BOARD),
    "reviewer.change_session_plan": ("session", dict.fromkeys(BOARD, "N")),
    "reviewer.session": ("session", dict.fromkeys(MEMBERS, "N")),
    "reviewer.session_live": ("session", dict.fromkeys(MEMBERS, "N")),
    "reviewer.open_session": ("session", dict.fromkeys(BOARD, "N")),
    "reviewer.adjourn_session": ("session", dict.fromkeys(BOARD, "N")),
    "reviewer.name_acting": ("session", dict.fromkeys(BOARD, "N")),
    "reviewer.complete_agenda": ("session", dict.fromkeys(BOARD, "N")),
    "reviewer.close_session": ("session", {"free": "N"}),
    "reviewer.draw_lot": ("session", {"free": "N"}),
    "reviewer.enter_session": ("session", dict.fromkeys(MEMBERS, "N")),
    "reviewer.leave_session": ("session", dict.fromkeys(MEMBERS, "N")),
    "reviewer.open_item": ("item", LED),
    "reviewer.settle_item": ("item", LED),
    "reviewer.put_back_item": ("item", LED),
    "reviewer.move_item": ("item", LED),
    "reviewer.name_rapporteur": ("item", LED),
    "reviewer.step_aside": ("item", AGENDA),
    "reviewer.keep_consensus": ("item", LED),
    "reviewer.keep_amount": ("item", LED),
    "reviewer.open_vote": ("item", LED),
    "reviewer.cast_vote": ("item", AGENDA),
    "reviewer.close_vote": ("item", LED),
    "reviewer.cancel_vote": ("item", LED),
    "reviewer.minutes": ("session", UNTOUCHED),
    "reviewer.minutes_pdf": ("session", UNTOUCHED),
    "reviewer.minutes_workbook": ("session", UNTOUCHED),
    "reviewer.sign_minutes": ("session", {"free": "N"}),
    "reviewer.correct_minutes": ("session", {"free": "N"}),
}
TITLES = {  # of the pages that list, whose titles they show
    "reviewer.reviews": {
        "before": "A0 A1",
        "after": "A0 A1 A2",
        "declared": "A0 A1",
        "detected": "A0 A1",
        "elsewhere": "B0",
    },
    "reviewer.workbook": {},
    "reviewer.fetch_workbook": {"before": "A0 A1", "detected": "A1"},
    "reviewer.own_conflicts": OPEN_TO,
    "reviewer.bids": BIDS,
    "reviewer.commissions": {},
    "reviewer.panel": {},
    "reviewer.seats": {},
    "reviewer.board": LED,
    "reviewer.search": LED,
    "reviewer.search_csv": LED,
    "reviewer.search_xlsx": LED,
    "reviewer.conflicts": {"free": "A0"},
    "reviewer.ranking": {"free": "A0 A1 A2"},
    "reviewer.marks_statistics": {"free": "A0 A1 A2"},
    "reviewer.assignment": {"free": "A0"},
    "reviewer.planned_application": {"free": "A1"},
    "reviewer.assignment_workbook": {"free": "A0 A2"},
    "reviewer.assignment_file": {},
    "reviewer.sessions": {},
    "reviewer.session": AGENDA,
    "reviewer.session_live": AGENDA,
    "reviewer.minutes": dict.fromkeys(UNTOUCHED, "A0 A1 A2"),
    "reviewer.minutes_workbook": dict.fromkeys(UNTOUCHED, "A0 A1 A2"),
}
FILELESS = {  # no bytes are kept here
    *("led_document", "led_pages", "led_page_picture"),
    *("review_document", "review_pages", "review_page_picture"),
}


def rules(app) -> dict[str, Any]:
    return {rule.endpoint: rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("reviewer.")}


def test_every_page_has_a_row(app) -> None:
    assert set(rules(app)) == set(ROUTES)


def addresses(ground: Ground, rule: Any, kind: str) -> dict[str, str]:
    """The address of the page for each thing it may be asked of."""
    more = {"person_id": ground.people["before"].id, "reviewer_id": ground.people["after"].id}
    more |= {"commission_id": ground.commission.id, "application_id": ground.files["A1"].id}
    things = {"none": {"-": None}, "commission": {"K": None}, "file": ground.files, "review": ground.reviews}
    things |= {"seat": ground.seat, "absence": ground.absence, "topic": ground.topic, "plan": ground.plan}
    things |= {"session": ground.session, "item": ground.items}

    def built(one: Any) -> str:
        values = {name: more[name] for name in rule.arguments & set(more)}
        if "id" in rule.arguments:
            values["id"] = one.id
        if "number" in rule.arguments:
            values["number"] = 1
        if "document_id" in rule.arguments:
            values["document_id"] = attached(one.id if kind == "file" else one.application_id)
        if kind == "commission":
            values |= {"call_id": ground.call.id, "commission_id": ground.commission.id}
        return str(rule.build(values)[1])

    return {name: built(one) for name, one in things[kind].items()}


def attached(application_id: Any) -> Any:
    return db.session.scalar(select(Document.id).where(Document.application_id == application_id))


def told(name: str) -> set[str]:
    """The comments a person may read: of the reviews they see, but for the row a conflict leaves them."""
    return {one for one in SEEN.get(name, "").split() if not (name in CONFLICTED and one.startswith("A0"))}


def check(text: str, name: str, where: str) -> None:
    """Nothing of a hidden file, and no comment that is not this person's to read."""
    assert set(re.findall(r"Comment-(\w+:\w+)-z", text)) <= told(name), (name, where)
    if name in CONFLICTED:
        assert "Description-A0-z" not in text and "file-A0" not in text, (name, where)
        assert "93.45" not in text and "91.23" not in text and "92.3" not in text, (name, where)
        if name == "torn":
            assert "Title-A0-z" not in text and "Organisation-A0-z" not in text, where


def text_of(answer: Any) -> str:
    """What it says; of a workbook, its cells."""
    if "spreadsheet" not in (answer.mimetype or ""):
        return str(answer.text) if "text" in (answer.mimetype or "") else ""
    sheets = load_workbook(BytesIO(answer.data)).worksheets
    return " ".join(str(cell.value) for sheet in sheets for row in sheet.iter_rows() for cell in row)


@pytest.mark.parametrize("name", EVERYBODY)
def test_what_each_page_shows(ground: Ground, client, name: str) -> None:
    """Reached or refused as the tables say; and what is shown is no more than they say."""
    client.login(ground.people[name])
    for endpoint, rule in rules(client.application).items():
        kind, table = ROUTES[endpoint]
        reaches = set(table.get(name, "").split())
        for thing, address in addresses(ground, rule, kind).items():
            if "GET" not in rule.methods:
                if thing not in reaches:
                    assert client.post(address, data={"reason": "x"}).status_code in {403, 404}, (endpoint, thing)
                continue
            if thing in reaches and endpoint.split(".")[1] in FILELESS:
                continue
            answer = client.get(address, headers={"Accept-Language": "en"})
            reached = {200} if thing in reaches else {403, 404}
            if endpoint.split(".")[1] in FILELESS and thing in OWN.get(name, "").split():
                reached = {403}  # found, as their own, and refused by the policy
            if (endpoint, thing, name) == ("reviewer.bid_conflict", "A0", "declared"):
                reached = {303}  # declared already: back to the bids
            if endpoint == "reviewer.plan_session" and thing in reaches:
                reached = {302}  # planned already: on to it
            assert answer.status_code in reached, (endpoint, thing, answer.status_code)
            text = text_of(answer)
            check(text, name, f"{endpoint} {thing}")
            if name == "torn":  # the envelope is public, but beside the marks it is the line of the ranking
                assert not re.search(r"1.234.567", text), endpoint
            if endpoint in TITLES and thing in reaches:
                shown = set(re.findall(r"Title-(\w+)-z", text))
                assert shown == set(TITLES[endpoint].get(name, "").split()), endpoint
            if thing not in reaches:
                assert "Title-" not in text, (endpoint, thing)


@pytest.mark.parametrize("name", CONFLICTED)
def test_no_other_page_tells(ground: Ground, client, name: str) -> None:
    """Every other page of the product, asked of the hidden file in every way its address allows."""
    client.login(ground.people[name])
    known = {"call_id": ground.call.id, "commission_id": ground.commission.id, "person_id": ground.people[name].id}
    known["fund_id"] = ground.call.fund_id
    hidden = ground.files["A0"]
    known["document_id"] = attached(hidden.id)
    for rule in client.application.url_map.iter_rules():
        if "GET" not in rule.methods or rule.endpoint in {"static", "account.sign_out"} or rule.endpoint in ROUTES:
            continue
        uuids = {key for key, one in rule._converters.items() if type(one).__name__ == "UUIDConverter"}
        values = {key: known.get(key, hidden.id) if key in uuids else "1" for key in rule.arguments}
        answer = client.get(rule.build(values)[1])
        if answer.mimetype in {"text/html", "text/calendar", "application/json", "text/csv"}:
            check(answer.text, name, rule.rule)


def test_a_conflicted_chair_reads_no_order(ground: Ground, client) -> None:
    """Best mean first would be a ranking: they read by reference."""

    def order(name: str) -> list[str]:
        url = f"/commission/calls/{ground.call.id}/{ground.commission.id}"
        page = client.login(ground.people[name]).get(url, query_string={"sort": "-score"})
        return list(dict.fromkeys(re.findall(r"Title-(\w+)-z", page.text)))

    assert order("free") == ["A0", "A2", "A1"]
    assert order("torn") == ["A1", "A2"]


@cache
def exports() -> tuple[str, ...]:
    return tuple(one for one in ROUTES if one.endswith("workbook") and ROUTES[one][0] == "commission")


def test_exports_are_refused_whole(ground: Ground, client) -> None:
    rule = rules(client.application)
    for name in EVERYBODY:
        client.login(ground.people[name])
        for endpoint in exports():
            address = addresses(ground, rule[endpoint], "commission")["K"]
            assert (client.get(address).status_code == 200) == (name == "free"), (name, endpoint)
