"""Letters as they are read: language, direction, zone, links, and nothing secret in the database."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from grants.core.clock import now
from grants.core.db import db, transaction
from grants.core.i18n import N_, Words
from grants.core.types import Money
from grants.people import links
from grants.people.models import EmailLink, Purpose
from tests.factories import ApplicationFactory, submitted
from tests.messages import scene
from workflows.letters import Letter, address, message_for
from workflows.mails import confirm_address, invite, promise_died, reset_password, send_receipt
from workflows.outbox import JOBS, Due, promise
from workflows.reminders import RULES

pytestmark = pytest.mark.usefixtures("app")


def parts(message):
    return [message.get_body((kind,)).get_content() for kind in ("plain", "html")]


def letter(**changes):
    to = scene.person("Amina <b>", locale=changes.pop("locale", "en"))
    said = {
        "subject": N_("About %(call)s", call=Words(fr="Santé", ar="الصحة", en="Health")),
        "paragraphs": [N_("Closes on %(when)s.", when=datetime(2026, 12, 6, 22, 59, tzinfo=UTC))],
        "facts": [(N_("Amount"), Money.of("1250000.50", "MAD")), (N_("Draft"), "<script>")],
        "action": (N_("Open"), "http://localhost:8000/x?a=1&b=2"),
    }
    return Letter(to=to, **{**said, **changes})


def test_both_parts_say_the_same_and_only_the_html_one_is_escaped():
    message = message_for(letter(), "0190")
    plain, html = parts(message)
    assert message["Subject"] == "About Health"
    assert "Dear Amina <b>," in plain and "Dear <bdi>Amina &lt;b&gt;</bdi>," in html
    for part in (plain, html):
        assert "6 December 2026, 23:59 (Casablanca time)" in part
        assert "1\xa0250\xa0000.50\xa0MAD" in part
    assert "Draft: <script>" in plain and "<script>" not in html
    assert "http://localhost:8000/x?a=1&b=2" in plain and "/x?a=1&amp;b=2" in html


def test_a_reader_of_arabic_reads_from_right_to_left_with_isolated_arguments():
    message = message_for(letter(locale="ar"), "0190")
    plain, html = parts(message)
    assert message["Content-Language"] == "ar" and message["Subject"].endswith("الصحة")
    assert '<html lang="ar" dir="rtl">' in html
    assert "\u2068" in plain


def test_somebody_without_a_language_reads_french():
    assert message_for(letter(locale=None), "0190")["Content-Language"] == "fr"


def test_an_address_is_absolute_and_as_the_world_sees_it(app):
    assert address("static", filename="app.css").startswith("http://localhost:8000/static/app.css")


@pytest.mark.parametrize(
    ("job", "purpose"), [(confirm_address, "confirm"), (reset_password, "reset"), (invite, "invite")]
)
def test_the_token_of_a_link_is_made_when_the_mail_is_written_and_stored_nowhere(app, job, purpose):
    to = scene.person()
    with transaction():
        link = EmailLink(person_id=to.id, purpose=Purpose(purpose), expires_at=now() + timedelta(hours=1))
        db.session.add(link)
        promise(job, link, to)
    token = links.token(link.id, app.extensions["settings"].secret_key)
    written = write(job, link.id, to.id)
    assert written.action[1].startswith("http://localhost:8000/") and token in written.action[1]
    assert links.read(token, app.extensions["settings"].secret_key) == link.id
    stored = db.session.scalar(text("SELECT string_agg(to_jsonb(promise)::text, '') FROM promise"))
    assert token not in stored and token.split(".")[0] not in stored
    with transaction():
        link.used_at = now()
    assert write(job, link.id, to.id) is None


@pytest.mark.parametrize("token", ["", "x", "ab.cd", "é", "\x00"])
def test_a_token_that_is_not_ours_is_none(token):
    assert links.read(token, "secret") is None
    assert links.read(links.token(uuid4(), "another secret"), "secret") is None


def test_the_receipt_says_what_arrived_and_when(app):
    with transaction():
        application = ApplicationFactory(**submitted(), lead=scene.person())
    at, hash = datetime(2026, 12, 8, 22, 58, 41, tzinfo=UTC), "ab" * 32
    said = {
        "reference": "A-26-0007",
        "at": at.isoformat(),
        "title": "Le premier",
        "requested": 60_000_000,
        "hash": hash,
    }
    plain, _ = parts(message_for(write(send_receipt, application.id, application.lead_id, **said), "1"))
    assert "A-26-0007" in plain and hash in plain and "Le premier" in plain
    assert "Casablanca time" in plain and "23:58" in plain and "600\xa0000" in plain


def test_reminders_and_alarms_can_be_written(app):
    call = scene.call(closes_in=timedelta(days=6))
    application = scene.draft(call, title="Télémédecine")
    reviewer = scene.person()
    scene.review(call, reviewer)
    closes, review, *_ = RULES
    plain, _ = parts(message_for(closes.write(due(call.id, application.lead_id)), "1"))
    assert "Télémédecine" in plain and "Casablanca time" in plain and str(application.id) in plain
    message = message_for(review.write(due(call.id, reviewer.id)), "1")
    assert "1 review is waiting" in parts(message)[0]
    told = {"kind": "send_receipt", "attempts": 12, "error": "OSError: no route", "promise": "0190"}
    assert "OSError: no route" in parts(message_for(write(promise_died, reviewer.id, reviewer.id, **told), "1"))[0]


def due(subject_id, recipient_id, **args):
    return Due(uuid4(), "x", subject_id, recipient_id, "once", args, now(), 1, uuid4())


def write(job, subject_id, recipient_id, **args):
    """What the job would send."""
    return JOBS[job.kind].body.__wrapped__(due(subject_id, recipient_id, **args))
