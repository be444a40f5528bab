"""Administrators: clusters, commissions, people, roles."""

from grants.web.access import Portal

portal = Portal("admin", __name__, url_prefix="/admin")
