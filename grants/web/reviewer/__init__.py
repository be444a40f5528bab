"""Commission members: reviews; chairs: assignment, ranking, proposal."""

from grants.web.access import Portal

portal = Portal("reviewer", __name__, url_prefix="/commission")
