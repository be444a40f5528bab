"""Verbs about persons and the organisations they speak for. Those that promise a mail are in workflows.account."""

from dataclasses import asdict, dataclass, replace
from datetime import timedelta

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.exc import IntegrityError

from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, expect, lock, transaction
from grants.core.errors import Refused
from grants.core.i18n import LANGUAGES, N_, Text
from grants.people import facts as known
from grants.people import identifiers, passwords, policy, queries
from grants.people.facts import OrganisationFacts
from grants.people.models import EmailLink, Membership, Organisation, OrganisationKind, Person, Purpose, Right
from grants.people.sessions import authenticate, close_session, close_sessions, keep_alive, open_session

__all__ = ["authenticate", "close_session", "close_sessions", "keep_alive", "open_session"]

VALID_FOR = {
    Purpose.CONFIRM: timedelta(days=3),
    Purpose.RESET: timedelta(hours=1),
    Purpose.INVITE: timedelta(days=7),
}
MOST_LINKS_AN_HOUR = 5  # for one person: nobody's mailbox is flooded through our pages


# --- persons --------------------------------------------------------------------------------------------------


def make_link(person: Person, purpose: Purpose, *, limited: bool = True) -> EmailLink | None:
    """In a running transaction: a new link, the older ones of its purpose void.

    None when too many were sent lately, unless the link is not `limited` because no mail carries it.
    """
    recent = select(func.count(EmailLink.id)).where(
        EmailLink.person_id == person.id, EmailLink.created_at > now() - timedelta(hours=1)
    )
    if limited and (db.session.scalar(recent) or 0) >= MOST_LINKS_AN_HOUR:
        return None
    older = update(EmailLink).where(
        EmailLink.person_id == person.id, EmailLink.purpose == purpose, EmailLink.used_at.is_(None)
    )
    db.session.execute(older.values(used_at=now()))
    link = EmailLink(person_id=person.id, purpose=purpose, expires_at=now() + VALID_FOR[purpose])
    db.session.add(link)
    db.session.flush()
    return link


def use(link: EmailLink) -> Person:
    """In a running transaction: the link is spent; of two who press at once one is refused."""
    lock(link, "used_at")
    if link.used_at is not None or link.expires_at <= now():
        raise Refused(N_("This link has been used or is too old."), N_("Ask for a new one."))
    link.used_at = now()
    return db.session.get_one(Person, link.person_id)


def confirm(link: EmailLink) -> Person:
    """The address is real: the person may sign in."""
    with transaction():
        person = use(link)
        person.confirmed_at = person.confirmed_at or now()
        record("person.confirm", person, person)
    return person


def choose_password(link: EmailLink, password: str) -> Person:
    """After a reset or an invitation. Whoever follows the link reads the mail, so the address is confirmed too."""
    with transaction():
        person = use(link)
        person.password_hash = passwords.hash_password(password)
        person.confirmed_at = person.confirmed_at or now()
        close_sessions(person)
        record(f"person.password_by_{link.purpose}", person, person)
    return person


def speak(person: Person, language: str) -> None:
    """Every page and mail in this language from now on; an unknown one raises ValueError."""
    if language not in LANGUAGES:
        raise ValueError(language)
    with transaction():
        person.locale = language


def revise_profile(person: Person, name: str, language: str, *, actor: Person, version: int | None = None) -> None:
    with transaction():
        policy.view_person.require(actor, person)
        expect(person, version)
        before = {"name": person.name, "locale": person.locale}
        person.name, person.locale = name, language
        record("person.revise", person, actor, before=before, after={"name": name, "locale": language})


# --- organisations --------------------------------------------------------------------------------------------


ICE_TAKEN = N_("An organisation with this ICE is already registered. Ask its owner to invite you.")
RC_TAKEN = N_("An organisation with this number is already registered at this court. Ask its owner to invite you.")


@dataclass(frozen=True)
class OrganisationDraft:
    """What a person typed about an organisation; country is ISO 3166 (MA, DZ, CI …)."""

    name: str
    kind: OrganisationKind
    country: str
    city: str | None = None
    ice: str | None = None
    rc_court: str | None = None
    rc_number: str | None = None
    tax_id: str | None = None
    social_id: str | None = None

    def tidy(self) -> "OrganisationDraft":
        """Without stray spaces; empty is None; national identifiers bare."""
        ice, tax_id, social_id = _bare(self.ice), _bare(self.tax_id), _bare(self.social_id)
        return replace(
            self,
            name=" ".join(self.name.split()),
            city=_bare(self.city),
            ice=identifiers.compact(ice) if ice else None,
            rc_court=_bare(self.rc_court),
            rc_number=_bare(self.rc_number),
            tax_id=identifiers.compact(tax_id) if tax_id else None,
            social_id=identifiers.compact(social_id) if social_id else None,
        )


def create_organisation(
    draft: OrganisationDraft, *, actor: Person, facts: OrganisationFacts | None = None
) -> Organisation:
    """The actor becomes its owner. Raises Refused when the ICE or the RC is already registered or misshapen."""
    draft = draft.tidy()
    with transaction():
        _refuse(draft, None)
        made = Organisation(matching_key=identifiers.matching_key(draft.name), **asdict(draft))
        made.memberships = [Membership(person_id=actor.id, right=Right.OWNER)]
        if facts:
            known.write(made, facts)
        db.session.add(made)
        _flush()
        record("organisation.create", made, actor, after=asdict(draft))
    return made


def revise_organisation(
    organisation: Organisation,
    draft: OrganisationDraft,
    *,
    actor: Person,
    version: int | None = None,
    facts: OrganisationFacts | None = None,
) -> None:
    """Raises Refused as above, LostUpdate when `version` is not the one kept now. Without `facts` they stay."""
    draft = draft.tidy()
    with transaction():
        policy.edit_organisation.require(actor, organisation)
        expect(organisation, version)
        _refuse(draft, organisation)
        before = {name: getattr(organisation, name) for name in asdict(draft)}
        for name, value in asdict(draft).items():
            setattr(organisation, name, value)
        organisation.matching_key = identifiers.matching_key(draft.name)
        was = OrganisationFacts.of(organisation)
        if facts and facts != was:
            known.write(organisation, facts)
            record("organisation.facts", organisation, actor, before=was.as_plain(), after=facts.as_plain())
        _flush()
        record("organisation.revise", organisation, actor, before=before, after=asdict(draft))


def problems_with(draft: OrganisationDraft, organisation: Organisation | None = None) -> dict[str, Text]:
    """What must be put right first, by field of the draft; `organisation` is the one being revised."""
    draft = draft.tidy()
    found: dict[str, Text] = {}
    if not draft.name:
        found["name"] = N_("Enter the name of the organisation.")
    if draft.ice and (wrong := identifiers.ice_problem(draft.ice)):
        found["ice"] = wrong
    elif draft.ice and _taken(organisation, Organisation.ice == draft.ice):
        found["ice"] = ICE_TAKEN
    if draft.tax_id and (wrong := identifiers.tax_problem(draft.country, draft.tax_id)):
        found["tax_id"] = wrong
    if bool(draft.rc_number) != bool(draft.rc_court):
        found["rc_number" if draft.rc_court else "rc_court"] = N_(
            "A commercial register number goes with its court: enter both, or neither."
        )
    elif draft.rc_number and _taken(
        organisation, (Organisation.rc_court == draft.rc_court) & (Organisation.rc_number == draft.rc_number)
    ):
        found["rc_number"] = RC_TAKEN
    return found


def warnings_about(draft: OrganisationDraft, organisation: Organisation | None = None) -> list[Text]:
    """What a person should look at again; nothing here stops them."""
    draft = draft.tidy()
    if draft.ice is None or identifiers.ice_problem(draft.ice):
        return []
    said = [identifiers.ice_warning(draft.ice)]
    if queries.same_company(draft.ice, other_than=organisation.id if organisation else None):
        said.append(
            N_("Another establishment of the same company is registered: its ICE starts with the same nine digits.")
        )
    return [one for one in said if one]


def _refuse(draft: OrganisationDraft, organisation: Organisation | None) -> None:
    for wrong in problems_with(draft, organisation).values():
        raise Refused(wrong)


def _flush() -> None:
    """Of two people who register the same number at once, the second is told so."""
    try:
        db.session.flush()
    except IntegrityError as error:
        raise Refused(RC_TAKEN if "rc_court" in str(error.orig) else ICE_TAKEN) from error


def _taken(organisation: Organisation | None, same: ColumnElement[bool]) -> bool:
    found = select(Organisation.id).where(same)
    if organisation is not None:
        found = found.where(Organisation.id != organisation.id)
    return db.session.scalar(found.limit(1)) is not None


def _bare(text: str | None) -> str | None:
    return " ".join(text.split()) or None if text else None
