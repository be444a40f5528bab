"""The demo's milestones and support in kind: what its calls propose, and how its first grant is followed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from grants.awards import milestone_queries as queries
from grants.awards.models import Agreement, Milestone, SupportRequest
from grants.calls.follow_up import FollowUp, MilestoneRule, ReportQuestion, SupportKind
from grants.calls.questionnaire import Kind
from grants.cli.demo_people import days_ago, met
from grants.core.db import db
from grants.core.i18n import Words
from workflows import in_kind, milestone
from workflows.in_kind import SupportDraft
from workflows.milestone import MilestoneDraft

RULES = FollowUp(
    (
        MilestoneRule(
            Words(fr="Prototype présenté", ar="عرض النموذج الأولي", en="Prototype shown"),
            6,
            Words(fr="Un prototype utilisable et le compte rendu des essais.", en="A usable prototype and its tests."),
            instalment=2,
        ),
        MilestoneRule(
            Words(fr="Pilote en service", ar="تشغيل المشروع التجريبي", en="Pilot in service"),
            12,
            Words(fr="Trois sites équipés, les comptes de la période.", en="Three sites equipped, the accounts."),
            financial=True,
            instalment=3,
        ),
    ),
    (
        ReportQuestion(Words(fr="Ce qui a été fait et livré", ar="ما أُنجز وما سُلِّم", en="What was done and delivered")),
        ReportQuestion(
            Words(fr="Emplois créés à ce jour", ar="مناصب الشغل المحدثة إلى اليوم", en="Jobs created so far"),
            Kind.NUMBER,
            required=False,
        ),
        ReportQuestion(
            Words(fr="Dépenses de la période", ar="نفقات الفترة", en="Spent in the period"), Kind.MONEY, financial=True
        ),
        ReportQuestion(
            Words(fr="Écarts avec le budget", ar="الفوارق مع الميزانية", en="What differs from the budget"),
            financial=True,
            required=False,
        ),
    ),
    (
        SupportKind(
            Words(fr="Hébergement au technopark", ar="الاحتضان في الحظيرة التكنولوجية", en="Hosting in the park"),
            Words(fr="mois", ar="شهر", en="month"),
        ),
        SupportKind(
            Words(fr="Places de formation", ar="مقاعد التكوين", en="Training seats"),
            Words(fr="place", ar="مقعد", en="seat"),
        ),
    ),
)


def planned(who: dict[str, Any], agreement: Callable[[str], Agreement], starts: date) -> None:
    """The officer's plan: two milestones near, those of the call later, and support in kind beside the money."""
    proposals = [replace(one, instalment=one.instalment and 3) for one in milestone.proposed(agreement("officer"))]
    near = [
        MilestoneDraft("Équipe recrutée", starts + timedelta(days=12), "Les contrats de l’équipe.", instalment=2),
        MilestoneDraft("Cahier des charges validé", starts + timedelta(days=26), "Le cahier des charges, signé."),
    ]
    milestone.plan_milestones(agreement("officer"), [*near, *proposals], None, actor=met(who["officer"]))
    gifts = [SupportDraft("Hébergement au technopark", "mois", 12), SupportDraft("Places de formation", "place", 10)]
    in_kind.plan_supports(agreement("officer"), gifts, None, actor=met(who["officer"]))


def followed(who: dict[str, Any], agreement: Callable[[str], Agreement]) -> None:
    """The first report, asked about and accepted; the second is late; four seats are on their way."""
    first = db.session.scalars(select(Milestone.id).order_by(Milestone.due_on)).first()

    def mine(key: str) -> Milestone:
        assert first is not None  # noqa: S101 - planned above
        return queries.milestone(met(who[key]), first)

    answers = {"q-0": "Trois ingénieures recrutées, un bureau équipé.", "q-1": 3}
    with days_ago(16):
        milestone.write(mine("applicant"), answers, "", None, actor=met(who["applicant"]))
        milestone.submit_report(mine("applicant"), actor=met(who["applicant"]))
    with days_ago(14):
        asked = "Les trois contrats sont-ils à durée indéterminée ?"
        milestone.ask_about_report(mine("officer"), asked, actor=met(who["officer"]))
    with days_ago(13):
        reply = "Deux le sont ; le troisième le deviendra après six mois."
        milestone.write(mine("applicant"), answers, reply, None, actor=met(who["applicant"]))
        milestone.submit_report(mine("applicant"), actor=met(who["applicant"]))
    with days_ago(11):
        milestone.accept_report(mine("officer"), actor=met(who["officer"]))
    with days_ago(3):
        milestone.fall_due()
    seats = agreement("applicant").supports[1].id
    with days_ago(9):
        person = met(who["applicant"])
        in_kind.ask_support(queries.support(person, seats), 4, "La session de printemps.", actor=person)
    asked_for = db.session.scalars(select(SupportRequest.id)).one()
    with days_ago(8):
        in_kind.check_support(queries.support_request(met(who["officer"]), asked_for), actor=met(who["officer"]))
