"""The demo's proposal: who would review the files of a commission that still wait for reviewers."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from grants.cli.demo_people import days_ago
from grants.people.models import Person
from grants.reviews import queries
from workflows import assignment


def propose(call_id: Any, commission_id: UUID, chair: Callable[[], Person]) -> None:
    """Computed this morning; nobody has been asked."""
    with days_ago(0.1):
        assignment.start(queries.chaired(chair(), call_id, commission_id), False, None, actor=chair())
