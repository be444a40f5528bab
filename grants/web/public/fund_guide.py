"""The help page of whoever follows a fund: its figures, its journal, its years."""

from grants.core.i18n import N_
from grants.web.public.guide import Guide

FUND = Guide(
    "fund",
    N_("A fund and its journal"),
    "landmark",
    N_("Every figure leads to the lines behind it; every line is sealed; years close for good."),
    [
        (
            N_("Press a figure to see where it comes from"),
            N_(
                "On the dashboard and on the page of balances, each amount opens the journal with the lines that make"
                " it. What enters counts for, what leaves counts against, and the sum is the figure you pressed."
            ),
        ),
        (
            N_("Look back to any day"),
            N_(
                "“Balances on a day” recomputes what stood where at the end of that day: by value date, or by the day"
                " on which it was written. For the fund, its calls, commissions, agreements or instalments."
            ),
        ),
        (
            N_("Open credit from a donor"),
            N_(
                "Give the fiscal year, the document, the donor and the reference of its convention. The page of fiscal"
                " years shows credit by year and donor."
            ),
        ),
        (
            N_("Move credit between the fund and its calls"),
            N_(
                "The fund manager proposes with a reason; a member of the strategic committee confirms or refuses."
                " Nothing moves before. What waits for a proposal of a commission stays there."
            ),
        ),
        (
            N_("Close a fiscal year"),
            N_(
                "Choose whether credit that nobody reserved or committed is carried forward or lapses, and the last day"
                " for commitments. Once the year is over, close it: nothing more is posted with a value date in it."
            ),
        ),
        (
            N_("Return credit to the fund"),
            N_(
                "What lapsed, was recovered or was repaid waits apart. The fund manager returns it to the fund under a"
                " document of its own; it can then be allocated again."
            ),
        ),
        (
            N_("Record exchange rates, for information"),
            N_(
                "A rate has a day and a source, and is never edited. It only shows what the fund is worth elsewhere:"
                " the fund is kept in its own currency, and no rate is guessed."
            ),
        ),
        (
            N_("Prove the journal"),
            N_(
                "“Proof” recomputes every operation, balance and hash while you wait. Note the head of the chain: it"
                " shows later that nothing before it has changed."
            ),
        ),
    ],
    [
        N_("An operation with a value date in a closed year is refused by the database itself."),
        N_("Nobody confirms the transfer they proposed."),
        N_("Amounts of two currencies are never added."),
    ],
)
