"""Signing up, signing in, and one's own profile."""

from grants.web.access import Portal

portal = Portal("account", __name__, url_prefix="/account")
