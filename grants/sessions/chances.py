"""P(funded) of each file as a session opens, by the calibrated marks: what the commission looks at first."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import select

from grants.core.db import db
from grants.reviews.calibration import Marks, calibrate
from grants.reviews.models import Review, ReviewState
from grants.reviews.statistics import MIDDLE
from grants.sessions.rules import Standing


def chances(standings: Sequence[Standing], envelope: int) -> dict[UUID, int]:
    """Percent by application; empty where the marks cannot be calibrated together. One query."""
    rows = _submitted([one.application_id for one in standings])
    projects: dict[UUID, int] = {}
    reviewers: dict[UUID, int] = {}
    for row in rows:
        projects.setdefault(row.application_id, len(projects))
        reviewers.setdefault(row.reviewer_id, len(reviewers))
    amounts = {one.application_id: one.amount for one in standings}
    found = calibrate(
        Marks(
            mark=np.array([row.total / 100 for row in rows]),
            project=np.array([projects[row.application_id] for row in rows], dtype=np.int64),
            reviewer=np.array([reviewers[row.reviewer_id] for row in rows], dtype=np.int64),
            weight=np.array([float(row.confidence or MIDDLE) for row in rows]),
        ),
        np.array([amounts[id] for id in projects], dtype=np.int64),
        envelope,
    )
    if found.funded is None:
        return {}
    return {id: round(100 * float(found.funded[at])) for id, at in projects.items() if not np.isnan(found.funded[at])}


def _submitted(applications: Sequence[UUID]) -> Sequence[Any]:
    """In the order of the files and then of the reviewers, so that the same marks are drawn the same way."""
    wanted = select(Review.application_id, Review.reviewer_id, Review.total, Review.confidence).where(
        Review.application_id.in_(applications), Review.state == ReviewState.SUBMITTED
    )
    order = {id: at for at, id in enumerate(applications)}
    rows = db.session.execute(wanted.order_by(Review.reviewer_id)).all()
    return sorted(rows, key=lambda row: order[row.application_id])
