"""What the example calls ask besides project, budget and documents. The questions are ours; every one can be changed.

They ask what the two schemes' rubrics judge: market and team in Intilak, research and cooperation in Tatwir.
"""

from grants.calls.questionnaire import Choice, Condition, Kind, Outline, Part, Question
from grants.calls.tables import Cell, Column, Grid
from grants.core.i18n import Words

MARKET = Part(
    "market",
    Words(fr="Marché", ar="السوق", en="Market"),
    Words(
        fr="Le jury lit cette page pour noter le critère « Marché et modèle économique ».",
        ar="تقرأ اللجنة هذه الصفحة لتنقيط معيار «السوق والنموذج الاقتصادي».",
        en="The commission reads this page to mark “Market and business model”.",
    ),
    (
        Question(
            "customers",
            Kind.TEXT,
            Words(fr="Qui paiera, et combien ?", ar="من سيؤدي وكم؟", en="Who will pay, and how much?"),
            Words(
                fr="Clients visés, prix, ce qu’ils utilisent aujourd’hui.",
                ar="الزبائن المستهدفون، والثمن، وما يستعملونه اليوم.",
                en="Customers aimed at, price, what they use today.",
            ),
            limit=1_500,
        ),
        Question(
            "stage",
            Kind.CHOICE,
            Words(fr="Où en est le produit ?", ar="ما مرحلة المنتج؟", en="How far is the product?"),
            choices=(
                Choice("idea", Words(fr="Une idée", ar="فكرة", en="An idea")),
                Choice("prototype", Words(fr="Un prototype", ar="نموذج أولي", en="A prototype")),
                Choice("sold", Words(fr="Déjà vendu", ar="يُباع فعلاً", en="Already sold")),
            ),
        ),
        Question(
            "sales",
            Kind.MONEY,
            Words(
                fr="Ventes des douze derniers mois, hors taxes",
                ar="مبيعات الاثني عشر شهراً الأخيرة دون احتساب الرسوم",
                en="Sales of the last twelve months, without VAT",
            ),
            shown_if=Condition("stage", "sold"),
        ),
    ),
)
TEAM = Part(
    "team",
    Words(fr="Équipe", ar="الفريق", en="Team"),
    questions=(
        Question(
            "founders",
            Kind.TEXT,
            Words(
                fr="Qui porte le projet, avec quelles compétences ?",
                ar="من يحمل المشروع وبأي كفاءات؟",
                en="Who carries the project, with which skills?",
            ),
            limit=1_500,
        ),
        Question(
            "full_time",
            Kind.NUMBER,
            Words(
                fr="Personnes à temps plein sur le projet",
                ar="عدد المتفرغين للمشروع",
                en="People working full time on the project",
            ),
        ),
        Question(
            "people",
            Kind.TABLE,
            Words(fr="Les personnes du projet", ar="العاملون في المشروع", en="The people of the project"),
            Words(
                fr="Les fondateurs d’abord, puis qui travaille ou sera recruté.",
                ar="المؤسسون أولاً، ثم من يعمل أو سيُوظَّف.",
                en="The founders first, then who works on it or will be hired.",
            ),
            grid=Grid(
                (
                    Column("name", Words(fr="Nom", ar="الاسم", en="Name")),
                    Column("role", Words(fr="Rôle", ar="الدور", en="Role")),
                    Column("days", Words(fr="Jours par mois", ar="الأيام في الشهر", en="Days a month"), Cell.NUMBER),
                ),
                most=12,
            ),
        ),
    ),
)
ENGAGEMENT = Part(
    "engagement",
    Words(fr="Engagements", ar="الالتزامات", en="Commitments"),
    questions=(
        Question(
            "true",
            Kind.CONSENT,
            Words(
                fr="J’atteste que ce dossier est exact et que le fonds peut le vérifier.",
                ar="أشهد بصحة هذا الملف وبأن للصندوق أن يتحقق منه.",
                en="I certify that this application is true and that the fund may check it.",
            ),
        ),
    ),
)
RESEARCH = Part(
    "research",
    Words(fr="Recherche et développement", ar="البحث والتطوير", en="Research and development"),
    questions=(
        Question(
            "obstacle",
            Kind.TEXT,
            Words(
                fr="Quel verrou technique le projet lève-t-il ?",
                ar="ما العائق التقني الذي يتجاوزه المشروع؟",
                en="Which technical obstacle does the project remove?",
            ),
            limit=2_000,
        ),
        Question(
            "steps",
            Kind.TABLE,
            Words(fr="Les étapes du projet", ar="مراحل المشروع", en="The steps of the project"),
            Words(
                fr="Chaque étape finit par un résultat que l’on peut vérifier.",
                ar="تنتهي كل مرحلة بنتيجة يمكن التحقق منها.",
                en="Each step ends with a result that can be checked.",
            ),
            grid=Grid(
                (
                    Column("step", Words(fr="Étape", ar="المرحلة", en="Step")),
                    Column("result", Words(fr="Résultat vérifiable", ar="نتيجة قابلة للتحقق", en="Result to check")),
                    Column("ends", Words(fr="Fin prévue", ar="النهاية المتوقعة", en="Planned end"), Cell.DAY),
                    Column("cost", Words(fr="Coût", ar="الكلفة", en="Cost"), Cell.MONEY, needed=False),
                ),
                fewest=2,
                most=12,
            ),
        ),
        Question(
            "property",
            Kind.CHOICES,
            Words(fr="Propriété intellectuelle", ar="الملكية الفكرية", en="Intellectual property"),
            required=False,
            choices=(
                Choice("patent", Words(fr="Brevet", ar="براءة اختراع", en="Patent")),
                Choice("software", Words(fr="Logiciel déposé", ar="برنامج مودع", en="Registered software")),
                Choice("mark", Words(fr="Marque", ar="علامة تجارية", en="Trade mark")),
            ),
        ),
    ),
)
COOPERATION = Part(
    "cooperation",
    Words(fr="Coopération", ar="التعاون", en="Cooperation"),
    questions=(
        Question(
            "laboratory",
            Kind.CHOICE,
            Words(
                fr="Un laboratoire ou une université participe-t-il ?",
                ar="هل يشارك مختبر أو جامعة؟",
                en="Does a laboratory or a university take part?",
            ),
            choices=(
                Choice("yes", Words(fr="Oui", ar="نعم", en="Yes")),
                Choice("no", Words(fr="Non", ar="لا", en="No")),
            ),
        ),
        Question(
            "its_part",
            Kind.TEXT,
            Words(fr="Que fait-il dans le projet ?", ar="ما دوره في المشروع؟", en="What does it do in the project?"),
            limit=1_500,
            shown_if=Condition("laboratory", "yes"),
        ),
    ),
)
INTILAK_ASKS = Outline((MARKET, TEAM, ENGAGEMENT))
TATWIR_ASKS = Outline((RESEARCH, COOPERATION, ENGAGEMENT))
