"""What the portals share about milestones: the report as it is read, its files, the form that writes it."""

from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField
from wtforms.validators import Length

from grants.awards.models import Milestone
from grants.calls.questionnaire import shown
from grants.people.models import Person
from grants.web.access import Portal
from grants.web.answers import AnswersForm, answers_form
from grants.web.awards import speak
from grants.web.downloads import listed
from grants.web.forms import UploadField
from workflows import milestone as workflow

LONGEST_REPLY = 6_000
KINDS = ("pdf", "xlsx", "docx", "png", "jpeg")


class ReportForm(AnswersForm):
    """The questions of the report, a file more, and the answer to the officer's question."""

    reply = TextAreaField(_l("Your answer"), [Length(max=LONGEST_REPLY)])
    file = UploadField(_l("File"), kinds=KINDS)


def report_form(milestone: Milestone) -> ReportForm:
    """Filled with what is kept, or with what was sent."""
    awaited = milestone.asked
    form = answers_form(
        milestone.form,
        milestone.answers,
        milestone.version,
        milestone.agreement.award.currency,
        base=ReportForm,
        reply=awaited.answer if awaited else "",
    )
    assert isinstance(form, ReportForm)  # noqa: S101 - it was just made of it
    form.reply.flags.required = awaited is not None  # to be submitted, not to be saved
    return form


def sheet(milestone: Milestone) -> list[tuple[Any, Any]]:
    """Each question with its answer to print, None when there is none."""
    currency = milestone.agreement.award.currency
    return [(one, shown(one, milestone.answers.get(one.id), currency)) for one in milestone.form.questions]


def files(milestone: Milestone, *, removable: bool = False) -> list[dict[str, Any]]:
    """The files as a page lists them."""
    return [
        listed(
            one,
            url_for("applicant.milestone_file", id=one.id),
            remove=url_for("applicant.remove_milestone_file", id=one.id) if removable else None,
        )
        for one in milestone.files
    ]


def shared(portal: Portal, user: Person, milestone: Milestone) -> dict[str, Any]:
    """What every page of a milestone is drawn from, in the zone of its fund."""
    speak(milestone.agreement.award)
    return {
        "milestone": milestone,
        "award": milestone.agreement.award,
        "sheet": sheet(milestone),
        "files": files(milestone),
        "moves": portal.serves(workflow.lifecycle.open_to(user, milestone)),
    }
