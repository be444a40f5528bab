"""The strategic committee: calls to approve, decisions to take."""

from grants.web.access import Portal

portal = Portal("board", __name__, url_prefix="/board")
