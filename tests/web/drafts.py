"""A call that asks something, a draft, what its pages are sent and what is read in them."""

import re
from io import BytesIO

from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from grants.applications.models import Application
from grants.calls.models import Questionnaire
from grants.core.clock import now
from grants.core.db import db
from tests.applications.ground import ground


def base(application):
    return f"/applicant/applications/{application.id}"


def version_in(page):
    return re.search(r'name="version"[^>]*value="(\d+)"', page.text).group(1)


def words_of(page):
    """What a person reads: without tags, with ordinary spaces."""
    return re.sub("<[^>]+>", "", page.text).replace("\u00a0", " ")


def send(client, application, content, name="proposal.pdf"):
    boundary, body = encode_multipart({"file": FileStorage(BytesIO(content), name)})
    kind = f"multipart/form-data; boundary={boundary}"
    return client.post(f"{base(application)}/documents", data=body, content_type=kind)


def seen_in(page):
    return re.search(r'name="seen"[^>]*value="([0-9a-f]{64})"', page.text).group(1)


def asking(outline):
    """A ground whose call asks the questions of this outline."""
    made = ground()
    db.session.add(Questionnaire(call_id=made.call.id, number=1, definition=outline.json(), published_at=now()))
    db.session.flush()
    return made


def begun(client, on):
    """The draft of the lead, who signs in and begins it as a person would."""
    client.login(on.lead)
    client.post(f"/applicant/calls/{on.call.id}/begin", data={"organisation_id": str(on.organisation.id)})
    return db.session.scalars(select(Application).where(Application.call_id == on.call.id)).one()
