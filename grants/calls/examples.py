"""Two published schemes to start a call from, as labelled examples: every value can be changed.

Source: Intilak (companies under two years old, 90 %, at most 1 000 000 MAD incl. VAT) and Tatwir (companies over two
years old, clusters or consortia, 50 %, at most 4 000 000 MAD incl. VAT), as their operator published them; both are
zero-interest repayable. The rubric, the questions and their words are ours. Their rules are those same sources': the
age as the months completed on the closing date, and in Tatwir the age only for companies, since clusters
(associations) may apply too; the composition of a consortium is not among them.
"""

from dataclasses import dataclass
from decimal import Decimal

from grants.calls.eligibility import Rule
from grants.calls.example_questions import INTILAK_ASKS, TATWIR_ASKS
from grants.calls.models import Instrument
from grants.calls.questionnaire import Outline
from grants.calls.rules import Age, Kinds
from grants.calls.service import CriterionDraft
from grants.calls.ties import OneApplication
from grants.core.i18n import Words
from grants.people.models import OrganisationKind as Kind


@dataclass(frozen=True)
class Example:
    """What a call is filled with. `funding_rate` in hundredths of a percent; `ceiling` in dirhams (MAD)."""

    name: str
    title: Words
    summary: Words
    funding_rate: int
    ceiling: Decimal
    instalments: tuple[int, ...]
    criteria: tuple[CriterionDraft, ...]
    rules: tuple[Rule, ...] = ()
    asks: Outline = Outline()
    instrument: Instrument = Instrument.REPAYABLE_ADVANCE


INNOVATION = (
    Words(fr="Caractère innovant", ar="الطابع الابتكاري", en="Innovation"),
    Words(
        fr="Nouveauté face à ce qui existe, verrou technique levé, propriété intellectuelle.",
        ar="الجدة مقارنة بما هو موجود، والعائق التقني المتجاوَز، والملكية الفكرية.",
        en="What is new compared with what exists, the technical obstacle removed, intellectual property.",
    ),
)
MARKET = (
    Words(fr="Marché et modèle économique", ar="السوق والنموذج الاقتصادي", en="Market and business model"),
    Words(
        fr="Besoin démontré, clients visés, revenus attendus.",
        ar="حاجة مثبتة، وزبائن مستهدفون، ومداخيل متوقعة.",
        en="A proven need, the customers aimed at, the income expected.",
    ),
)
TEAM = (
    Words(fr="Équipe", ar="الفريق", en="Team"),
    Words(
        fr="Compétences réunies, disponibilité, partenaires.",
        ar="الكفاءات المجتمعة، والتفرغ، والشركاء.",
        en="Skills brought together, time available, partners.",
    ),
)
FEASIBILITY = (
    Words(fr="Faisabilité et calendrier", ar="قابلية الإنجاز والجدول الزمني", en="Feasibility and schedule"),
    Words(
        fr="Étapes réalistes, budget justifié, risques connus.",
        ar="مراحل واقعية، وميزانية مبررة، ومخاطر معروفة.",
        en="Realistic steps, a justified budget, known risks.",
    ),
)
IMPACT = (
    Words(fr="Retombées", ar="الأثر", en="Impact"),
    Words(
        fr="Emplois, filière, territoire, environnement.",
        ar="مناصب الشغل، والقطاع، والتراب، والبيئة.",
        en="Jobs, the sector, the region, the environment.",
    ),
)
COOPERATION = (
    Words(fr="Qualité du groupement", ar="جودة التجمع", en="Quality of the consortium"),
    Words(
        fr="Rôle de chaque partenaire, lien entre entreprise et recherche.",
        ar="دور كل شريك، والصلة بين المقاولة والبحث.",
        en="The role of each partner, the link between business and research.",
    ),
)


def _rubric(*lines: tuple[tuple[Words, Words], int]) -> tuple[CriterionDraft, ...]:
    return tuple(CriterionDraft(label, guidance, weight) for (label, guidance), weight in lines)


INTILAK = Example(
    "intilak",
    Words(fr="Intilak : jeunes entreprises", ar="انطلاق: المقاولات الناشئة", en="Intilak: young companies"),
    Words(
        fr="Pour les entreprises de moins de deux ans qui développent un produit ou un service numérique innovant."
        " Avance remboursable sans intérêt.",
        ar="للمقاولات التي يقل عمرها عن سنتين وتطور منتجا أو خدمة رقمية مبتكرة. تسبيق قابل للاسترجاع دون فوائد.",
        en="For companies under two years old that develop an innovative digital product or service."
        " A repayable advance without interest.",
    ),
    9_000,
    Decimal(1_000_000),
    (40, 40, 20),
    _rubric((INNOVATION, 30), (MARKET, 25), (TEAM, 20), (FEASIBILITY, 15), (IMPACT, 10)),
    (Kinds((Kind.STARTUP, Kind.COMPANY)), Age(most=24), OneApplication()),
    INTILAK_ASKS,
)
TATWIR = Example(
    "tatwir",
    Words(
        fr="Tatwir : entreprises et groupements", ar="تطوير: المقاولات والتجمعات", en="Tatwir: companies and consortia"
    ),
    Words(
        fr="Pour les entreprises de plus de deux ans, les clusters et les groupements qui mènent un projet de recherche"
        " et développement. Avance remboursable sans intérêt.",
        ar="للمقاولات التي يزيد عمرها عن سنتين وللتكتلات والتجمعات التي تنجز مشروع بحث وتطوير."
        " تسبيق قابل للاسترجاع دون فوائد.",
        en="For companies over two years old, clusters and consortia that carry out a research and development project."
        " A repayable advance without interest.",
    ),
    5_000,
    Decimal(4_000_000),
    (30, 30, 25, 15),
    _rubric((INNOVATION, 30), (COOPERATION, 20), (MARKET, 20), (FEASIBILITY, 20), (IMPACT, 10)),
    (
        Kinds((Kind.STARTUP, Kind.COMPANY, Kind.ASSOCIATION)),
        Age(least=24, only_for=(Kind.STARTUP, Kind.COMPANY)),
        OneApplication(),
    ),
    TATWIR_ASKS,
)
EXAMPLES = {one.name: one for one in (INTILAK, TATWIR)}
