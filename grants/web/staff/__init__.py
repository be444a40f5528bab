"""Programme officers: calls, screening, agreements, claims, imports."""

from grants.web.access import Portal

portal = Portal("staff", __name__, url_prefix="/staff")
