"""Accounts: the verbs that end in a mail. What the page answers never depends on whether the address is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, transaction
from grants.core.i18n import N_
from grants.people import parking, passwords, policy, queries, service
from grants.people.appointments import Place, appoint
from grants.people.models import Appointment, EmailLink, Person, Purpose, Role
from workflows import mails
from workflows.letters import Letter, address, letter
from workflows.outbox import Due, promise
from workflows.schedule import every_tick


@every_tick
def sweep_parked() -> None:
    """Forget the forms that nobody took up in time."""
    parking.sweep()


@dataclass(frozen=True)
class SignUp:
    name: str
    email: str
    password: str
    language: str


def sign_up(draft: SignUp) -> UUID | None:
    """A new person and a mail to confirm the address; a known address gets a mail that says so instead.

    Answers with the id of the link sent. Whoever signs up again before confirming starts over: the last password
    counts, and only the last link.
    """
    hashed = passwords.hash_password(draft.password)  # known or not: the same work
    try:
        with transaction():
            person = queries.by_email(draft.email)
            if person is not None and (person.confirmed_at is not None or person.password_hash is None):
                promise(already_known, person, person, slot=f"{now():%Y-%m-%d %H}")
                return None
            if person is None:
                person = Person(email=draft.email.strip().lower())
                db.session.add(person)
            person.name, person.locale, person.password_hash = draft.name, draft.language, hashed
            db.session.flush()
            record("person.sign_up", person, person)
            return _send(Purpose.CONFIRM, person)
    except IntegrityError:  # the same form sent twice at once: the other one did it
        return None


def send_confirmation_again(email: str) -> UUID | None:
    """To whoever signed up with this address and has not confirmed it; to nobody else."""
    with transaction():
        person = queries.by_email(email)
        if person is None or person.confirmed_at is not None or person.password_hash is None:
            return None
        return _send(Purpose.CONFIRM, person)


def forgot_password(email: str) -> UUID | None:
    """A link to choose a new password, to a known address."""
    with transaction():
        person = queries.by_email(email)
        return _send(Purpose.RESET, person) if person and person.disabled_at is None else None


def change_password(person: Person, password: str) -> None:
    """A new password; every browser is signed out, and a mail says so."""
    with transaction():
        person.password_hash = passwords.hash_password(password)
        service.close_sessions(person)
        record("person.password_change", person, person)
        promise(password_changed, person, person, slot=now().isoformat())


def choose_password(link: EmailLink, password: str) -> Person:
    """By a link from a mail. Raises Refused when the link has been used meanwhile."""
    with transaction():
        known = db.session.get_one(Person, link.person_id).password_hash is not None
        person = service.choose_password(link, password)
        if known:
            promise(password_changed, person, person, slot=now().isoformat())
    return person


@dataclass(frozen=True)
class Invitation:
    """Somebody asked to join, with the roles they will hold."""

    name: str
    email: str
    language: str
    roles: Sequence[tuple[Role, Place]]


def invite(draft: Invitation, *, actor: Person) -> tuple[Person, bool]:
    """The person, now holding these roles, and whether they are new. New ones get a mail to choose their password."""
    with transaction():
        policy.administer.require(actor)
        person = queries.by_email(draft.email)
        new = person is None
        if person is None:
            person = Person(name=draft.name, email=draft.email.strip().lower(), locale=draft.language, appointments=[])
            db.session.add(person)
            db.session.flush()
            record("person.invite", person, actor)
        for role, place in draft.roles:
            appoint(person, role, place, actor=actor)
        if person.confirmed_at is None:
            _send(Purpose.INVITE, person)
    return person, new


def make_administrator(email: str, name: str | None) -> tuple[Person, EmailLink | None]:
    """By whoever may run commands on the server: the person, and a link to choose the password if there is none."""
    with transaction():
        person = queries.by_email(email)
        if person is None:
            person = Person(name=name or email.partition("@")[0], email=email.strip().lower(), appointments=[])
            db.session.add(person)
            db.session.flush()
            record("person.invite", person, None)
        person.name = name or person.name
        person.disabled_at = None
        if not any(one.role == Role.ADMIN for one in queries.held_by(person.email)):
            db.session.add(Appointment(person_id=person.id, role=Role.ADMIN))
            record("person.appoint", person, None, after={"role": Role.ADMIN})
        if person.password_hash and person.confirmed_at:
            return person, None
        return person, service.make_link(person, Purpose.INVITE, limited=False)


def invite_again(person: Person, *, actor: Person) -> bool:
    """A new link for somebody who has not come yet; False when too many were sent lately."""
    with transaction():
        policy.manage_person.require(actor, person)
        return person.confirmed_at is None and _send(Purpose.INVITE, person) is not None


def let_in(person: Person) -> None:
    """Inside a transaction: a link to choose a password, to somebody who answered a letter and has no account yet."""
    if person.confirmed_at is None:
        _send(Purpose.INVITE, person)


LETTERS = {Purpose.CONFIRM: mails.confirm_address, Purpose.RESET: mails.reset_password, Purpose.INVITE: mails.invite}


def _send(purpose: Purpose, person: Person) -> UUID | None:
    link = service.make_link(person, purpose)
    if link is None:
        return None
    promise(LETTERS[purpose], link, person)
    return link.id


# --- the letters that no other page writes --------------------------------------------------------------------


@letter
def already_known(due: Due) -> Letter | None:
    person = db.session.get_one(Person, due.subject_id)
    return Letter(
        to=person,
        subject=N_("You already have an account"),
        paragraphs=[
            N_("Somebody, perhaps you, asked to open an account with this address. You already have one."),
            N_("To come in, sign in; if you have no password or have forgotten it, choose a new one."),
            N_("If it was not you, there is nothing to do."),
        ],
        action=(N_("Choose a new password"), address("account.forgot")),
    )


@letter
def password_changed(due: Due) -> Letter | None:
    person = db.session.get_one(Person, due.subject_id)
    return Letter(
        to=person,
        subject=N_("Your password has been changed"),
        paragraphs=[
            N_("The password of your account has just been changed; other browsers were signed out."),
            N_("If it was not you, choose a new password at once and write to us."),
        ],
        action=(N_("Choose a new password"), address("account.forgot")),
    )
