"""People, roles and clusters. Nothing here shows an application or an amount."""

from grants.web.access import Portal

portal = Portal("admin", __name__, url_prefix="/admin")
