"""Rules that every route and every policy keeps."""

import ast
import json
import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from sqlalchemy import event

from grants.cli.access import access
from grants.core.db import db
from grants.core.policy import REGISTRY, Policy
from grants.ledger.service import open_fund
from grants.people.models import Role
from grants.web.access import Portal, matrix
from tests.factories import ClusterFactory, CommissionFactory, FundFactory, PersonFactory, with_role

ROOT = Path(__file__).parents[2]
SAFE = {"GET", "HEAD", "OPTIONS"}
SAMPLE = "01a20025-4b84-72bd-a2f0-459f2e7bd396"
FILES = {"static"}


def sample_address(rule) -> str:
    """The address of a rule with arguments that lead nowhere."""
    values = {name: SAMPLE if type(c).__name__ == "UUIDConverter" else "1" for name, c in rule._converters.items()}
    return rule.build(values)[1]


def rules(app, *, unsafe: bool):
    found = [rule for rule in app.url_map.iter_rules() if rule.endpoint not in FILES]
    return [rule for rule in found if ((rule.methods - SAFE) if unsafe else ("GET" in rule.methods))]


def test_every_route_declares_its_policy(app):
    views = {name: getattr(view, "policy", None) for name, view in app.view_functions.items()}
    assert {name for name, policy in views.items() if not isinstance(policy, Policy)} == FILES


def test_a_portal_refuses_an_undeclared_route():
    with pytest.raises(TypeError, match="declares no @access"):
        Portal("p", __name__).get("/x")(lambda: "")


def test_every_policy_is_in_the_matrix(app):
    lines = matrix(app)
    assert {line.policy for line in lines} >= set(REGISTRY)
    reached = {(line.route, line.method) for line in lines if line.route}
    assert reached == {(r.rule, m) for r in app.url_map.iter_rules() for m in r.methods - {"HEAD", "OPTIONS"}}


QUEUES = {  # lists of one office's own work: what they lead to is read elsewhere, in the file, the journal, the dossier
    "appeals.list_screening_appeals",
    "calls.list_questions",
    "reviews.list_unled",
    "clusters.list_members",
}
EVERYBODY = {"auditor", "anyone", "signed in"}
THEIR_OWN = {  # what an auditor may send: files made for themselves, searches they keep
    "finance.ask_ledger",
    "finance.ask_dossier",
    "staff.keep_search",
    "staff.forget_search",
}
READ_FIRST = {"finance.moves", "finance.rates", "staff.screen_all"}  # read by many, sent by the office it asks besides


def test_an_auditor_reads_everything_and_changes_nothing(app):
    """Of the officers' and the money's portals; a page that only begins a change belongs to whoever may make it."""
    lines = [one for one in matrix(app) if one.route.startswith(("/staff/", "/finance/"))]
    changes = {one.policy for one in lines if one.method != "GET" and "auditor" not in one.who}
    closed = {one.policy for one in lines if one.method == "GET" and not EVERYBODY & set(one.who)}
    assert closed - changes == QUEUES
    sent = {one.endpoint for one in lines if one.method != "GET" and EVERYBODY & set(one.who)}
    assert sent == THEIR_OWN | READ_FIRST


@pytest.mark.parametrize("page", ["moves", "rates"])
def test_a_form_on_a_page_that_an_auditor_reads_is_refused(client, page):
    fund = FundFactory()
    open_fund(fund.id, fund.code, fund.currency, fund.cluster.timezone)
    db.session.commit()
    client.login(with_role(Role.AUDITOR, cluster=fund.cluster))
    assert client.get(f"/finance/funds/{fund.id}/{page}").status_code == 200
    assert client.post(f"/finance/funds/{fund.id}/{page}", data={}).status_code == 403


def test_every_policy_says_who_and_why(app):
    assert [one.policy for one in matrix(app) if not one.who or not one.meaning] == []


def test_the_command_prints_the_matrix(app):
    run = CliRunner()
    with app.app_context():
        text = run.invoke(as_command(access), []).output
        whole = json.loads(run.invoke(as_command(access), ["--format", "json"]).output)
    assert re.search(r"^GET +/account/sign-in +core\.anyone +anyone$", text, re.M)
    assert {"route", "method", "endpoint", "policy", "who", "meaning"} == set(whole[0])


def as_command(command):
    """The command without the servers it would start: the test has them."""
    return click.Command(command.name, params=command.params, callback=command.callback.__wrapped__)


def test_every_unsafe_route_wants_a_csrf_token(app, client, monkeypatch):
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    client.login(with_role(Role.ADMIN))
    unsafe = rules(app, unsafe=True)
    assert unsafe
    for rule in unsafe:
        for method in rule.methods - SAFE:
            assert client.open(sample_address(rule), method=method).status_code == 400, (method, rule.rule)


def everybody() -> list:
    """Somebody of every kind."""
    commission = CommissionFactory(cluster=ClusterFactory())
    inside = {role: {"cluster": commission.cluster} for role in Role} | {Role.ADMIN: {}}
    inside |= {role: {"commission": commission} for role in (Role.CHAIR, Role.REVIEWER)}
    return [PersonFactory(), *(with_role(role, **where) for role, where in inside.items())]


def test_no_get_writes(app, client):
    """Whoever asks, and whatever for: reading changes nothing. (`HEAD` is the same function.)"""
    written = []

    def listen(conn, cursor, sql, *rest):
        if re.match(r"\s*(INSERT|UPDATE|DELETE|MERGE)\b|.*\bFOR UPDATE\b", sql, re.I | re.S):
            written.append(sql)

    people = everybody()
    engine = db.engines[None].engine
    for person in people:
        client.login(person)
        event.listen(engine, "before_cursor_execute", listen)
        try:
            for rule in rules(app, unsafe=False):
                status = client.get(sample_address(rule)).status_code
                assert status < 500, (rule.rule, person.roles)
                assert written == [], rule.rule
        finally:
            event.remove(engine, "before_cursor_execute", listen)


def test_no_view_that_only_reads_calls_a_verb():
    """A function of a GET route names no `actor`: verbs take one, reads do not."""
    guilty = []
    for path in (ROOT / "grants" / "web").glob("*/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.FunctionDef) or not any(reads_only(one) for one in node.decorator_list):
                continue
            calls = [one for one in ast.walk(node) if isinstance(one, ast.Call)]
            if any(keyword.arg == "actor" for call in calls for keyword in call.keywords):
                guilty.append(f"{path.relative_to(ROOT)}: {node.name}")
    assert guilty == []


def reads_only(decorator: ast.expr) -> bool:
    return (
        isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute) and decorator.func.attr == "get"
    )


def test_strangers_reach_only_what_is_public(app, client):
    """Signed out, a page that is not for anyone leads to signing in, whatever its address."""
    for rule in rules(app, unsafe=False):
        policy = app.view_functions[rule.endpoint].policy
        answer = client.get(sample_address(rule))
        if "anyone" not in policy.who:
            assert answer.status_code == 303, rule.rule
            assert answer.headers["Location"].startswith("/account/sign-in"), rule.rule


def test_what_does_not_exist_and_what_is_not_yours_look_alike(app, client):
    """With an id that leads nowhere, every private page of a thing answers 404, or 403 to a role it is not for."""
    client.login(PersonFactory())
    for rule in rules(app, unsafe=False):
        if rule.arguments and "anyone" not in app.view_functions[rule.endpoint].policy.who:
            assert client.get(sample_address(rule)).status_code in {403, 404, 410}, rule.rule
