"""The mails that verbs promise: receipt, the links of an account, and the alarm when a promise died."""

from datetime import datetime
from functools import partial

from sqlalchemy import select

from grants.applications.models import Application
from grants.calls.models import Call
from grants.clusters.models import Cluster
from grants.core import clock
from grants.core.db import db
from grants.core.i18n import N_, Text
from grants.core.types import Money
from grants.funds.models import Fund
from grants.people import links
from grants.people.models import Appointment, EmailLink, Person, Role
from workflows.letters import Letter, address, letter, settings
from workflows.outbox import ON_DEAD, Due, promise


@letter
def send_receipt(due: Due) -> Letter | None:
    """A slot for each submission: what arrived and when, though it has been reopened since.

    Arguments: `reference`, `at` (ISO 8601), `title`, `requested` (minor units) and `hash` of what was submitted.
    """
    found = (
        select(Application, Call, Cluster)
        .join(Call, Call.id == Application.call_id)
        .join(Fund, Fund.id == Call.fund_id)
        .join(Cluster, Cluster.id == Fund.cluster_id)
        .where(Application.id == due.subject_id)
    )
    application, call, cluster = db.session.execute(found).one()
    reference, at = due.args["reference"], datetime.fromisoformat(due.args["at"])
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=N_("Receipt: your application %(reference)s", reference=reference),
        paragraphs=[
            N_(
                "We have received your application “%(title)s” to the call for proposals “%(call)s”.",
                title=due.args["title"],
                call=call.title,
            ),
            N_("Please keep this message: it is your receipt."),
        ],
        facts=[
            (N_("Reference"), reference),
            (N_("Received"), at.astimezone(cluster.zone)),
            (N_("Amount requested"), Money(due.args["requested"], application.currency)),
            (N_("Fingerprint of the content (SHA-256)"), due.args["hash"]),
            (N_("To have this receipt checked"), address("public.verify")),
        ],
        action=(N_("Open the application"), address("applicant.application", application_id=application.id)),
        cluster=cluster,
    )


# --- links of an account: promise(confirm_address, link, person) ----------------------------------------------


@letter
def confirm_address(due: Due) -> Letter | None:
    """`promise(confirm_address, link, person)` with the EmailLink: the token is made here and kept nowhere."""
    return _with_link(
        due,
        "account.confirm",
        N_("Confirm your e-mail address"),
        N_("Somebody, probably you, opened an account with this address. Please confirm that it is yours."),
        N_("Confirm my address"),
    )


@letter
def reset_password(due: Due) -> Letter | None:
    """`promise(reset_password, link, person)` with the EmailLink."""
    return _with_link(
        due,
        "account.reset",
        N_("Choose a new password"),
        N_("Somebody, probably you, asked for a new password for the account at this address."),
        N_("Choose a new password"),
    )


@letter
def invite(due: Due) -> Letter | None:
    """`promise(invite, link, person)` with the EmailLink: an account was made for this person."""
    return _with_link(
        due,
        "account.reset",
        N_("Your account"),
        N_("An account was opened for you at this address. Choose a password to use it."),
        N_("Choose a password"),
    )


def _with_link(due: Due, endpoint: str, subject: Text, why: Text, label: Text) -> Letter | None:
    link = db.session.get_one(EmailLink, due.subject_id)
    if link.used_at is not None or link.expires_at <= clock.now():
        return None
    token = links.token(link.id, settings().secret_key)
    return Letter(
        to=db.session.get_one(Person, due.recipient_id or link.person_id),
        subject=subject,
        paragraphs=[why],
        action=(label, address(endpoint, token=token)),
        afterwards=[
            N_("The link works once, until %(when)s.", when=link.expires_at),
            N_("If this was not you, nothing needs to be done."),
        ],
    )


# --- the alarm ------------------------------------------------------------------------------------------------


@letter
def promise_died(due: Due) -> Letter | None:
    """To an administrator, at most one a day for each kind of promise: somebody has to look."""
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=N_("Given up: %(kind)s", kind=due.args["kind"]),
        paragraphs=[
            N_(
                "“%(kind)s” was attempted %(n)s times and failed each time. It will not be attempted again by itself.",
                kind=due.args["kind"],
                n=due.args["attempts"],
            )
        ],
        facts=[(N_("Last error"), due.args["error"]), (N_("Promise"), due.args["promise"])],
    )


def administrators() -> list[Person]:
    found = select(Person).where(
        Person.id.in_(select(Appointment.person_id).where(Appointment.role == Role.ADMIN)),
        Person.disabled_at.is_(None),
    )
    return list(db.session.scalars(found))


def alert(due: Due, error: str) -> None:
    """Promise the alarm to every administrator; a dead alarm raises none."""
    if due.kind == promise_died.kind:
        return
    tell = partial(promise, promise_died, slot=f"{due.kind} {clock.now():%Y-%m-%d}")
    for person in administrators():
        tell(person, person, kind=due.kind, attempts=due.attempt, error=error, promise=str(due.id))


ON_DEAD.append(alert)
