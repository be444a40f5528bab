"""What an applicant comes for: what is missing, until when, and where everything stands."""

from typing import Any

from flask import render_template

from grants.applications import policy, queries
from grants.applications.deadline import due_at, in_time
from grants.applications.models import EDITABLE, Application
from grants.core.i18n import N_
from grants.core.policy import signed_in
from grants.people import queries as people
from grants.people.models import ORGANISATION_LABELS, Person, Right
from grants.web.access import access
from grants.web.applicant import portal
from grants.web.applicant.drafts import own_application
from grants.web.applicant.status import TAGS, files, next_step, standing
from grants.web.filters import Tag
from grants.web.history import APPLICANT_SEES, OWN
from grants.web.language import speak_for
from workflows import application as workflow

RECENT = 5
RIGHTS = {
    Right.OWNER: Tag("none", N_("Owner")),
    Right.EDITOR: Tag("none", N_("Editor")),
    Right.READER: Tag("none", N_("Reader")),
}


@portal.get("/")
@access(signed_in)
def home(user: Person) -> Any:
    """The draft that is due first with its task list, then the others; the same few queries however many."""
    mine = queries.own_applications(user)
    waiting = sorted((one for one in mine if one.state in EDITABLE and in_time(one)), key=due_at)
    first = waiting[0] if waiting else None
    if mine:
        cluster = (first or mine[0]).call.fund.cluster
        speak_for(cluster.country, cluster.timezone)
    return render_template(
        "applicant/home.html",
        first=standing(first) if first else None,
        waiting=len(waiting),
        others=[(one, TAGS[one.state], next_step(one)) for one in mine if one is not first],
        organisations=people.memberships_of(user),
        kinds=ORGANISATION_LABELS,
        rights=RIGHTS,
        activity=[
            (APPLICANT_SEES[event.name], event, one) for event, one in queries.recent(mine, APPLICANT_SEES, RECENT)
        ],
    )


@portal.get("/applications/<uuid:application_id>")
@access(policy.read_own, own_application)
def application(user: Person, application: Application) -> Any:
    """A draft's task list, or what was submitted and where it stands."""
    editable = policy.edit.allows(user, application)
    return render_template(
        "applicant/draft.html" if editable else "applicant/application.html",
        application=application,
        call=application.call,
        tag=TAGS[application.state],
        step=next_step(application),
        standing=standing(application) if editable else None,
        receipts=bool(application.reference),
        files=files(application, "applicant.document"),
        moves={move.name for move in portal.serves(workflow.lifecycle.open_to(user, application))},
        history=[
            (APPLICANT_SEES[event.name], event, name if event.name in OWN else None)
            for event, name in queries.history(application)
            if event.name in APPLICANT_SEES
        ],
    )
