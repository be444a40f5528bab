"""The demo's proposal: a call whose files wait for reviewers, and who would review what."""

from collections.abc import Callable
from typing import Any

from grants.cli.demo_people import commissions, days_ago
from grants.people.models import Person
from grants.reviews import queries
from workflows import assignment


def propose(call_id: Any, chair: Callable[[], Person]) -> None:
    """Computed this morning for the first commission; nobody has been asked."""
    first = commissions()[0].id
    with days_ago(0):
        board = queries.chaired(chair(), call_id, first)
        assignment.start(board, experts=False, actor=chair())
