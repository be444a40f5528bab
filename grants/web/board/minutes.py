"""The minutes of a commission, for the committee that decides on its proposals."""

from flask import Response

from grants.people.models import Person
from grants.sessions import minutes_queries, policy
from grants.sessions.models import Minutes
from grants.web.access import access
from grants.web.board import portal
from grants.web.minutes import minutes_as_pdf


@portal.get("/calls/<uuid:call_id>/minutes/<uuid:commission_id>.pdf")
@access(policy.read_minutes_to_decide, minutes_queries.minutes_to_decide)
def minutes_pdf(user: Person, minutes: Minutes) -> Response:
    """The last version, in the reader's language."""
    return minutes_as_pdf(minutes)
