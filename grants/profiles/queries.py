"""Reads about what organisations keep. Numbers of bank accounts are loaded by `account_to_verify` alone."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import joinedload, selectinload, undefer

from grants.applications.models import PRIVATE, TAKING_PART, Application, Partner
from grants.applications.policy import FOLLOWERS
from grants.calls.models import Call
from grants.core.db import db
from grants.funds.models import Fund
from grants.people.models import Membership, Organisation, Person, Role
from grants.people.scope import covered
from grants.profiles.models import AccountState, BankAccount, KeptDocument, Profile, Stakeholder
from grants.profiles.policy import ACCOUNT_READERS

SHOWN = frozenset({AccountState.WAITING, AccountState.VERIFIED})


def applicants_of(user: Person, *roles: Role) -> Select[UUID]:
    """The organisations that have applied to a fund for which the user holds one of these roles."""
    return (
        select(Application.organisation_id)
        .join(Call, Call.id == Application.call_id)
        .join(Fund, Fund.id == Call.fund_id)
        .where(
            Application.state.not_in(PRIVATE),
            Application.submitted_at.is_not(None),
            covered(user, *roles, cluster=Fund.cluster_id, fund=Fund.id),
        )
    )


def partners_of(user: Person, *roles: Role) -> Select[UUID | None]:
    """The organisations that take part in an application to such a fund, beside the one that leads."""
    return (
        select(Partner.organisation_id)
        .join(Application, Application.id == Partner.application_id)
        .join(Call, Call.id == Application.call_id)
        .join(Fund, Fund.id == Call.fund_id)
        .where(
            Partner.state.in_(TAKING_PART),
            Application.state.not_in(PRIVATE),
            Application.submitted_at.is_not(None),
            covered(user, *roles, cluster=Fund.cluster_id, fund=Fund.id),
        )
    )


def _spoken_for(user: Person) -> Select[UUID]:
    return select(Membership.organisation_id).where(Membership.person_id == user.id)


def accounts_visible_to(user: Person) -> Select[BankAccount]:
    """The SQL twin of policy.view_account."""
    return select(BankAccount).where(BankAccount.organisation_id.in_(_spoken_for(user)))


def accounts_read_by(user: Person) -> Select[BankAccount]:
    """The SQL twin of policy.read_account."""
    return select(BankAccount).where(
        BankAccount.organisation_id.in_(applicants_of(user, *ACCOUNT_READERS)),
        BankAccount.organisation_id.not_in(_spoken_for(user)),
    )


def account(user: Person, id: UUID) -> BankAccount:
    """One of an organisation the user speaks for; raises NoResultFound."""
    found = accounts_visible_to(user).where(BankAccount.id == id)
    whole = joinedload(BankAccount.organisation).selectinload(Organisation.memberships)
    return db.session.scalars(found.options(whole)).unique().one()


def accounts(organisation: Organisation) -> Sequence[BankAccount]:
    """Everything it gave, newest first, with who decided."""
    found = select(BankAccount).where(BankAccount.organisation_id == organisation.id)
    whole = joinedload(BankAccount.given_by), joinedload(BankAccount.decided_by)
    return db.session.scalars(found.options(*whole).order_by(BankAccount.created_at.desc(), BankAccount.id)).all()


def verified_accounts(organisation_ids: Iterable[UUID], currency: str | None = None) -> Sequence[BankAccount]:
    """The accounts that may be paid to."""
    found = select(BankAccount).where(
        BankAccount.organisation_id.in_(organisation_ids), BankAccount.state == AccountState.VERIFIED
    )
    if currency:
        found = found.where(BankAccount.currency == currency)
    return db.session.scalars(found.order_by(BankAccount.decided_at.desc())).all()


def counts(organisation: Organisation) -> dict[AccountState, int]:
    found = select(BankAccount.state, func.count()).where(BankAccount.organisation_id == organisation.id)
    return {row[0]: row[1] for row in db.session.execute(found.group_by(BankAccount.state))}


# --- the accountant -------------------------------------------------------------------------------------------


def accounts_to_verify(user: Person) -> Sequence[BankAccount]:
    """Those that wait, first come first, then the others, newest decision first; one query."""
    waiting: ColumnElement[bool] = BankAccount.state == AccountState.WAITING
    whole = joinedload(BankAccount.organisation), joinedload(BankAccount.decided_by)
    return db.session.scalars(
        accounts_read_by(user)
        .where(or_(waiting, BankAccount.decided_at.is_not(None)))
        .options(*whole)
        .order_by(waiting.desc(), BankAccount.decided_at.desc(), BankAccount.created_at)
        .limit(200)
    ).all()


def account_to_verify(user: Person, id: UUID) -> BankAccount:
    """With its number, for accountants and auditors of a fund it applied to; raises NoResultFound for others."""
    found = select(BankAccount).where(
        BankAccount.id == id, BankAccount.organisation_id.in_(applicants_of(user, *ACCOUNT_READERS))
    )
    options = (
        undefer(BankAccount.number),
        joinedload(BankAccount.organisation).selectinload(Organisation.memberships),
        joinedload(BankAccount.given_by),
        joinedload(BankAccount.decided_by),
        selectinload(BankAccount.applied_to),
    )
    return db.session.scalars(found.options(*options).execution_options(populate_existing=True)).unique().one()


def before(account: BankAccount) -> BankAccount | None:
    """The account it is to replace, if any, with its number."""
    if account.replaces_id is None:
        return None
    found = select(BankAccount).where(BankAccount.id == account.replaces_id)
    return db.session.scalars(found.options(undefer(BankAccount.number))).one()


def given_by_others(account: BankAccount) -> int:
    """How many other organisations gave the same number: one account for two companies deserves a question."""
    same = select(func.count(BankAccount.organisation_id.distinct())).where(
        BankAccount.number == account.number,
        BankAccount.country == account.country,
        BankAccount.organisation_id != account.organisation_id,
    )
    return db.session.scalar(same) or 0


# --- directors and shareholders -------------------------------------------------------------------------------


def stakeholders(organisation_id: UUID) -> Sequence[Stakeholder]:
    """In the order in which they were written."""
    found = select(Stakeholder).where(Stakeholder.organisation_id == organisation_id)
    return db.session.scalars(found.order_by(Stakeholder.position)).all()


# --- documents ------------------------------------------------------------------------------------------------


def kept_visible_to(user: Person) -> Select[KeptDocument]:
    """The SQL twin of policy.read_kept."""
    return select(KeptDocument).where(KeptDocument.organisation_id.in_(_spoken_for(user)))


def kept_document(user: Person, id: UUID) -> KeptDocument:
    """With its organisation and who speaks for it; raises NoResultFound."""
    found = kept_visible_to(user).where(KeptDocument.id == id)
    whole = joinedload(KeptDocument.organisation).selectinload(Organisation.memberships)
    return db.session.scalars(found.options(whole)).unique().one()


def versions(organisation_id: UUID) -> Sequence[KeptDocument]:
    """Every version of every document, by kind, newest first, with who kept it; one query."""
    found = select(KeptDocument).where(KeptDocument.organisation_id == organisation_id)
    order = KeptDocument.kind, KeptDocument.created_at.desc(), KeptDocument.id
    return db.session.scalars(found.options(joinedload(KeptDocument.kept_by)).order_by(*order)).all()


def current_documents(organisation_id: UUID) -> Sequence[KeptDocument]:
    """The version that counts of each document, by kind and name."""
    found = select(KeptDocument).where(KeptDocument.organisation_id == organisation_id, KeptDocument.ended_at.is_(None))
    return db.session.scalars(found.order_by(KeptDocument.kind, KeptDocument.filename, KeptDocument.id)).all()


# --- those who follow a fund ----------------------------------------------------------------------------------


def organisations_followed_by(user: Person) -> Select[Organisation]:
    """The SQL twin of policy.read_profile."""
    followed = Organisation.id.in_(applicants_of(user, *FOLLOWERS)), Organisation.id.in_(partners_of(user, *FOLLOWERS))
    return select(Organisation).where(or_(*followed))


def followed_profile(user: Person, id: UUID) -> Profile:
    """What those who follow a fund read of an organisation that applied to it or is a partner; raises NoResultFound."""
    found = db.session.scalars(organisations_followed_by(user).where(Organisation.id == id)).one()
    return profile(found)


def profile(organisation: Organisation) -> Profile:
    """With the funds it has applied to, alone or as a partner, and their clusters."""
    takes_part = select(Partner.application_id).where(
        Partner.organisation_id == organisation.id, Partner.state.in_(TAKING_PART)
    )
    funds = select(Fund).where(
        Fund.id.in_(
            select(Call.fund_id)
            .join(Application, Application.call_id == Call.id)
            .where(
                or_(Application.organisation_id == organisation.id, Application.id.in_(takes_part)),
                Application.state.not_in(PRIVATE),
                Application.submitted_at.is_not(None),
            )
        )
    )
    return Profile(organisation, db.session.scalars(funds.options(joinedload(Fund.cluster))).all())


def has_applied(user: Person, organisation: Organisation) -> bool:
    """Whether it leads an application to a fund this person follows: only then a grant may be paid to it."""
    led = applicants_of(user, *FOLLOWERS).where(Application.organisation_id == organisation.id)
    return db.session.scalar(led.limit(1)) is not None
