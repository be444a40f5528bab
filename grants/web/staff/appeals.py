"""Appeals against the screening, for programme officers."""

from grants.appeals import policy
from grants.core.i18n import N_
from grants.people.models import Role
from grants.web.appeals import hearings
from grants.web.staff import portal

hearings(portal, Role.OFFICER, policy.list_screening_appeals, (N_("Applications"), "application_calls"))
