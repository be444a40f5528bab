"""Files sent piece by piece, so that a cut loses one piece at most. Spoken to by static/js/uploads.js alone.

POST /account/uploads             filename, size, key    answers {"url", "offset"}: a new one, or the one that was cut
POST /account/uploads/<id>        one piece as the body, its place in Upload-Offset; answers {"offset"}
GET  /account/uploads/<id>        {"offset"}: how much has arrived

Whole, the form names it in `<field>-upload` in the place of the file.
"""

from typing import Any

from flask import abort, current_app, jsonify, request, url_for

from grants.core.errors import Problem
from grants.core.policy import signed_in
from grants.core.storage import storage
from grants.people import uploads
from grants.people.models import Person
from grants.people.uploads import PIECE, Upload
from grants.web.access import access
from grants.web.account import portal
from grants.web.language import say

LONGEST_NAME = 300


@portal.post("/uploads")
@access(signed_in)
def begin_upload(user: Person) -> Any:
    settings = current_app.extensions["settings"]
    name = request.form.get("filename", "").replace("\x00", "")[:LONGEST_NAME]
    size, key = request.form.get("size", 0, type=int), request.form.get("key", "").replace("\x00", "")
    kept_in, limit_mb = storage(settings), settings.upload_limit_mb
    try:
        one = uploads.begin(name, min(size, 2**62), key or name, storage=kept_in, limit_mb=limit_mb, actor=user)
    except Problem as refusal:
        return jsonify(problem=str(say(refusal.detail))), refusal.status
    return jsonify(url=url_for(".upload", id=one.id), id=str(one.id), offset=one.received)


@portal.get("/uploads/<uuid:id>")
@access(uploads.send, uploads.upload)
def upload(user: Person, one: Upload) -> Any:
    return jsonify(offset=one.received)


@portal.post("/uploads/<uuid:id>")
@access(uploads.send, uploads.upload)
def append_upload(user: Person, one: Upload) -> Any:
    if (request.content_length or 0) > PIECE:
        abort(413)
    offset, id = request.headers.get("Upload-Offset", -1, type=int), one.id
    kept_in = storage(current_app.extensions["settings"])
    try:
        received = uploads.append(one, offset, request.get_data(cache=False), storage=kept_in, actor=user)
    except Problem as refusal:
        return jsonify(problem=str(say(refusal.detail)), offset=uploads.upload(user, id).received), refusal.status
    return jsonify(offset=received)
