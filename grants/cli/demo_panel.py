"""The demo's panel: topics, what each reviewer knows, bids, a seat declined and a substitute to invite."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from grants.cli.demo_people import commissions, days_ago
from grants.clusters.models import Commission
from grants.core.clock import now
from grants.core.i18n import Words
from grants.people.models import Person
from grants.reviews import bidding, panel_queries, panel_service
from grants.reviews.panel_models import BidLevel
from grants.reviews.topics import topics_of
from workflows import panel
from workflows.panel import Terms

TOPICS = {
    "MOB": [
        (
            Words(fr="Santé à distance", ar="الصحة عن بعد", en="Remote health"),
            ["telesurveillance", "vaccin", "sante", "صح"],
        ),
        (
            Words(fr="Agriculture et pêche", ar="الفلاحة والصيد البحري", en="Farming and fishing"),
            ["irrigation", "cooperative", "huile", "olive", "peche", "criee", "legume"],
        ),
        (
            Words(fr="Transport et livraison", ar="النقل والتوصيل", en="Transport and delivery"),
            ["camion", "livraison", "tournee", "covoiturage", "depann", "livre"],
        ),
        (
            Words(fr="Éducation et culture", ar="التعليم والثقافة", en="Education and culture"),
            ["scolaire", "conte", "recit", "billet", "festival"],
        ),
        (
            Words(fr="Secours et sécurité civile", ar="الإغاثة والوقاية المدنية", en="Rescue and civil safety"),
            ["secours", "alerte"],
        ),
    ],
    "SEC": [
        (
            Words(fr="Paiement électronique", ar="الأداء الإلكتروني", en="Electronic payment"),
            ["paiement", "carte", "أداء"],
        ),
        (Words(fr="Lutte contre la fraude", ar="مكافحة الاحتيال", en="Fraud prevention"), ["fraude", "احتيال"]),
        (
            Words(fr="Signature et preuve", ar="التوقيع والإثبات", en="Signature and evidence"),
            ["signature", "certificat"],
        ),
    ],
    "MUL": [
        (
            Words(fr="Audio et vidéo", ar="السمعي والبصري", en="Audio and video"),
            ["podcast", "audio", "video", "doublage"],
        ),
        (Words(fr="Patrimoine", ar="التراث", en="Heritage"), ["medina", "patrimoine", "visite"]),
    ],
    "LOG": [
        (
            Words(fr="Gestion d’entreprise", ar="تدبير المقاولات", en="Business software"),
            ["gestion", "compta", "factur"],
        ),
        (Words(fr="Outils hors ligne", ar="أدوات دون اتصال", en="Offline tools"), ["hors ligne"]),
    ],
}
KNOWN = (  # of the n-th reviewer: places in the first commission's list, and keywords
    ((0, 1), ["USSD", "capteurs"]),
    ((1, 2), ["logistique", "cartographie"]),
    ((3,), ["تطبيقات الهاتف", "darija"]),
    ((0, 3), ["protection des données"]),
    ((2,), ["tarification"]),
    ((1, 3), ["coopératives", "USSD"]),
)
LEVELS = (BidLevel.EAGER, BidLevel.WILLING, BidLevel.NEUTRAL, BidLevel.WILLING, BidLevel.RELUCTANT, BidLevel.UNABLE)
DECLINED = "En mission à l’étranger jusqu’à la fin des évaluations."


def know(meet: Sequence[Callable[[], Person]], chair: Callable[[], Person]) -> None:
    """Topics of every commission, then what each reviewer of the first one knows."""
    for commission in commissions():
        for name, words in TOPICS[commission.code]:
            panel_service.add_topic(commission, name, words, actor=chair())
    offered = [one.id for one in topics_of([one.id for one in commissions()])]
    first = [one.id for one in topics_of([commissions()[0].id])]
    for met, (places, keywords) in zip(meet, KNOWN, strict=True):
        panel_service.say_expertise([first[at] for at in places], offered, keywords, None, actor=met())


def bid(call_id: Any, commission: Commission, made: Sequence[UUID], meet: Sequence[Callable[[], Person]]) -> None:
    """Everybody bids for most of the applications."""
    for k, met in enumerate(meet):
        sitting = bidding.sitting(met(), call_id, commission.id)
        wishes = {id: LEVELS[(2 * n + 3 * k) % len(LEVELS)] for n, id in enumerate(made) if (n + k) % 5}
        panel_service.keep_bids(sitting, wishes, actor=met())


def sit(call_id: Any, meet: Sequence[Callable[[], Person]], stand_in: Any, chair: Callable[[], Person]) -> None:
    """One seat accepted with its limits, one declined (a substitute is proposed), one that waits for its answer."""
    first = commissions()[0]
    commission_id = first.id
    offered = [one.id for one in topics_of([commission_id])]
    panel_service.say_expertise([offered[4], offered[2]], offered, ["secours en montagne"], None, actor=stand_in())

    def invite(name: str, email: str, terms: Terms) -> Any:
        board = panel_queries.panel_of(chair(), call_id, commission_id)
        return panel.invite_member(board, name, email, terms, actor=chair()).id

    with days_ago(6):
        known = meet[0]()
        id = invite(known.name, known.email, Terms(most=8, least=2, days=7))
        panel.accept_seat(panel_queries.own_seat(meet[0](), id), actor=meet[0]())
    with days_ago(4):
        id = invite("Nawal Cherkaoui", "cherkaoui@demo.example", Terms(most=6, days=10))
        seat = panel_queries.led_seat(chair(), id)
        panel.decline_seat(seat, DECLINED, actor=seat.person, link_id=seat.link_id)
    with days_ago(1):
        invite("Sofia Lamrani", "lamrani@demo.example", Terms(most=6, days=8))
    day = now().date()
    panel_service.be_away(day + timedelta(days=3), day + timedelta(days=9), actor=meet[1]())
