"""The help page of a commission's session, for whoever leads it and for members."""

from grants.core.i18n import N_
from grants.web.public.guide import Guide

SESSION = Guide(
    "session",
    N_("A commission’s session"),
    "landmark",
    N_("The commission discusses the files, agrees on marks and amounts, ranks, and signs its minutes."),
    [
        (
            N_("Plan it, and prepare the agenda"),
            N_(
                "The chair gives a day and a place; every file of the commission is on the agenda. Put the files in the"
                " order you want and name a rapporteur for each."
            ),
        ),
        (
            N_("Open it, and enter"),
            N_(
                "Every member presses “I am here” on their own screen, or whoever leads writes them down. Who enters"
                " and who leaves stands in the minutes, with the hour. All screens follow by themselves."
            ),
        ),
        (
            N_("Bring up one file at a time"),
            N_(
                "The page shows the mean of the reviews, how far apart they lie, and whether there is a quorum on this"
                " very file. Discuss first those marked “To discuss”: the marks do not say whether they are funded."
            ),
        ),
        (
            N_("Step aside when you must"),
            N_(
                "A conflict of interest that nobody had seen: press “I step aside” and say why. The file leaves your"
                " screen, and so do the ranking and its totals. If the chair steps aside, the acting chair leads."
            ),
        ),
        (
            N_("Agree on a mark, an amount, or vote"),
            N_(
                "The consensus mark stands beside the individual ones, which stay. Write why, and who dissents in their"
                " own words. A vote counts those who sit; a file against which it goes is not proposed."
            ),
        ),
        (
            N_("Settle each file, watch the line"),
            N_(
                "The ranking moves at once: funded above the line of the envelope, reserve list below. Beside equal"
                " marks the page says which rule ordered them. Where nothing does, draw the lot."
            ),
        ),
        (
            N_("Close, read and sign"),
            N_(
                "Closing sends the ranking to the strategic committee and writes the minutes, as PDF and as a workbook,"
                " in three languages. Read them and sign with one press. A mistake is corrected by a new version, which"
                " says what changes and is signed again."
            ),
        ),
    ],
    [
        N_("No mark, no amount and no vote without a quorum on the file, once those who step aside are left out."),
        N_("Whoever steps aside gets nothing of the file: no page, no count, no total, no minutes before publication."),
        N_("One voice for each member who sits, once; in a secret vote nobody can find out who chose what."),
        N_("The seed of a lot is sealed before and published after: anybody can draw it again."),
        N_("Nothing of the log can be changed or taken out, by anybody."),
        N_("Every signature names the fingerprint of the text it was put under."),
    ],
)
