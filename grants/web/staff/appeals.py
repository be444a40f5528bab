"""Appeals against the screening, for programme officers."""

from typing import Any

from flask import url_for

from grants.appeals import policy
from grants.appeals.models import Appeal
from grants.core.i18n import N_
from grants.people.models import Person, Role
from grants.web.access import access
from grants.web.appeals import file_of, followed, hear, hearing_page, list_page
from grants.web.filters import ref
from grants.web.parking import parks
from grants.web.staff import portal


@portal.get("/appeals")
@access(policy.list_screening_appeals)
def appeals(user: Person) -> Any:
    return list_page(user, Role.OFFICER, [(N_("Applications"), url_for(".application_calls")), (N_("Appeals"), None)])


def _trail(appeal: Appeal) -> list[tuple[Any, str | None]]:
    return [(N_("Appeals"), url_for(".appeals")), (ref(appeal.application.reference or ""), None)]


@portal.get("/appeals/<uuid:id>")
@parks()
@access(policy.read_appeal, followed)
def appeal(user: Person, appeal: Appeal) -> Any:
    return hearing_page(user, appeal, _trail(appeal))


@portal.post("/appeals/<uuid:id>/uphold")
@parks("staff.appeal")
@access(policy.hear_appeal, followed)
def uphold_appeal(user: Person, appeal: Appeal) -> Any:
    return hear(user, appeal, "uphold_appeal", _trail(appeal))


@portal.post("/appeals/<uuid:id>/dismiss")
@parks("staff.appeal")
@access(policy.hear_appeal, followed)
def dismiss_appeal(user: Person, appeal: Appeal) -> Any:
    return hear(user, appeal, "dismiss_appeal", _trail(appeal))


@portal.get("/appeals/<uuid:id>/file")
@access(policy.read_appeal, followed)
def appeal_file(user: Person, appeal: Appeal) -> Any:
    return file_of(appeal)
