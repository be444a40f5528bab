"""Reads about applications. Every list starts from `visible_to` or from its part for the fund, `followed_by`."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, any_, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from grants.applications.budgets import loaded
from grants.applications.models import PRIVATE, Application, ApplicationState, Clarification, Document, Partner
from grants.applications.policy import FOLLOWERS
from grants.calls.models import PUBLIC_STATES, Call, CallState, Envelope
from grants.core.audit import Event
from grants.core.db import db
from grants.funds.models import Fund
from grants.people.models import Membership, Organisation, Person
from grants.people.scope import covered


def _mine(user: Person) -> ColumnElement[bool]:
    spoken_for = select(Membership.organisation_id).where(Membership.person_id == user.id)
    return Application.organisation_id == any_(func.array(spoken_for.scalar_subquery()))  # asked first, then the index


def _followed(user: Person) -> ColumnElement[bool]:
    funds = select(Fund.id).where(covered(user, *FOLLOWERS, cluster=Fund.cluster_id, fund=Fund.id))
    return and_(
        Application.state.not_in(PRIVATE),
        Application.submitted_at.is_not(None),
        Application.call_id.in_(select(Call.id).where(Call.fund_id.in_(funds))),
    )


def visible_to(user: Person) -> Select[Application]:
    """The SQL twin of policy.view; a test holds the two together."""
    return select(Application).where(or_(_mine(user), _followed(user)))


def followed_by(user: Person) -> Select[Application]:
    """The SQL twin of policy.read_file: what the fund's people see, never a draft."""
    return select(Application).where(_followed(user))


def own(user: Person) -> Select[Application]:
    """The SQL twin of policy.read_own: those of the organisations the person speaks for."""
    return select(Application).where(_mine(user))


def _whole() -> list[Any]:
    call = joinedload(Application.call)
    return [
        call.joinedload(Call.fund).joinedload(Fund.cluster),
        call.selectinload(Call.envelopes).joinedload(Envelope.commission),
        call.selectinload(Call.required),
        joinedload(Application.organisation).selectinload(Organisation.memberships),
        joinedload(Application.commission),
        joinedload(Application.questionnaire),
        joinedload(Application.lead),
        selectinload(Application.documents),
        selectinload(Application.partners).joinedload(Partner.organisation).selectinload(Organisation.memberships),
    ]


def application(user: Person, id: UUID) -> Application:
    """One visible application with everything its pages show; raises NoResultFound."""
    found = visible_to(user).where(Application.id == id)
    return loaded([db.session.scalars(found.options(*_whole())).unique().one()])[0]


def own_application(user: Person, id: UUID) -> Application:
    """One application of an organisation the person speaks for; raises NoResultFound."""
    mine = own(user).where(Application.id == id)
    return loaded([db.session.scalars(mine.options(*_whole())).unique().one()])[0]


def file(user: Person, id: UUID) -> Application:
    """One submitted application of a fund the person follows; raises NoResultFound."""
    found = followed_by(user).where(Application.id == id)
    return loaded([db.session.scalars(found.options(*_whole())).unique().one()])[0]


def locked(application: Application) -> Application:
    """The same application read anew with everything, its row taken until the transaction ends."""
    db.session.flush()
    row = select(Application).where(Application.id == application.id).with_for_update(of=Application)
    anew = row.options(*_whole()).execution_options(populate_existing=True)
    return loaded([db.session.scalars(anew).unique().one()], anew=True)[0]


def _document(user: Person, id: UUID, applications: Select[Application]) -> Document:
    application = joinedload(Document.application)
    wanted = select(Document).where(
        Document.id == id, Document.application_id.in_(applications.with_only_columns(Application.id))
    )
    return (
        db.session.scalars(
            wanted.options(
                application.joinedload(Application.call).joinedload(Call.fund).joinedload(Fund.cluster),
                application.joinedload(Application.organisation).selectinload(Organisation.memberships),
            )
        )
        .unique()
        .one()
    )


def own_document(user: Person, id: UUID) -> Document:
    return _document(user, id, own(user))


def file_document(user: Person, id: UUID) -> Document:
    return _document(user, id, followed_by(user))


def history(application: Application) -> Sequence[tuple[Event, str | None]]:
    """What happened to it, to its partners and to its clarifications, newest first, each with the name of who did it
    (None: the clock).
    """
    events = select(Event, Person.name).outerjoin(Person, Person.id == Event.actor_id)
    partners = select(Partner.id).where(Partner.application_id == application.id)
    asked = select(Clarification.id).where(Clarification.application_id == application.id)
    about = events.where(
        or_(
            and_(Event.subject_id == application.id, Event.subject_kind == "application"),
            and_(Event.subject_id.in_(partners), Event.subject_kind == "partner"),
            and_(Event.subject_id.in_(asked), Event.subject_kind == "clarification"),
        )
    )
    return [(event, name) for event, name in db.session.execute(about.order_by(Event.at.desc(), Event.id.desc()))]


def receipts(application: Application) -> Sequence[Event]:
    """Every submission, last first; `after` holds the reference, content_hash and submitted_at of its receipt."""
    submitted = select(Event).where(Event.subject_id == application.id, Event.name == "application.submit")
    return db.session.scalars(submitted.order_by(Event.at.desc(), Event.id.desc())).all()


def recent(applications: Sequence[Application], names: Collection[str], limit: int) -> list[tuple[Event, Application]]:
    """The last things of these names that happened to these applications, newest first."""
    by_id = {one.id: one for one in applications}
    last = select(Event).where(Event.subject_id.in_(by_id), Event.name.in_(names))
    events = db.session.scalars(last.order_by(Event.at.desc(), Event.id.desc()).limit(limit))
    return [(event, by_id[event.subject_id]) for event in events]


# --- the applicant --------------------------------------------------------------------------------------------


def public_call(user: Person, id: UUID) -> Call:
    """A published call with what an applicant needs of it; raises NoResultFound."""
    wanted = select(Call).where(Call.id == id, Call.state.in_(PUBLIC_STATES | {CallState.CANCELLED}))
    return db.session.scalars(wanted.options(joinedload(Call.fund).joinedload(Fund.cluster))).one()


def own_applications(user: Person) -> Sequence[Application]:
    """Everything of the person's organisations, newest first; the same few queries however long."""
    mine = own(user).options(*_whole())
    return loaded(db.session.scalars(mine.order_by(Application.created_at.desc(), Application.id)).unique().all())


# --- the fund -------------------------------------------------------------------------------------------------


def followed_calls(user: Person) -> list[tuple[Call, dict[ApplicationState, int]]]:
    """The calls whose files the person may read, latest closing first, with how many stand where; two queries."""
    calls = db.session.scalars(
        select(Call)
        .join(Call.fund)
        .where(
            covered(user, *FOLLOWERS, cluster=Fund.cluster_id, fund=Fund.id),
            Call.published_at.is_not(None),
            Call.imported.is_(False),
        )
        .options(joinedload(Call.fund).joinedload(Fund.cluster))
        .order_by(Call.closes_at.desc(), Call.id)
    ).all()
    counted = followed_by(user).with_only_columns(Application.call_id, Application.state, func.count())
    by_call: dict[UUID, dict[ApplicationState, int]] = {}
    for call_id, state, n in db.session.execute(counted.group_by(Application.call_id, Application.state)):
        by_call.setdefault(call_id, {})[state] = n
    return [(call, by_call.get(call.id, {})) for call in calls]


def followed_call(user: Person, id: UUID) -> Call:
    """One of them, with its envelopes' commissions; raises NoResultFound."""
    wanted = (
        select(Call)
        .join(Call.fund)
        .where(Call.id == id, covered(user, *FOLLOWERS, cluster=Fund.cluster_id, fund=Fund.id))
        .options(
            joinedload(Call.fund).joinedload(Fund.cluster),
            selectinload(Call.envelopes).joinedload(Envelope.commission),
        )
    )
    return db.session.scalars(wanted).unique().one()


def chosen(user: Person, ids: Sequence[UUID]) -> Sequence[Application]:
    """These files, in the order of their references; unknown and invisible ids are left out."""
    wanted = followed_by(user).where(Application.id.in_(ids))
    return loaded(db.session.scalars(wanted.options(*_whole()).order_by(Application.reference)).unique().all())
