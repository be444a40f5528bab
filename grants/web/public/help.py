"""Help in the product: a guide for each role, the vocabulary, who may do what, accessibility."""

from collections.abc import Iterator
from typing import Any

from flask import abort, current_app, render_template

from grants.core.i18n import N_, Text
from grants.core.policy import anyone
from grants.people.models import ROLE_LABELS, Person, Role
from grants.reports.search.keys import KEYS
from grants.reports.search.language import EXAMPLES
from grants.web.access import Permission, access, matrix
from grants.web.public import portal
from grants.web.public.applying_guides import BUDGET, example
from grants.web.public.guides import GUIDES
from grants.web.public.search_guide import ASKED, SEARCH
from grants.web.public.vocabulary import VOCABULARY

AUDIENCES: dict[str, Text] = {
    "anyone": N_("Anyone"),
    "signed in": N_("Anybody signed in"),
    "applicant": N_("Applicants"),
    "clock": N_("The clock"),
    "the person": N_("The person"),
    "member of the organisation": N_("Members of the organisation"),
    "owner or editor of the organisation": N_("Owners and editors of the organisation"),
    "owner of the organisation": N_("Owners of the organisation"),
    "owner or editor of the lead": N_("Owners and editors of the lead"),
    "partner": N_("People of a partner"),
    "owner or editor of the partner": N_("Owners and editors of a partner"),
    "owner of the partner": N_("Owners of a partner"),
    "whoever is invited": N_("Whoever is invited"),
}
PORTALS: dict[str, Text] = {
    "public": N_("Public pages"),
    "account": N_("Accounts"),
    "applicant": N_("Applicants"),
    "commission": N_("Commissions"),
    "staff": N_("Programme officers"),
    "finance": N_("Finance"),
    "board": N_("Strategic committee"),
    "admin": N_("Administration"),
    "": N_("Rules behind the others"),
}


@portal.get("/help")
@access(anyone)
def help_page(user: Person) -> Any:
    """Which guide is for you."""
    return render_template("public/help.html", guides=GUIDES.values(), topic=None)


@portal.get("/help/<topic>")
@access(anyone)
def help_topic(user: Person, topic: str) -> Any:
    """What one role does, in what order, and what the program checks."""
    if topic not in GUIDES:
        abort(404)
    shown = {"guides": GUIDES.values(), "guide": GUIDES[topic], "topic": topic}
    if topic == BUDGET.topic:
        return render_template("public/help_budget.html", example=example(), **shown)
    if topic == SEARCH.topic:
        return render_template("public/help_search.html", keys=KEYS.values(), examples=EXAMPLES, asked=ASKED, **shown)
    return render_template("public/help_topic.html", **shown)


@portal.get("/help/vocabulary")
@access(anyone)
def help_vocabulary(user: Person) -> Any:
    """The words of the field."""
    return render_template(
        "public/help_vocabulary.html", guides=GUIDES.values(), vocabulary=VOCABULARY, topic="vocabulary"
    )


@portal.get("/help/access")
@access(anyone)
def help_access(user: Person) -> Any:
    """The access matrix, read from the program itself: every page, who may open it, by which rule."""
    lines = matrix(current_app._get_current_object())  # type: ignore[attr-defined]
    return render_template(
        "public/help_access.html", guides=GUIDES.values(), groups=list(_by_portal(lines)), who=audience, topic="access"
    )


@portal.get("/accessibility")
@access(anyone)
def accessibility(user: Person) -> Any:
    """What is checked, what is not, how to tell us."""
    return render_template("public/accessibility.html")


def audience(name: str) -> Text | str:
    """A role or an audience of a policy, in words."""
    return ROLE_LABELS[Role(name)] if name in set(Role) else AUDIENCES.get(name, name)


def _by_portal(lines: list[Permission]) -> Iterator[tuple[Text, list[Permission]]]:
    def portal_of(line: Permission) -> str:
        if not line.route:
            return ""
        first = line.route.split("/")[1]
        return first if first in PORTALS and first else "public"

    for name, label in PORTALS.items():
        if found := [line for line in lines if portal_of(line) == name]:
            yield label, found
