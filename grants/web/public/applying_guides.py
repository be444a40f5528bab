"""Two help pages for whoever fills in an application: the budget by an example, then documents, partners, questions."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from grants.applications.models import Certainty, Source
from grants.applications.reckoning import Conditions, Funding, Line, Reckoning, Spender, reckon
from grants.calls.budget_rules import BudgetRules, Category
from grants.core.i18n import N_, Text, Words
from grants.core.types import Money
from grants.people.models import OrganisationKind
from grants.web.public.guide import Guide

BUDGET = Guide(
    "budget",
    N_("The budget, by an example"),
    "calculator",
    N_("What the project costs, what the fund pays of it, who pays the rest: the page adds it up while you write."),
    [
        (
            N_("Write one line for each cost"),
            N_(
                "A category, a year, a few words, an amount without VAT: two engineers, a server, a study. In a"
                " consortium each line also says who spends it. A cost you forget is a cost you pay alone."
            ),
        ),
        (
            N_("Look at the caps"),
            N_(
                "The call may limit a category to a part of the whole, for example subcontracting to 30%. When a line"
                " is too much, the page names the category and says how much of it may stay."
            ),
        ),
        (
            N_("Give the rate of VAT"),
            N_(
                "If the call counts VAT, it is part of the eligible cost; if not, you pay it yourself. Your accountant"
                " knows whether you recover it."
            ),
        ),
        (
            N_("Read “Why not more”"),
            N_(
                "The fund pays a rate of the eligible cost. The rate, and sometimes a ceiling, depend on the kind of"
                " organisation: each partner’s lines are counted at its own. The whole stays under the ceiling of the"
                " call."
            ),
        ),
        (
            N_("Say who pays the rest"),
            N_(
                "Own money, a bank, an investor, another public body: co-financing must cover what the grant does not."
                " Say how certain each source is; the fund will ask for proof."
            ),
        ),
        (
            N_("Use your spreadsheet, if you prefer"),
            N_(
                "Paste rows from Excel, or fetch the workbook, fill it in and send it back. If a cell cannot be read,"
                " nothing changes and you receive the file with that cell in red."
            ),
        ),
    ],
    [
        N_("The amount is worked out from your lines: nobody has to compute it."),
        N_("Percentages are rounded down and VAT to the nearest, to the smallest unit of the currency."),
        N_("The same rules are applied again at the moment you submit, on the kinds of organisation of that moment."),
        N_("The receipt carries every line, and the rate and ceiling of each member."),
    ],
)
TOGETHER = Guide(
    "documents-and-partners",
    N_("Documents, partners, questions of the fund"),
    "paperclip",
    N_("What to attach, how partners join and sign, and how to answer when the fund asks."),
    [
        (
            N_("Attach what the call lists"),
            N_(
                "Each document has its own place, which says the kinds of file, how many, and how old it may be. If"
                " there is a template, download it, fill it in, send it back. A place in red says what is wrong."
            ),
        ),
        (
            N_("Take what you keep already"),
            N_(
                "Documents kept with your organisation are attached in one press. A certificate that is too old for"
                " the call is refused, with the day until which it counted."
            ),
        ),
        (
            N_("Invite each partner"),
            N_(
                "By e-mail, with its role in a line. Whoever receives it says which organisation takes part; an"
                " account is made on the way."
            ),
        ),
        (
            N_("Each partner does its part"),
            N_(
                "It reads the common part and its own lines of the budget, writes what it does, declares public aid"
                " if the call limits it, and attaches itself the documents asked of partners. You see what is missing."
            ),
        ),
        (
            N_("An owner of the partner signs"),
            N_(
                "That is the accession. It holds for the text that was read: if the project changes afterwards, the"
                " partner confirms. Documents and budget may change without a new signature."
            ),
        ),
        (
            N_("Answer the fund in time"),
            N_(
                "After you have submitted, the fund may ask for a clarification: an e-mail and a date. Write the"
                " answer, add files, send it once. Until you press Send, only your organisation sees it."
            ),
        ),
    ],
    [
        N_("An application cannot be submitted while a partner owes a signature or a document."),
        N_("A partner sees neither your documents nor those of another partner."),
        N_("What a partner attached goes with it when it leaves."),
        N_("A file is looked at before it is kept: a program that calls itself a PDF is refused."),
        N_("An answer to the fund is sent once, and only until its date."),
    ],
)

LEAD, PARTNER = UUID(int=1), UUID(int=2)


class Example(NamedTuple):
    """A budget small enough to follow with a pencil, added up by the program itself."""

    lines: Sequence[tuple[str, Category | None, Text, Line]]
    rate: int
    ceiling: Money
    sums: Reckoning


def example() -> Example:
    """A start-up and a university; the call pays 70 % to companies, 100 % to universities, 500 000 at most."""
    rules = BudgetRules(
        (
            Category("STAFF", Words(fr="Personnel", ar="الموارد البشرية", en="Staff")),
            Category("EQUIP", Words(fr="Équipement", ar="المعدات", en="Equipment")),
            Category("SUB", Words(fr="Sous-traitance", ar="المناولة", en="Subcontracting"), 3_000),
        ),
        {OrganisationKind.UNIVERSITY: 10_000},
        {OrganisationKind.UNIVERSITY: 10_000_000},
        vat=True,
    )
    spenders = {LEAD: Spender("Sahel Capteurs", OrganisationKind.STARTUP)}
    spenders[PARTNER] = Spender("Université des Oasis", OrganisationKind.UNIVERSITY)
    ceiling = Money.of(500_000, "MAD")
    written = (
        (N_("Two engineers for a year"), Line("STAFF", 1, "", Money.of(360_000, "MAD"), 0, LEAD)),
        (N_("Sensors and a server"), Line("EQUIP", 1, "", Money.of(100_000, "MAD"), 2_000, LEAD)),
        (N_("A mobile application"), Line("SUB", 1, "", Money.of(100_000, "MAD"), 2_000, LEAD)),
        (N_("A doctoral student"), Line("STAFF", 1, "", Money.of(120_000, "MAD"), 0, PARTNER)),
    )
    own = Funding(Source.OWN, "", Money.of(200_000, "MAD"), Certainty.CONFIRMED)
    on = Conditions("MAD", rules, 7_000, ceiling, spenders)
    sums = reckon([line for _, line in written], [own], None, on)
    lines = [(on.spenders[line.organisation_id or LEAD].name, rules.category(line.category), text, line)
             for text, line in written]  # fmt: skip
    return Example(lines, on.rate, ceiling, sums)
