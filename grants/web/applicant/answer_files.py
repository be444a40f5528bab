"""The files that answer questions of a section: attached and removed with the section's own form."""

from uuid import UUID

from flask import current_app

from grants.applications import service
from grants.applications.models import Application
from grants.applications.slots import Asked, Slot, question_slot
from grants.calls.questionnaire import Part
from grants.core.errors import Refused
from grants.core.storage import storage
from grants.people.models import Person
from grants.web.answers import AnswersForm
from grants.web.uploads import read


def slots(application: Application, part: Part) -> dict[str, Slot[Asked]]:
    """Of each question of the section that files answer."""
    return {one.id: question_slot(application, one) for one in part.questions if one.files}


def attach(application: Application, form: AnswersForm, user: Person) -> bool:
    """Keep what was sent, whatever happens to the rest of the section; False when a file was refused, which its field
    then says."""
    settings = current_app.extensions["settings"]
    for question in form.uploads():
        field = form[question.id]
        filename, content = read(field)
        kept_in, limit_mb = storage(settings), settings.upload_limit_mb
        try:
            service.fill(
                form.slots[question.id], filename, content, None, storage=kept_in, limit_mb=limit_mb, actor=user
            )
        except Refused as refusal:
            field.errors = [refusal.detail]
            return False
        field.data = None
    return True


def drop(application: Application, form: AnswersForm, go: str, user: Person) -> None:
    """Remove the file that a button names: drop-<question>-<document>. One that is gone already is no error."""
    if not go.startswith("drop-"):
        return
    try:
        id = UUID(go[-36:])
    except ValueError:
        return
    slot = form.slots.get(go[len("drop-") : -37])
    for one in slot.documents if slot else ():
        if one.id == id:
            service.detach(one, actor=user)
            return
