"""`grants reminders`, `grants sweep`, `grants worker --burst`, as an operator types them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from grants.cli import grants
from grants.core.db import db, transaction
from grants.messages.models import Promise, Queue, Status
from grants.messages.queries import count_by_status
from tests.messages import scene
from tests.messages.kinds import Subject, note
from tests.messages.postbox import postbox
from workflows.bell import line
from workflows.outbox import promise


@pytest.fixture(autouse=True)
def app(own_app):
    for queue in Queue:
        line(queue).empty()
    return own_app


@pytest.fixture
def type_(app):
    """Type a command on these servers; answers with what it said."""
    settings = app.extensions["settings"]
    env = {
        "GRANTS_DATABASE_URL": settings.database_url,
        "GRANTS_REDIS_URL": settings.redis_url,
        "GRANTS_SECRET_KEY": "x",
    }

    def run(*words: str, status: int = 0) -> str:
        done = CliRunner().invoke(grants, words, obj=lambda _: app, env=env, catch_exceptions=status != 0)
        assert done.exit_code == status, done.output
        return done.output

    return run


def test_reminders_says_who_would_get_what_and_then_promises_it(app, type_):
    call = scene.call(closes_in=timedelta(days=20))
    lead = scene.draft(call).lead_id
    email = db.session.scalar(text("SELECT email FROM person WHERE id = :id"), {"id": lead})
    moment = (call.closes_at - timedelta(days=7)).isoformat()
    said = type_("reminders", "--at", moment, "--dry-run")
    assert (
        email in said
        and f"{call.closes_at:%Y-%m-%dT%H:%MZ}-7d" in said
        and "1 would be promised, 0 are already" in said
    )
    assert count_by_status() == {}
    assert "1 promised, 0 were already" in type_("reminders", "--at", moment)
    assert count_by_status() == {Status.WAITING: 1}
    assert "0 promised, 1 were already" in type_("reminders", "--at", moment)


def test_reminders_promised_ahead_reach_the_mailbox(app, type_, monkeypatch):
    scene.draft(call := scene.call(closes_in=timedelta(days=20)))
    with postbox() as box:
        monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], smtp_url=box.url))
        type_("reminders", "--at", (call.closes_at - timedelta(days=1)).isoformat())
        (bell,) = line(Queue.MAIL).jobs
        bell.perform()
    assert [one["Subject"].startswith("“Digital health” closes on") for one in box.messages] == [True]


@pytest.mark.parametrize("at", ["2026-12-05", "2026-12-05T22:59:00", "tomorrow", ""])
def test_an_instant_needs_its_zone(type_, at):
    assert "--at" in type_("reminders", "--at", at, "--dry-run", status=2)


def test_sweep_says_what_it_hurried_and_what_waits_for_a_person(app, type_):
    with transaction():
        for _ in range(3):
            promise(note, Subject())
    line(Queue.WORK).empty()
    assert "3 hurried, 0 held" in type_("sweep")
    line(Queue.WORK).empty()
    with transaction():
        db.session.execute(text("UPDATE promise SET due_at = due_at - interval '4 days'"))
    said = type_("sweep")
    assert "0 hurried, 3 held" in said and "3 wait for a person" in said
    said = type_("sweep", "--release")
    assert "3 released" in said and "3 hurried" in said
    assert db.session.query(Promise).filter_by(status=Status.WAITING).count() == 3


def test_a_worker_wants_a_queue_of_ours(type_):
    assert "'mail', 'work'" in type_("worker", "default", status=2)
