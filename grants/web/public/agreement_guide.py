"""The help page of agreements: for those who draw them up, sign them, change them and close them."""

from grants.core.i18n import N_
from grants.web.public.guide import Guide

AGREEMENT = Guide(
    "agreement",
    N_("An agreement, from the text to the closeout"),
    "signature",
    N_("The fund words it, the accountant approves it, every party signs; amendments change it, two people close it."),
    [
        (
            N_("Word it once"),
            N_(
                "Under “Texts of agreements”, a programme officer writes the clauses of each fund, for each kind of"
                " aid, in three languages. A place such as {amount} is filled for each agreement."
            ),
        ),
        (
            N_("Prepare it, and get the visa"),
            N_(
                "The officer gives dates and instalments, the authorising officer proposes the commitment. The"
                " accountant goes through the list with its figures: calculation, credit, documents, authority."
            ),
        ),
        (
            N_("Send it, and sign in order"),
            N_(
                "Sending freezes the text. The lead signs first, then every partner, the authorising officer last:"
                " with a press, or on paper. Somebody of the fund compares each scan with the text."
            ),
        ),
        (
            N_("Change it by an amendment"),
            N_(
                "The lead asks, or the officer prepares: new dates, amount, schedule or budget. The page shows before"
                " and after. Once approved and signed, the accountant makes it effective and the commitment follows."
            ),
        ),
        (
            N_("Suspend, terminate, complete"),
            N_(
                "The authorising officer suspends with a reason and resumes. Terminating gives back what was not paid;"
                " what was paid may be recovered. The officer says when the project is completed."
            ),
        ),
        (
            N_("Close it"),
            N_(
                "The authorising officer proposes, the accountant closes. What was not used goes back to the"
                " commission. Nothing is closed while a claim is open."
            ),
        ),
    ],
    [
        N_("Every signature names the fingerprint of the same text, in every language."),
        N_("An instalment that has been claimed is not changed by an amendment."),
        N_("Whoever asked for an amendment or assessed it does not decide on it."),
        N_("Above the fund’s threshold the strategic committee decides on an amendment."),
    ],
)
