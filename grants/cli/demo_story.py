"""The demo's story, told with the product's own verbs on a clock set back: no figure is typed twice."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from flask import current_app
from sqlalchemy import select, update

from config.settings import Settings
from grants.applications import queries as applications
from grants.applications import service as drafting
from grants.applications.content import Answered, Budget, Project, outline
from grants.applications.models import Application
from grants.awards import queries as awards
from grants.awards.models import Agreement, Award, Claim, Decision, Outcome
from grants.awards.service import Plan
from grants.calls import queries as calls
from grants.calls import service as designing
from grants.calls.budget_verbs import keep_budget
from grants.calls.eligibility import Rule
from grants.calls.examples import EXAMPLES
from grants.calls.models import Call
from grants.calls.questionnaire import Outline
from grants.calls.service import CallDraft, CriterionDraft
from grants.cli import demo_budget, demo_marks
from grants.cli.demo_consortium import gather
from grants.cli.demo_profile import furnish
from grants.cli.demo_words import ANSWERS, COMMISSIONS, COMPANIES, CRITERIA, DESCRIPTION, PROJECTS, SUMMARIES, evidence
from grants.clusters import service as clusters
from grants.clusters.models import Cluster, Commission
from grants.clusters.service import ClusterDraft, CommissionDraft
from grants.core import clock
from grants.core.clock import now
from grants.core.db import db, transaction
from grants.core.i18n import Words
from grants.core.storage import storage
from grants.core.types import Money
from grants.funds import queries as funds
from grants.messages.models import Promise, Status
from grants.people import queries as directory
from grants.people import service as people
from grants.people.appointments import Place, appoint
from grants.people.facts import OrganisationFacts
from grants.people.models import Appointment, OrganisationKind, Person, Role
from grants.people.passwords import hash_password
from grants.people.service import OrganisationDraft
from grants.reviews import queries as reviews
from grants.reviews.models import Review
from grants.reviews.service import Mark, Sheet
from workflows import application as screening
from workflows import award, claim, decision, fund
from workflows import call as call_flow
from workflows import review as reviewing
from workflows.claim import Evidence
from workflows.decision import Proposal
from workflows.fund import Credit

PASSWORD = "tamwil-pour-essai"  # noqa: S105 - printed on purpose: these accounts exist in a demo only
MAD = "MAD"
UNDATED = 11  # the company whose draft still lacks a fact that the rules of the open call need


@dataclass(frozen=True)
class Somebody:
    """A sign-in of the demo."""

    name: str
    email: str
    does: str
    language: str = "fr"


PEOPLE = {
    "admin": Somebody("Nadia Alaoui", "admin@demo.example", "administrator"),
    "manager": Somebody("Karim Benjelloun", "fonds@demo.example", "fund manager"),
    "officer": Somebody("Salma Idrissi", "programme@demo.example", "programme officer"),
    "second": Somebody("Yassine Tazi", "programme2@demo.example", "programme officer (second pair of eyes)"),
    "committee": Somebody("Amina Chraibi", "comite@demo.example", "strategic committee"),
    "chair": Somebody("Omar Fassi", "presidence@demo.example", "commission chair"),
    "reviewer": Somebody("Leila Berrada", "evaluation1@demo.example", "reviewer"),
    "reviewer2": Somebody("Hicham Lahlou", "evaluation2@demo.example", "reviewer"),
    "reviewer3": Somebody("سلوى المنصوري", "evaluation3@demo.example", "reviewer (reads Arabic)", "ar"),
    "authorising": Somebody("Rachid Kettani", "ordonnateur@demo.example", "authorising officer"),
    "accountant": Somebody("Houda Sefrioui", "comptable@demo.example", "accountant"),
    "auditor": Somebody("Grace Mensah", "audit@demo.example", "auditor (reads English)", "en"),
    "applicant": Somebody("Imane Zerouali", "startup@demo.example", "start-up, applicant and beneficiary"),
    "partner": Somebody("سعاد البقالي", "laboratoire@demo.example", "partner of the start-up (reads Arabic)", "ar"),
    "partner2": Somebody("Yasmine Alami", "universite@demo.example", "partner of the start-up"),
}
CLUSTER_ROLES = {
    "manager": Role.FUND_MANAGER,
    "officer": Role.OFFICER,
    "second": Role.OFFICER,
    "committee": Role.COMMITTEE,
    "authorising": Role.AUTHORISING_OFFICER,
    "accountant": Role.ACCOUNTANT,
    "auditor": Role.AUDITOR,
}


@contextmanager
def days_ago(days: float) -> Iterator[datetime]:
    """Everything inside happened then."""
    at = now() - timedelta(days=days)
    with clock.stopped(at):
        yield at


def play() -> None:
    """The whole story. Interrupted, it starts anew on an empty installation only."""
    with days_ago(120):
        who = _everybody()
        cluster = _cluster(who)
        main = fund.open_fund(
            cluster,
            "FIN",
            "Fonds d’innovation numérique",
            MAD,
            Credit(Money.of(100_000_000, MAD), now().year, "LF-2026-017", now().date()),
            actor=_met(who["manager"]),
        )
        fund.open_fund(cluster, "PAST", "Aides passées (import)", "GBP", None, actor=_met(who["manager"]))
        fund_id = main.id
    _evaluated_call(who, fund_id)
    _marked_call(who, fund_id)
    _open_call(who, fund_id)
    with days_ago(2):
        furnish(lambda: _met(who["applicant"]), lambda: _met(who["accountant"]))
    _keep_quiet()


# --- who and where --------------------------------------------------------------------------------------------


def _everybody() -> dict[str, Any]:
    """Their ids by key; each confirmed, with the demo's password."""
    hashed = hash_password(PASSWORD)
    made: dict[str, Any] = {}
    with transaction():
        for key, one in PEOPLE.items():
            person = Person(
                name=one.name,
                email=one.email,
                locale=one.language,
                password_hash=hashed,
                confirmed_at=now(),
                appointments=[],
            )
            db.session.add(person)
            db.session.flush()
            made[key] = person.id
        db.session.add(Appointment(person_id=made["admin"], role=Role.ADMIN))
    return made


def _met(person_id: Any) -> Person:
    """The person with roles, as a request would load them."""
    return reviews.reviewers([person_id])[0]


def _cluster(who: dict[str, Any]) -> Cluster:
    admin = _met(who["admin"])
    cluster = clusters.create_cluster(
        ClusterDraft("MNC", "Maroc Numeric Cluster", "MA", MAD, "Africa/Casablanca"), actor=admin
    )
    cluster_id = cluster.id
    for code, name in COMMISSIONS:
        cluster = db.session.get_one(Cluster, cluster_id)
        commission = clusters.create_commission(cluster, CommissionDraft(code, name), actor=_met(who["admin"]))
        place = Place(cluster_id=cluster_id, commission_id=commission.id)
        appoint(_met(who["chair"]), Role.CHAIR, place, actor=_met(who["admin"]))
        for key in ("reviewer", "reviewer2", "reviewer3"):
            appoint(_met(who[key]), Role.REVIEWER, place, actor=_met(who["admin"]))
    for key, role in CLUSTER_ROLES.items():
        appoint(_met(who[key]), role, Place(cluster_id=cluster_id), actor=_met(who["admin"]))
    return db.session.get_one(Cluster, cluster_id)


def _commissions() -> Sequence[Commission]:
    return db.session.scalars(select(Commission).order_by(Commission.position)).all()


# --- calls ----------------------------------------------------------------------------------------------------


def _published(
    who: dict[str, Any],
    fund_id: Any,
    draft: CallDraft,
    rules: Sequence[Rule] = (),
    asks: Outline | None = None,
    by_lines: bool = False,
) -> Any:
    """A call drafted, approved, published; its id."""
    officer = _met(who["officer"])
    blocking = [(one, True) for one in rules]
    made = designing.draft_call(funds.fund(officer, fund_id), draft, actor=officer, rules=blocking, asks=asks)
    call_id = made.id

    def call(key: str) -> Call:
        return calls.followed_call(_met(who[key]), call_id)

    if by_lines:
        keep_budget(call("officer"), demo_budget.RULES, None, actor=_met(who["officer"]))
    call_flow.propose(call("officer"), actor=_met(who["officer"]))
    call_flow.approve(call("committee"), actor=_met(who["committee"]))
    call_flow.publish(call("officer"), actor=_met(who["officer"]))
    return call_id


def _draft(code: str, title: Words, opens: datetime, closes: datetime, rate: int, ceiling: int, each: int) -> CallDraft:
    return CallDraft(
        code=code,
        title=title,
        summary=SUMMARIES[code.rpartition("-")[2]],
        opens_at=opens,
        closes_at=closes,
        reviews_due_at=closes + timedelta(days=45),
        ceiling=Money.of(ceiling, MAD),
        funding_rate=rate,
        instalments=[40, 40, 20],
        reviewers_per_application=3,
        envelopes={one.id: Money.of(each, MAD) for one in _commissions()},
        criteria=[CriterionDraft(label, Words(), weight) for label, weight in CRITERIA],
    )


def _company(n: int, owner: Person) -> Any:
    """The n-th company of the demo, of this owner; its id."""
    name, city, ice, court = COMPANIES[n]
    draft = OrganisationDraft(name, OrganisationKind.STARTUP, "MA", city, ice, court, str(12_000 + 37 * n))
    founded = None if n == UNDATED else now().date() - timedelta(days=300 + 25 * n)
    return people.create_organisation(draft, actor=owner, facts=OrganisationFacts(founded, 3 + n % 9)).id


def _applied(
    call_id: Any, n: int, owner_id: Any, requested: int, *, seat: Commission | None = None, hand_in: bool = True
) -> Any:
    """The n-th project, written and handed in by its owner; the application's id."""
    owner = _met(owner_id)
    organisation_id = _company(n, owner)
    call = applications.public_call(owner, call_id)
    made, _ = drafting.begin(call, directory.organisation(owner, organisation_id), actor=owner)
    application_id = made.id

    def mine() -> Application:
        return applications.own_application(_met(owner_id), application_id)

    title, summary = PROJECTS[n]
    commission = seat or _commissions()[n % 4]
    drafting.revise(mine(), Project(title, commission.id, summary, DESCRIPTION), seen=None, actor=_met(owner_id))
    by_lines = bool(mine().call.budget_rules)
    if not hand_in:
        if by_lines:
            drafting.revise(mine(), demo_budget.begun(MAD), seen=None, actor=_met(owner_id))
        return application_id
    cost, asked = Money.of(requested * 2, MAD), Money.of(requested, MAD)
    budget = demo_budget.plan(cost, asked, 18) if by_lines else Budget(cost, asked, 18)
    drafting.revise(mine(), budget, seen=None, actor=_met(owner_id))
    for part in outline(mine()).parts:
        given = {one.id: ANSWERS[one.id] for one in part.questions if one.shown_if is None}
        drafting.revise(mine(), Answered(part, given), seen=None, actor=_met(owner_id))
    settings: Settings = current_app.extensions["settings"]
    drafting.attach(
        mine(),
        f"dossier-{n + 1}.pdf",
        evidence(title),
        storage=storage(settings),
        limit_mb=settings.upload_limit_mb,
        actor=_met(owner_id),
    )
    screening.submit(mine(), actor=_met(owner_id))
    return application_id


def _owner(n: int) -> Any:
    """A founder who signs in to nothing: the other applicants of the demo."""
    with transaction():
        person = Person(name=f"Fondateur {n + 1}", email=f"fondateur{n + 1}@demo.example", locale="fr", appointments=[])
        person.confirmed_at = now()
        db.session.add(person)
        db.session.flush()
        return person.id


def _evaluated_call(who: dict[str, Any], fund_id: Any) -> None:
    """Tatwir: eight projects, reviewed; one commission ranked, decided, its first grant claimed and paid."""
    with days_ago(110) as at:
        title = Words(fr="Tatwir 2026 : projets en croissance", ar="تطوير 2026: مشاريع النمو", en="Tatwir 2026: growth")
        draft = _draft("2026-TATWIR", title, at, at + timedelta(days=60), 5000, 4_000_000, 10_000_000)
        call_id = _published(who, fund_id, draft)
    made = []
    for n in range(8):
        with days_ago(100 - 5 * n):
            owner = who["applicant"] if n < 2 else _owner(n)  # the second grant is for the visitor to follow
            made.append(_applied(call_id, n, owner, 1_400_000 + 350_000 * (n % 4)))
    with days_ago(49):
        call_flow.close_due()
        _screened(who, call_id, made)
    for n, application_id in enumerate(made[:7]):
        with days_ago(45 - n):
            _reviewed(who, application_id, n, whole=n != 6)
    _first_grant(who, call_id)


def _reviewed(who: dict[str, Any], application_id: Any, n: int, *, whole: bool) -> None:
    """Three reviews; not `whole`: the last one is still to be answered."""
    chair = _met(who["chair"])
    keys = ("reviewer", "reviewer2", "reviewer3")
    asked = reviews.reviewers([who[key] for key in keys])
    reviewing.assign(reviews.led_application(chair, application_id), asked, actor=chair)
    for k, key in enumerate(keys if whole else keys[:2]):
        wanted = select(Review.id).where(Review.application_id == application_id, Review.reviewer_id == who[key])
        review_id = db.session.scalars(wanted).one()
        reviewing.accept(reviews.own_review(_met(who[key]), review_id), actor=_met(who[key]))
        review = reviews.own_review(_met(who[key]), review_id)
        marks = {
            one.id: Mark(max(5, min(10, 9 - (n + k + at) % 4)), "À préciser avant la convention.")
            for at, one in enumerate(review.application.call.criteria)
        }
        sheet = Sheet(marks, "Projet solide, équipe crédible ; le plan commercial reste à chiffrer.", 2)
        reviewing.submit_review(review, sheet, review.version, actor=_met(who[key]))


def _first_grant(who: dict[str, Any], call_id: Any) -> None:
    """The first commission's ranking, as far as the payment of one instalment."""
    first = _commissions()[0].id
    with days_ago(35):
        chair = _met(who["chair"])
        board = reviews.board(chair, call_id, first)
        rows = [
            Proposal(line.application, line.mean or 0, Outcome.FUNDED if n == 0 else Outcome.RESERVE, line.recommended)
            for n, line in enumerate(sorted(board.lines, key=lambda one: one.application.reference or ""))
        ]
        decision.propose(board, rows, actor=chair)
    with days_ago(33):
        for row in list(db.session.scalars(select(Decision.id).order_by(Decision.rank))):
            committee = _met(who["committee"])
            found = awards.decision(committee, row)
            (decision.fund if found.proposal == Outcome.FUNDED else decision.hold)(found, actor=committee)
    with days_ago(30) as at:
        agreement_id = db.session.scalars(select(Agreement.id).join(Award)).one()

        def agreement(key: str) -> Agreement:
            return awards.agreement(_met(who[key]), agreement_id)

        starts = at.date()
        plan = Plan(starts, starts + timedelta(days=540), _every(starts + timedelta(days=12), 180, 3))
        award.prepare(agreement("officer"), plan, None, actor=_met(who["officer"]))
        award.propose_commitment(agreement("authorising"), actor=_met(who["authorising"]))
        award.grant_visa(agreement("accountant"), actor=_met(who["accountant"]))
        award.open_signature(agreement("officer"), actor=_met(who["officer"]))
        award.sign(agreement("applicant"), actor=_met(who["applicant"]))
        award.countersign(agreement("authorising"), actor=_met(who["authorising"]))
    _paid(who, agreement_id)


def _every(first: date, days: int, times: int) -> tuple[date, ...]:
    return tuple(first + timedelta(days=days * n) for n in range(times))


def _paid(who: dict[str, Any], agreement_id: Any) -> None:
    """The first instalment, claimed and paid, each step by somebody else."""
    applicant = _met(who["applicant"])
    instalments = awards.agreement(applicant, agreement_id).instalments
    with days_ago(20):
        begun = claim.begin(awards.instalment(applicant, instalments[0].id), actor=applicant)
        claim_id = begun.id

        def current(key: str) -> Claim:
            return awards.claim(_met(who[key]), claim_id)

        content = evidence("Facture d’avance")
        digest = storage(current_app.extensions["settings"]).keep(content)
        file = Evidence("facture-avance.pdf", "application/pdf", len(content), digest)
        mine = current("applicant")
        claim.write(mine, mine.claimed, "Avance : équipe et prototype.", file, None, actor=_met(who["applicant"]))
        claim.submit_claim(current("applicant"), actor=_met(who["applicant"]))
    with days_ago(12) as at:
        accepted = current("officer").claimed
        claim.check(current("officer"), accepted, "", actor=_met(who["officer"]))
        claim.certify(current("officer"), actor=_met(who["officer"]))
        claim.liquidate(current("second"), actor=_met(who["second"]))
        claim.order(current("authorising"), actor=_met(who["authorising"]))
        claim.approve_order(current("accountant"), actor=_met(who["accountant"]))
        claim.remit(current("accountant"), actor=_met(who["accountant"]))
        claim.pay(current("accountant"), "VIR-2026-00017", at.date(), actor=_met(who["accountant"]))


def _marked_call(who: dict[str, Any], fund_id: Any) -> None:
    """Mawahib: twelve projects of one commission, marked by six reviewers but for one: what statistics are about."""
    with days_ago(75) as at:
        title = Words(
            fr="Mawahib 2026 : services mobiles", ar="مواهب 2026: الخدمات المتنقلة", en="Mawahib 2026: mobile"
        )
        draft = _draft("2026-MAWAHIB", title, at, at + timedelta(days=45), 8000, 900_000, 1)
        first = _commissions()[0]
        envelopes = {first.id: Money.of(3_000_000, MAD)}
        call_id = _published(who, fund_id, replace(draft, envelopes=envelopes))
    made = []
    for n in range(12, 24):
        with days_ago(70 - n):
            made.append(_applied(call_id, n, _owner(n), 450_000 + 75_000 * (n % 5), seat=first))
    with days_ago(29):
        call_flow.close_due()
        _screened(who, call_id, made)
        ids = [who[key] for key in ("reviewer", "reviewer2", "reviewer3")]
        ids += [demo_marks.newcomer(name, first, _met(who["admin"])) for name in demo_marks.NEWCOMERS]
    demo_marks.mark(made, [partial(_met, one) for one in ids], partial(_met, who["chair"]))


def _screened(who: dict[str, Any], call_id: Any, made: Sequence[Any]) -> None:
    """All admissible and eligible; the commissions begin."""
    for application_id in made:
        for verb in (screening.admit, screening.find_eligible):
            officer = _met(who["officer"])
            verb(applications.file(officer, application_id), actor=officer)
    call_flow.evaluate(calls.followed_call(_met(who["officer"]), call_id), actor=_met(who["officer"]))


def _open_call(who: dict[str, Any], fund_id: Any) -> None:
    """Intilak: open for two more weeks, with one draft and three submitted projects."""
    with days_ago(20) as at:
        title = Words(fr="Intilak 2026 : jeunes entreprises", ar="انطلاق 2026: المقاولات الناشئة", en="Intilak 2026")
        closes = (at + timedelta(days=36)).replace(hour=22, minute=59, second=0, microsecond=0)
        draft = _draft("2026-INTILAK", title, at, closes, 9000, 1_000_000, 5_000_000)
        example = EXAMPLES["intilak"]
        call_id = _published(who, fund_id, draft, example.rules, example.asks, by_lines=True)
    for n in range(8, 11):
        with days_ago(15 - n):
            _applied(call_id, n, _owner(n), 600_000 + 100_000 * (n % 3))
    with days_ago(3):
        draft_id = _applied(call_id, 11, who["applicant"], 0, hand_in=False)
        gather(draft_id, *(partial(_met, who[key]) for key in ("applicant", "partner2", "partner")))


def _keep_quiet() -> None:
    """What the story would have mailed was mailed then: nobody receives it today."""
    with transaction():
        quiet = update(Promise).where(Promise.status.in_([Status.WAITING, Status.HELD]))
        db.session.execute(quiet.values(status=Status.DROPPED, last_error="demo: it would have been sent then"))
