"""Our own wording of an agreement, clause by clause, for a fund that has not written its own.

An example to start from: a fund's lawyer has the last word. Places between braces are filled by
grants.awards.agreement_text.
"""

from dataclasses import dataclass
from typing import Any, Self

from grants.calls.models import Instrument
from grants.core.i18n import Words


@dataclass(frozen=True)
class Clause:
    """A heading and its paragraphs, in up to three languages."""

    title: Words
    body: Words

    @classmethod
    def of(cls, kept: dict[str, Any]) -> Self:
        return cls(Words(kept["title"]), Words(kept["body"]))

    def as_json(self) -> dict[str, Any]:
        return {"title": dict(self.title), "body": dict(self.body)}


def _clause(titles: tuple[str, str, str], bodies: tuple[str, str, str]) -> Clause:
    languages = ("fr", "ar", "en")
    return Clause(Words(dict(zip(languages, titles, strict=True))), Words(dict(zip(languages, bodies, strict=True))))


PURPOSE = _clause(
    ("Objet", "الموضوع", "Purpose"),
    (
        "La présente convention fixe les conditions dans lesquelles {fund} soutient le projet « {title} », retenu au "
        "titre de l’appel à projets {call} par la commission {commission}.\n\n"
        "Le projet est porté par {beneficiary}, ci-après « le bénéficiaire ».\n\n"
        "Les partenaires du groupement sont : {partners}. Chacun signe la présente convention.",
        "تحدد هذه الاتفاقية الشروط التي يدعم بموجبها {fund} مشروع «{title}» الذي تم انتقاؤه في إطار طلب المشاريع "
        "{call} من طرف لجنة {commission}.\n\n"
        "يحمل المشروع {beneficiary}، ويشار إليه فيما يلي بـ«المستفيد».\n\n"
        "شركاء التجمع هم: {partners}. ويوقع كل منهم هذه الاتفاقية.",
        "This agreement sets out the conditions under which {fund} supports the project “{title}”, selected under the "
        "call {call} by the commission {commission}.\n\n"
        "The project is led by {beneficiary}, “the beneficiary”.\n\n"
        "The partners of the consortium are: {partners}. Each of them signs this agreement.",
    ),
)
DURATION = _clause(
    ("Durée", "المدة", "Duration"),
    (
        "Le projet commence le {starts} et s’achève le {ends}. Aucune dépense engagée hors de cette période n’est "
        "prise en compte.",
        "يبدأ المشروع في {starts} وينتهي في {ends}. ولا تؤخذ في الاعتبار أي نفقة التزم بها خارج هذه الفترة.",
        "The project begins on {starts} and ends on {ends}. No cost incurred outside this period is taken into "
        "account.",
    ),
)
GRANT = _clause(
    ("Montant de l’aide", "مبلغ الدعم", "Amount"),
    (
        "L’aide est une subvention d’un montant maximal de {amount}. Elle est versée en {instalments} tranches, selon "
        "l’échéancier annexé.\n\n"
        "Une retenue de {retention} est pratiquée sur chaque paiement intermédiaire et libérée avec le solde.",
        "الدعم منحة لا يتجاوز مبلغها {amount}. وتصرف على {instalments} دفعات وفق الجدول الزمني الملحق.\n\n"
        "يقتطع {retention} من كل أداء وسيط ويصرف مع الرصيد.",
        "The aid is a grant of at most {amount}. It is paid in {instalments} instalments, on the schedule annexed.\n\n"
        "{retention} of each interim payment is kept back and released with the balance.",
    ),
)
ADVANCE = _clause(
    ("Montant de l’avance", "مبلغ التسبيق", "Amount of the advance"),
    (
        "L’aide est une avance remboursable sans intérêt d’un montant maximal de {amount}, versée en {instalments} "
        "tranches selon l’échéancier annexé.\n\n"
        "Une retenue de {retention} est pratiquée sur chaque paiement intermédiaire et libérée avec le solde.\n\n"
        "Le bénéficiaire rembourse les sommes reçues selon l’échéancier de remboursement notifié par le fonds.",
        "الدعم تسبيق قابل للاسترداد دون فائدة لا يتجاوز مبلغه {amount}، يصرف على {instalments} دفعات وفق الجدول الزمني "
        "الملحق.\n\n"
        "يقتطع {retention} من كل أداء وسيط ويصرف مع الرصيد.\n\n"
        "يسدد المستفيد المبالغ المتوصل بها وفق جدول السداد الذي يبلغه به الصندوق.",
        "The aid is an interest-free repayable advance of at most {amount}, paid in {instalments} instalments on the "
        "schedule annexed.\n\n"
        "{retention} of each interim payment is kept back and released with the balance.\n\n"
        "The beneficiary repays what it received on the repayment schedule that the fund notifies.",
    ),
)
IN_KIND = _clause(
    ("Soutien en nature", "الدعم العيني", "Support in kind"),
    (
        "Le soutien est apporté en nature, pour une valeur estimée à {amount} : hébergement, formation ou équipement, "
        "dans les quantités convenues avec le fonds. Il ne donne lieu à aucun versement.",
        "يقدم الدعم عينا بقيمة تقدر بـ{amount}: إيواء أو تكوين أو تجهيز، بالكميات المتفق عليها مع الصندوق. ولا يترتب "
        "عليه أي أداء نقدي.",
        "The support is given in kind, for an estimated value of {amount}: hosting, training or equipment, in the "
        "quantities agreed with the fund. No money is paid.",
    ),
)
PAYMENT = _clause(
    ("Versement", "الأداء", "Payment"),
    (
        "Chaque tranche est demandée par le bénéficiaire, pièces justificatives à l’appui. Le fonds paie ce qu’il a "
        "vérifié, sur le compte bancaire annexé et sur aucun autre.",
        "يطلب المستفيد كل دفعة مرفقة بوثائق الإثبات. ويؤدي الصندوق ما تحقق منه في الحساب البنكي الملحق دون غيره.",
        "The beneficiary claims each instalment with its supporting evidence. The fund pays what it has verified, to "
        "the bank account annexed and to no other.",
    ),
)
DUTIES = _clause(
    ("Obligations du bénéficiaire", "التزامات المستفيد", "Duties of the beneficiary"),
    (
        "Le bénéficiaire réalise le projet, tient une comptabilité distincte des dépenses, conserve les pièces dix "
        "ans, rend compte aux dates convenues et signale sans délai toute difficulté.\n\n"
        "Il facilite tout contrôle du fonds ou de ses auditeurs.",
        "ينجز المستفيد المشروع، ويمسك محاسبة منفصلة للنفقات، ويحتفظ بالوثائق عشر سنوات، ويقدم التقارير في مواعيدها، "
        "ويبلغ دون تأخير عن كل صعوبة.\n\n"
        "وييسر كل مراقبة يقوم بها الصندوق أو مدققوه.",
        "The beneficiary carries out the project, keeps separate accounts of its costs and the evidence for ten years, "
        "reports on the agreed dates and says without delay what goes wrong.\n\n"
        "It makes every check by the fund or its auditors possible.",
    ),
)
CHANGES = _clause(
    ("Modifications", "التعديلات", "Changes"),
    (
        "Les dates, le montant, l’échéancier et le budget ne changent que par un avenant écrit, signé par le "
        "bénéficiaire pour le groupement et visé par le comptable.",
        "لا تتغير التواريخ والمبلغ والجدول الزمني والميزانية إلا بملحق كتابي يوقعه المستفيد عن التجمع ويؤشر عليه "
        "المحاسب.",
        "Dates, amount, schedule and budget change only by a written amendment, signed by the beneficiary for the "
        "consortium and approved by the accountant.",
    ),
)
ENDING = _clause(
    ("Suspension et résiliation", "التعليق والفسخ", "Suspension and termination"),
    (
        "L’ordonnateur peut suspendre la convention, en motivant sa décision, ou la résilier en cas de manquement. Les "
        "sommes indûment versées sont reversées au fonds.",
        "يجوز للآمر بالصرف تعليق الاتفاقية بقرار معلل، أو فسخها عند الإخلال بها. وترد إلى الصندوق المبالغ المدفوعة دون "
        "وجه حق.",
        "The authorising officer may suspend the agreement, with reasons, or terminate it for breach. What was unduly "
        "paid is returned to the fund.",
    ),
)
OURS: dict[Instrument, tuple[Clause, ...]] = {
    Instrument.GRANT: (PURPOSE, DURATION, GRANT, PAYMENT, DUTIES, CHANGES, ENDING),
    Instrument.REPAYABLE_ADVANCE: (PURPOSE, DURATION, ADVANCE, PAYMENT, DUTIES, CHANGES, ENDING),
    Instrument.IN_KIND: (PURPOSE, DURATION, IN_KIND, DUTIES, CHANGES, ENDING),
}
