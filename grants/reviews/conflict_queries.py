"""The pages of conflicts: those of a commission, those that no chair may settle, one's own."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from grants.applications.models import REVIEWABLE, Application, ApplicationState
from grants.applications.queries import followed_by
from grants.calls.models import Call, CallState
from grants.core.db import db
from grants.funds.models import Fund
from grants.people.models import Appointment, Person, Role
from grants.people.scope import covered
from grants.reviews.conflict_models import Conflict, ConflictKind
from grants.reviews.conflicts import conflicts_of, standing
from grants.reviews.detection import Scope
from grants.reviews.findings import Row, findings, rows
from grants.reviews.models import Review
from grants.reviews.panels import kept_out
from grants.reviews.queries import Chaired, led_application, led_applications

PER_PAGE = 50
UNDER_WAY = (CallState.CLOSED, CallState.EVALUATING)
IN_HAND = (ApplicationState.ELIGIBLE, ApplicationState.IN_REVIEW, ApplicationState.REVIEWED)


def register(user: Person, board: Chaired) -> list[Row]:
    """Who of the commission has, or may have, a conflict with which of its files; those that the chair is conflicted
    with are left out; five queries.
    """
    files = led_applications(user).with_only_columns(Application.id)
    files = files.where(Application.call_id == board.call.id, Application.commission_id == board.commission.id)
    return rows(findings(Scope(persons=_who_sits_on(board.commission.id), files=files)))


def led_concern(user: Person, id: UUID, person_id: UUID) -> tuple[Application, Person]:
    """A file this chair leads and somebody of its commission; raises NoResultFound."""
    application = led_application(user, id)
    return application, _member(application, person_id)


# --- files without a chair ------------------------------------------------------------------------------------


def unled(user: Person) -> list[Row]:
    """The same for the files under review that no chair of their commission may settle, in the funds this officer
    follows; seven queries.
    """
    files = _watched(user).with_only_columns(Application.id, Application.commission_id)
    commission_of = {row.id: row.commission_id for row in db.session.execute(files)}
    if not commission_of:
        return []
    seats = select(Appointment.commission_id, Appointment.person_id, Appointment.role)
    sits: dict[UUID, set[UUID]] = {}
    chairs: dict[UUID, set[UUID]] = {}
    for commission_id, person_id, role in db.session.execute(
        seats.join(Person, Person.id == Appointment.person_id).where(
            Appointment.commission_id.in_(set(commission_of.values())), Person.disabled_at.is_(None)
        )
    ):
        assert commission_id is not None  # noqa: S101 - one of those asked for
        sits.setdefault(commission_id, set()).add(person_id)
        if role == Role.CHAIR:
            chairs.setdefault(commission_id, set()).add(person_id)
    asked = {id for commission, members in sits.items() for id in chairs.get(commission, members)}
    scope = Scope(
        persons=select(Person.id).where(Person.id.in_(asked)), files=_watched(user).with_only_columns(Application.id)
    )
    against: dict[UUID, set[UUID]] = {}
    for application_id, person_id in db.session.execute(select(standing(scope))):
        against.setdefault(application_id, set()).add(person_id)
    alone = {
        id
        for id, people in against.items()
        if people & sits.get(commission_of[id], set()) and chairs.get(commission_of[id], set()) <= people
    }
    if not alone:
        return []
    members = select(Person.id).where(Person.id.in_({id for one in sits.values() for id in one}))
    found = findings(Scope(persons=members, files=select(Application.id).where(Application.id.in_(alone))))
    return rows([one for one in found if one.person_id in sits.get(commission_of[one.application_id], set())])


def unled_concern(user: Person, id: UUID, person_id: UUID) -> tuple[Application, Person]:
    """A file this officer follows and somebody of its commission; raises NoResultFound."""
    wanted = _watched(user).where(Application.id == id)
    call = joinedload(Application.call).joinedload(Call.fund).joinedload(Fund.cluster)
    application = db.session.scalars(wanted.options(call, joinedload(Application.commission))).unique().one()
    return application, _member(application, person_id)


def free_chairs(application: Application, but: Person | None = None) -> Sequence[UUID]:
    """The chairs of the commission who may settle a conflict (of `but`) with this file: none of their own."""
    against = select(standing(Scope(files=application.id)).c.person_id)
    chairs = (
        select(Appointment.person_id)
        .join(Person, Person.id == Appointment.person_id)
        .where(
            Appointment.role == Role.CHAIR,
            Appointment.commission_id == application.commission_id,
            Person.disabled_at.is_(None),
            Appointment.person_id.not_in(against),
        )
    )
    return db.session.scalars(chairs if but is None else chairs.where(Appointment.person_id != but.id)).all()


def _watched(user: Person) -> Select[Application]:
    """Files under review of the funds this person is an officer of, but those they have a conflict with."""
    return (
        followed_by(user)
        .join(Call, Call.id == Application.call_id)
        .join(Fund, Fund.id == Call.fund_id)
        .where(
            covered(user, Role.OFFICER, cluster=Fund.cluster_id, fund=Fund.id),
            Application.state.in_(IN_HAND),
            Application.commission_id.is_not(None),
            Application.id.not_in(conflicts_of(user)),
        )
    )


# --- one's own ------------------------------------------------------------------------------------------------


def declarable(user: Person) -> Select[Application]:
    """The files of one's commissions with which one has no conflict yet; for a reviewer, of the calls they sit in."""
    commission = Application.commission_id
    return (
        select(Application)
        .join(Call, Call.id == Application.call_id)
        .where(
            or_(
                covered(user, Role.CHAIR, commission=commission),
                and_(
                    covered(user, Role.REVIEWER, commission=commission),
                    ~kept_out(user.id, Application.call_id, commission),
                ),
            ),
            Application.state.in_(REVIEWABLE),
            Call.state.in_(UNDER_WAY),
            Application.id.not_in(conflicts_of(user)),
        )
    )


def declarables(user: Person, page: int) -> tuple[Sequence[Application], int, int]:
    """One page of them, the page and how many pages there are; by call, then reference."""
    total = db.session.scalar(declarable(user).with_only_columns(func.count(Application.id))) or 0
    pages = max(1, -(-total // PER_PAGE))
    page = min(max(1, page), pages)
    found = (
        declarable(user)
        .options(
            contains_eager(Application.call),
            joinedload(Application.organisation),
            joinedload(Application.commission),
        )
        .order_by(Call.code, Application.reference, Application.id)
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
    )
    return db.session.scalars(found).unique().all(), page, pages


def own_declarable(user: Person, id: UUID) -> Application:
    """One of them, or one that the person has declared already (a second press); raises NoResultFound."""
    again = select(Conflict.application_id).where(Conflict.person_id == user.id, Conflict.kind == ConflictKind.DECLARED)
    asked = select(Review.application_id).where(Review.reviewer_id == user.id, Review.conflict_reason.is_not(None))
    seen = (
        select(Application)
        .join(Call, Call.id == Application.call_id)
        .where(Application.id.in_(declarable(user).with_only_columns(Application.id).union(again, asked)))
    )
    loaded = (
        contains_eager(Application.call).joinedload(Call.fund).joinedload(Fund.cluster),
        joinedload(Application.organisation),
        joinedload(Application.commission),
    )
    return db.session.scalars(seen.where(Application.id == id).options(*loaded)).unique().one()


def declared(user: Person) -> Sequence[Conflict]:
    """What this person declared without being asked, latest first."""
    mine = select(Conflict).where(Conflict.person_id == user.id, Conflict.kind == ConflictKind.DECLARED)
    file = joinedload(Conflict.application)
    return (
        db.session.scalars(
            mine.options(file.joinedload(Application.organisation), file.joinedload(Application.call)).order_by(
                Conflict.created_at.desc()
            )
        )
        .unique()
        .all()
    )


def _who_sits_on(commission_id: UUID) -> Select[UUID]:
    return select(Appointment.person_id).where(Appointment.commission_id == commission_id)


def _member(application: Application, person_id: UUID) -> Person:
    assert application.commission_id is not None  # noqa: S101 - both loaders read files of a commission
    wanted = select(Person).where(Person.id == person_id, Person.id.in_(_who_sits_on(application.commission_id)))
    return db.session.scalars(wanted).one()
