"""What is public of the awards of a fund: once the results of their call are out or both parties have signed.

Awards imported with their history were public before.

These reads know no viewer: whatever they return, anybody may read.
"""

from collections.abc import Iterator, Sequence
from uuid import UUID

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from grants.awards.models import Agreement, AgreementState, Award, Source
from grants.calls.models import Call, CallState
from grants.core.db import db
from grants.funds.models import Fund
from grants.ledger.queries import Standing, by_grant
from grants.reports.publishing.models import Publication

RESULTS_OUT = (CallState.DECIDED, CallState.ARCHIVED)
IN_FORCE = (AgreementState.ACTIVE, AgreementState.COMPLETED)


def published() -> Sequence[Publication]:
    """The funds that publish, by cluster and code; one query."""
    wanted = select(Publication).join(Publication.fund).where(Publication.published.is_(True))
    whole = wanted.options(contains_eager(Publication.fund).joinedload(Fund.cluster))
    return db.session.scalars(whole.order_by(Fund.code)).all()


def of_code(code: str) -> Publication:
    """What the fund of this code publishes; raises NoResultFound."""
    wanted = select(Publication).join(Publication.fund).where(Publication.published.is_(True), Fund.code == code)
    return db.session.scalars(wanted.options(contains_eager(Publication.fund).joinedload(Fund.cluster))).one()


def of_fund(fund_id: UUID) -> Publication | None:
    return db.session.scalars(select(Publication).where(Publication.fund_id == fund_id)).one_or_none()


def public_awards(fund_id: UUID) -> Iterator[tuple[Award, Standing | None]]:
    """Each public award with what stands of it in the ledger, oldest first; two queries.

    An agreement given up before anything was paid leaves nothing to publish.
    """
    standings = by_grant(fund_id)
    for award in db.session.scalars(_public(fund_id)).unique():
        standing = standings.get(award.id)
        given_up = award.agreement is not None and award.agreement.state == AgreementState.TERMINATED
        if not given_up or (standing is not None and standing.paid):
            yield award, standing


def _public(fund_id: UUID) -> Select[Award]:
    out = or_(Award.source == Source.IMPORT, Call.state.in_(RESULTS_OUT), Agreement.state.in_(IN_FORCE))
    wanted = (
        select(Award)
        .join(Award.call)
        .outerjoin(Agreement, and_(Agreement.award_id == Award.id))
        .where(Award.fund_id == fund_id, out)
        .options(
            contains_eager(Award.call),
            contains_eager(Award.agreement),
            joinedload(Award.organisation),
            joinedload(Award.commission),
            joinedload(Award.application),
        )
    )
    return wanted.order_by(Award.awarded_on, Award.number)
