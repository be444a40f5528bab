"""Asking about a call on its public page."""

from typing import Any

from flask import flash, redirect, url_for
from flask_babel import gettext as _

from grants.calls import queries, question_policy
from grants.calls.models import Call
from grants.core.errors import Problem
from grants.people.models import Person
from grants.web.access import access
from grants.web.language import current_reader
from grants.web.public import portal
from grants.web.public.calls import call_page
from grants.web.public.forms import QuestionForm
from workflows import question as workflow


@portal.post("/calls/<uuid:id>/questions")
@access(question_policy.write_to, queries.call)
def ask(user: Person, call: Call) -> Any:
    """Refused, too late or too often, the page comes back with what was typed."""
    form, call_id = QuestionForm(), call.id
    if not form.validate_on_submit():
        return call_page(user, call, form)
    try:
        workflow.ask(call, form.text.data or "", current_reader().language, actor=user, id=form.id())
    except Problem as problem:
        form.text.errors = [problem.detail]
        return call_page(user, queries.call(user, call_id), form), problem.status
    flash(_("Your question is with the fund. You will receive an e-mail when it is answered."))
    return redirect(url_for(".call", id=call_id, _anchor="questions"), 303)
