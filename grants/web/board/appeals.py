"""Appeals against the committee's decisions, for its members."""

from grants.appeals import policy
from grants.core.i18n import N_
from grants.people.models import Role
from grants.web.appeals import hearings
from grants.web.board import portal

hearings(portal, Role.COMMITTEE, policy.list_decision_appeals, (N_("Calls and decisions"), "calls"))
