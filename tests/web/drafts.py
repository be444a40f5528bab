"""What a draft's pages are sent, and what is read in them."""

import re
from io import BytesIO

from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart


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
