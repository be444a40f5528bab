"""The help page of the query language; its examples are tried by a test."""

from collections.abc import Sequence

from grants.core.i18n import N_, Text
from grants.web.public.guide import Guide

SEARCH = Guide(
    "search",
    N_("Searching applications"),
    "search",
    N_("One line finds, sorts out and counts applications, for programme officers and for chairs of commissions."),
    [
        (
            N_("Write words"),
            N_(
                "They are looked for in the reference, the title and the name of the organisation; capitals and accents"
                " do not matter. Between quotation marks, several words are one."
            ),
        ),
        (
            N_("Add conditions"),
            N_(
                "A key, a colon and a value. Everything you write must hold; a comma between values means one or the"
                " other; a minus in front means not."
            ),
        ),
        (
            N_("Compare"),
            N_(
                "Amounts, marks, counts and dates take <, <=, > and >=, or a range with two dots, whose ends are"
                " included and may be left open. 0.5M and 500k are amounts; 2026-05 is the whole month."
            ),
        ),
        (
            N_("Keep it"),
            N_(
                "The address holds the query, the order and the columns: send it to a colleague, who finds what they"
                " may see. Give a search a name to find it under the list."
            ),
        ),
        (
            N_("Go on from there"),
            N_(
                "Tick applications to act on them together: a page first says what will happen, to whom, and what is"
                " left out and why. A file opened from the list leads to the next and the previous one with Alt+J and"
                " Alt+K. The Excel and CSV files hold the same rows, columns and order."
            ),
        ),
    ],
    [
        N_("A search finds only what you may read; a file in which you have a conflict of interest is in no count."),
        N_("What tells of reviews and marks is understood in the lists of chairs only."),
        N_("A word that cannot be understood is shown, with what was expected; what you typed stays."),
        N_("Keys and values are also understood by their names in French, Arabic and English."),
    ],
)
ASKED: Sequence[tuple[str, Text]] = [
    ("state:submitted,admissible", N_("what is still to be screened")),
    ("mobile -organisation:atlas", N_("“mobile” anywhere, but not of an organisation called Atlas")),
    ('"point of sale" amount:100000..500000', N_("these words, and between 100 000 and 500 000 requested")),
    ("submitted>=2026-05 kind:startup", N_("start-ups that submitted in May 2026 or later")),
    ("state:in_review score>70 reviews<2", N_("a mean above 70 that rests on fewer than two reviews")),
    ("state:eligible reviewer:none", N_("eligible, and nobody is asked yet")),
    ("conflict:any", N_("a reviewer has declared a conflict and is to be replaced")),
    ("spread>20 -decision:funded,reserve", N_("marks more than 20 points apart, neither funded nor on reserve")),
]
