"""The demo's story, told with the product's own verbs on a clock set back: no figure is typed twice."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from flask import current_app
from sqlalchemy import update

from config.settings import Settings
from grants.applications import clarification_queries
from grants.applications import queries as applications
from grants.applications import service as drafting
from grants.applications.content import Answered, Budget, Project, outline
from grants.applications.models import Application, Clarification
from grants.calls import queries as calls
from grants.calls import service as designing
from grants.calls.budget_verbs import keep_budget
from grants.calls.eligibility import Rule
from grants.calls.examples import EXAMPLES
from grants.calls.follow_up_verbs import keep_follow_up
from grants.calls.models import Blindness, Call, Instrument
from grants.calls.questionnaire import Outline
from grants.calls.service import CallDraft, CriterionDraft
from grants.cli import demo_blind, demo_budget, demo_follow_up, demo_marks, demo_panel, demo_plan
from grants.cli.demo_committee import weighed
from grants.cli.demo_consortium import gather
from grants.cli.demo_credit import keep_credit
from grants.cli.demo_grant import first_grant, reviewed
from grants.cli.demo_papers import ask_for_papers, give_papers
from grants.cli.demo_past import keep_past
from grants.cli.demo_people import MAD, PASSWORD, PEOPLE, cluster_of, commissions, days_ago, everybody, met
from grants.cli.demo_profile import furnish
from grants.cli.demo_words import ANSWERS, COMPANIES, CRITERIA, DESCRIPTION, PROJECTS, SUMMARIES, evidence
from grants.clusters.models import Commission
from grants.core.clock import now
from grants.core.db import db, transaction
from grants.core.i18n import Reader, Words
from grants.core.storage import storage
from grants.core.types import Money
from grants.funds import queries as funds
from grants.messages.models import Promise, Status
from grants.people import queries as directory
from grants.people import service as people
from grants.people.facts import OrganisationFacts
from grants.people.models import OrganisationKind, Person
from grants.people.service import OrganisationDraft
from grants.reports.filters import Filters
from grants.reports.publishing.models import Licence
from workflows import application as screening
from workflows import call as call_flow
from workflows import clarification, export, fund, publishing
from workflows.fund import Credit

__all__ = ["PASSWORD", "PEOPLE", "play"]

ASKED = (
    "Le plan commercial annonce quarante clients la première année. Combien ont déjà signé une lettre d’intention ?",
    "Qui remplace le directeur technique s’il quitte l’entreprise pendant le projet ?",
)
CLARIFIED = "Douze lettres d’intention sont signées ; sept autres clients essaient le prototype depuis avril."
UNDATED = 11  # the company whose draft still lacks a fact that the rules of the open call need


def play() -> None:
    """The whole story. Interrupted, it starts anew on an empty installation only."""
    with days_ago(120):
        who = everybody()
        cluster = cluster_of(who)
        main = fund.open_fund(
            cluster,
            "FIN",
            "Fonds d’innovation numérique",
            MAD,
            Credit(
                Money.of(100_000_000, MAD),
                now().year,
                "LF-2026-017",
                now().date(),
                "Ministère de l’économie numérique",
                "CONV-2026-03",
            ),
            actor=met(who["manager"]),
        )
        fund.open_fund(cluster, "PAST", "Aides passées (import)", "GBP", None, actor=met(who["manager"]))
        fund_id, cluster_id = main.id, main.cluster_id
    _evaluated_call(who, fund_id)
    _marked_call(who, fund_id)
    _open_call(who, fund_id)
    _blind_call(who, fund_id)
    with days_ago(3):
        manager = met(who["manager"])
        publishing.publish(funds.fund(manager, fund_id), "360G-demo", Licence.CC_BY, actor=manager)
        export.ask_ledger(funds.fund(manager, fund_id), Filters(), actor=manager, reader=Reader("fr"))
        this_year = Filters(year=now().year)
        export.ask_ledger(funds.fund(manager, fund_id), this_year, actor=manager, reader=Reader("fr"))
    keep_credit(who, fund_id)
    keep_past(who, cluster_id)
    with days_ago(2):
        furnish(lambda: met(who["applicant"]), lambda: met(who["accountant"]))
    _keep_quiet()


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
    officer = met(who["officer"])
    blocking = [(one, True) for one in rules]
    made = designing.draft_call(funds.fund(officer, fund_id), draft, actor=officer, rules=blocking, asks=asks)
    call_id = made.id

    def call(key: str) -> Call:
        return calls.followed_call(met(who[key]), call_id)

    if by_lines:
        keep_budget(call("officer"), demo_budget.RULES, None, actor=met(who["officer"]))
        ask_for_papers(partial(call, "officer"), lambda: met(who["officer"]))
    keep_follow_up(call("officer"), demo_follow_up.RULES, None, actor=met(who["officer"]))
    call_flow.propose(call("officer"), actor=met(who["officer"]))
    call_flow.approve(call("committee"), actor=met(who["committee"]))
    call_flow.publish(call("officer"), actor=met(who["officer"]))
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
        instrument=Instrument.REPAYABLE_ADVANCE,
        retention=500,
        reviewers_per_application=3,
        envelopes={one.id: Money.of(each, MAD) for one in commissions()},
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
    owner = met(owner_id)
    organisation_id = _company(n, owner)
    call = applications.public_call(owner, call_id)
    made, _ = drafting.begin(call, directory.organisation(owner, organisation_id), actor=owner)
    application_id = made.id

    def mine() -> Application:
        return applications.own_application(met(owner_id), application_id)

    title, summary = PROJECTS[n]
    commission = seat or commissions()[n % 4]
    drafting.revise(mine(), Project(title, commission.id, summary, DESCRIPTION), seen=None, actor=met(owner_id))
    by_lines = bool(mine().call.budget_rules)
    if not hand_in:
        if by_lines:
            drafting.revise(mine(), demo_budget.begun(MAD), seen=None, actor=met(owner_id))
        give_papers(mine, lambda: met(owner_id), late=True)
        return application_id
    cost, asked = Money.of(requested * 2, MAD), Money.of(requested, MAD)
    budget = demo_budget.plan(cost, asked, 18) if by_lines else Budget(cost, asked, 18)
    drafting.revise(mine(), budget, seen=None, actor=met(owner_id))
    for part in outline(mine()).parts:
        given = {one.id: ANSWERS[one.id] for one in part.questions if one.shown_if is None}
        drafting.revise(mine(), Answered(part, given), seen=None, actor=met(owner_id))
    if mine().call.required:
        give_papers(mine, lambda: met(owner_id))
    else:
        _proposal(mine, owner_id, f"dossier-{n + 1}.pdf", title)
    screening.submit(mine(), actor=met(owner_id))
    return application_id


def _proposal(mine: Callable[[], Application], owner_id: Any, filename: str, title: str) -> None:
    """The whole proposal as one PDF, for a call that lists no documents."""
    settings: Settings = current_app.extensions["settings"]
    kept_in, limit_mb = storage(settings), settings.upload_limit_mb
    drafting.attach(mine(), filename, evidence(title), storage=kept_in, limit_mb=limit_mb, actor=met(owner_id))


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
        call_id = _published(who, fund_id, draft, by_lines=True)
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
            reviewed(who, application_id, n, whole=n != 6)
    first_grant(who, call_id)
    weighed(who, call_id)
    _clarified(who, made[1])
    demo_plan.propose(call_id, commissions()[7 % 4].id, partial(met, who["chair"]))


def _clarified(who: dict[str, Any], application_id: Any) -> None:
    """The visitor's second project: one question answered, one that waits."""
    with days_ago(9) as at:
        officer = met(who["officer"])
        clarification.ask(applications.file(officer, application_id), ASKED[0], at + timedelta(days=4), actor=officer)
    with days_ago(7):

        def asked() -> Clarification:
            found = clarification_queries.of_application(applications.own_application(applicant(), application_id))
            return clarification_queries.own(applicant(), found[0].id)

        def applicant() -> Person:
            return met(who["applicant"])

        clarification.write(asked(), CLARIFIED, None, actor=applicant())
        clarification.send(asked(), actor=applicant())
    with days_ago(1) as at:
        officer = met(who["officer"])
        due_at = (at + timedelta(days=8)).replace(hour=16, minute=0, second=0, microsecond=0)
        clarification.ask(applications.file(officer, application_id), ASKED[1], due_at, actor=officer)


def _marked_call(who: dict[str, Any], fund_id: Any) -> None:
    """Mawahib: twelve projects of one commission, marked by six reviewers but for one: what statistics are about."""
    with days_ago(75) as at:
        title = Words(
            fr="Mawahib 2026 : services mobiles", ar="مواهب 2026: الخدمات المتنقلة", en="Mawahib 2026: mobile"
        )
        draft = _draft("2026-MAWAHIB", title, at, at + timedelta(days=45), 8000, 900_000, 1)
        first = commissions()[0]
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
        ids += [demo_marks.newcomer(name, first, met(who["admin"])) for name in demo_marks.NEWCOMERS]
    meet, chair = [partial(met, one) for one in ids], partial(met, who["chair"])
    with days_ago(28):
        demo_panel.know(meet, chair)
        demo_panel.bid(call_id, first, made, meet)
        stand_in = partial(met, demo_marks.newcomer("Anas Berrechid", commissions()[1], met(who["admin"])))
    demo_marks.mark(made, meet, chair)
    demo_panel.sit(call_id, meet, stand_in, chair)
    demo_marks.plan_session(call_id, first.id, chair)


def _blind_call(who: dict[str, Any], fund_id: Any) -> None:
    """Imkan: double-blind; two projects in the hands of the reviewers, the first being marked."""
    with days_ago(40) as at:
        title = Words(
            fr="Imkan 2026 : santé numérique", ar="إمكان 2026: الصحة الرقمية", en="Imkan 2026: digital health"
        )
        draft = _draft("2026-IMKAN", title, at, at + timedelta(days=25), 8000, 1_000_000, 1)
        first = commissions()[0]
        envelopes = {first.id: Money.of(1_500_000, MAD)}
        draft = replace(draft, envelopes=envelopes, blindness=Blindness.DOUBLE)
        call_id = _published(who, fund_id, draft, asks=demo_blind.asks(), by_lines=True)
    made = []
    for n in (24, 25):
        with days_ago(46 - n):
            made.append(_applied(call_id, n, _owner(n), 700_000 + 50_000 * (n % 2), seat=first))
    with days_ago(14):
        call_flow.close_due()
        _screened(who, call_id, made)
    reviewers = [partial(met, who[key]) for key in ("reviewer", "reviewer2", "reviewer3")]
    demo_blind.in_hand(made, reviewers, partial(met, who["chair"]))


def _screened(who: dict[str, Any], call_id: Any, made: Sequence[Any]) -> None:
    """All admissible and eligible; the commissions begin."""
    for application_id in made:
        for verb in (screening.admit, screening.find_eligible):
            officer = met(who["officer"])
            verb(applications.file(officer, application_id), actor=officer)
    call_flow.evaluate(calls.followed_call(met(who["officer"]), call_id), actor=met(who["officer"]))


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
        gather(draft_id, *(partial(met, who[key]) for key in ("applicant", "partner2", "partner")))
        written = applications.own_application(met(who["applicant"]), draft_id)
        shared = demo_budget.begun(MAD, list(written.members)[1:])
        drafting.revise(written, shared, seen=None, actor=met(who["applicant"]))


def _keep_quiet() -> None:
    """What the story would have mailed was mailed then: nobody receives it today."""
    with transaction():
        quiet = update(Promise).where(Promise.status.in_([Status.WAITING, Status.HELD]))
        db.session.execute(quiet.values(status=Status.DROPPED, last_error="demo: it would have been sent then"))
