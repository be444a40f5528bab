"""What anybody may read: the fund, its calls, help."""

from grants.web.access import Portal

portal = Portal("public", __name__)
