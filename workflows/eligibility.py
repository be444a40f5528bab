"""The rules of a call on one application: facts gathered, judged, given by the applicant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import func, select

from grants.applications import accession, policy
from grants.applications.budgets import loaded, parts
from grants.applications.models import Application, ApplicationState
from grants.awards import aid
from grants.calls.eligibility import Aid, Facts, Finding, Member, Receiver, Rule, RuleKind, judge
from grants.calls.models import EligibilityRule
from grants.clusters import queries as clusters
from grants.core.audit import record
from grants.core.db import db, lock, transaction
from grants.core.types import Money
from grants.people import facts as known
from grants.people.facts import OrganisationFacts
from grants.people.models import Person
from workflows import membership

UNCOUNTED = (
    *(ApplicationState.DRAFT, ApplicationState.WITHDRAWN),
    *(ApplicationState.INADMISSIBLE, ApplicationState.INELIGIBLE),  # over, and nobody can withdraw them
)


def rules_of(call_id: UUID) -> list[tuple[Rule, bool]]:
    """The rules of a call with whether each blocks, in order; one query. They are frozen before anybody may apply."""
    found = select(EligibilityRule).where(EligibilityRule.call_id == call_id).order_by(EligibilityRule.position)
    return [(one.rule, one.blocks) for one in db.session.scalars(found)]


def questions(rules: Sequence[tuple[Rule, bool]]) -> tuple[str, ...]:
    """The facts these rules ask somebody for, each once."""
    return tuple(dict.fromkeys(name for rule, _ in rules for name in rule.questions()))


def findings(application: Application) -> list[Finding]:
    """What each rule of the call says now; the same few queries whatever the rules."""
    rules = rules_of(application.call_id)
    if not rules:
        return []
    return judge(rules, facts_of(application, rules), application.call.terms)


def limits_aid(call_id: UUID) -> bool:
    """Whether the call has a ceiling of public aid over several years."""
    found = select(EligibilityRule.id).where(EligibilityRule.call_id == call_id, EligibilityRule.kind == RuleKind.AID)
    return db.session.scalar(found.limit(1)) is not None


def composition(application: Application) -> list[Finding]:
    """What the call's rule on consortia, if it has one, says of the members there are now."""
    rules = [one for one in rules_of(application.call_id) if one[0].kind == RuleKind.COMPOSITION]
    return judge(rules, facts_of(application, rules), application.call.terms) if rules else []


def facts_of(application: Application, rules: Sequence[tuple[Rule, bool]]) -> Facts:
    """What is known here of the applicant, as far as these rules look at it."""
    wanted = {name for rule, _ in rules for name in (*rule.asks, *rule.looks_at)}
    organisation = application.organisation
    facts = Facts(
        kind=organisation.kind,
        country=organisation.country,
        founded_on=organisation.founded_on,
        staff=organisation.staff,
        turnover=organisation.turnover,
        turnover_year=organisation.turnover_year,
        sector=organisation.sector,
        aid_elsewhere=application.aid_elsewhere,
        requested=application.requested,
    )
    if "membership" in wanted:
        cluster_id = application.call.fund.cluster_id
        facts = replace(facts, membership=clusters.membership_state(organisation.id, cluster_id))
    if "aid_here" in wanted:
        groups = aid.aid_to_groups(accession.organisations(application))
        facts = replace(facts, aid_here=groups[organisation.id].aid, receivers=_receivers(application, groups))
    if "others" in wanted:
        facts = replace(facts, others=_others(application))
    if "members" in wanted:
        facts = replace(facts, members=members(application))
    return facts


def members(application: Application) -> tuple[Member, ...]:
    """The consortium as it stands: the lead, and every partner that takes part. Who is only invited does not count."""
    return tuple(Member(one.kind, one.name) for one in accession.organisations(application))


def _receivers(application: Application, groups: Mapping[UUID, aid.Group]) -> tuple[Receiver, ...] | None:
    """Those who share the grant, the organisations of one group together; None when the lead's group has it all.

    What two of them declare for the same group is the same aid: the greater figure counts.
    """
    asked = application.requested or Money(0, application.currency)
    given = parts(loaded([application])[0], asked)
    lead = groups[application.organisation_id].ids
    if given.keys() <= lead:
        return None
    declared = {application.organisation_id: application.aid_elsewhere}
    declared |= {one.organisation_id: one.aid_elsewhere for one in application.taking_part if one.organisation_id}
    found: dict[frozenset[UUID], list[UUID]] = {}
    for id in given:
        found.setdefault(groups[id].ids, []).append(id)
    names = application.members
    return tuple(
        Receiver(
            name=", ".join(names[id] for id in ids),
            requested=sum((given[id] for id in ids), Money(0, asked.currency)),
            here=_of_all([groups[id] for id in ids]),
            elsewhere=max((one for id in ids if (one := declared[id]) is not None), default=None),
        )
        for ids in found.values()
    )


def _of_all(groups: Sequence[aid.Group]) -> tuple[Aid, ...]:
    """The grants to one group: one of the project's own organisations is named by none of them."""
    found = {(one.on, one.number, one.amount): one for group in groups for one in group.aid if one.to}
    found |= {(one.on, one.number, one.amount): one for group in groups for one in group.aid if not one.to}
    return tuple(found.values())


def _others(application: Application) -> int:
    """More applications of the organisation that the call has received and not screened out."""
    counted = select(func.count(Application.id)).where(
        Application.call_id == application.call_id,
        Application.organisation_id == application.organisation_id,
        Application.id != application.id,
        Application.state.not_in(UNCOUNTED),
    )
    return db.session.scalar(counted) or 0


@dataclass(frozen=True)
class Given:
    """What the applicant answers for one call: about the organisation, its membership, aid from elsewhere.

    `organisation` is everything kept about it, the answers put in; None: this call does not ask.
    """

    organisation: OrganisationFacts | None = None
    member: bool | None = None
    aid_elsewhere: Money | None = None


def give(application: Application, given: Given, *, actor: Person, version: int | None = None) -> None:
    """Keep them with the organisation, where every application finds them; aid from elsewhere with the application.

    `version` is that of the organisation. Raises Forbidden, or LostUpdate when its file was changed meanwhile.
    """
    with transaction():
        organisation = application.organisation
        lock(organisation)
        lock(application, "state")
        policy.edit.require(actor, application)
        if given.organisation is not None:
            known.revise_facts(organisation, given.organisation, actor=actor, version=version)
        if given.aid_elsewhere is not None and given.aid_elsewhere != application.aid_elsewhere:
            application.aid_elsewhere = given.aid_elsewhere
            record("application.aid", application, actor, after={"aid_elsewhere": str(given.aid_elsewhere)})
        if given.member is not None:
            membership.declare(organisation, application.call.fund.cluster_id, given.member, actor=actor)
