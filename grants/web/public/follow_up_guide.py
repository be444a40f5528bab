"""What the help says about milestones, reports, instalments that wait and support in kind."""

from grants.core.i18n import N_
from grants.web.public.guide import Guide

FOLLOW_UP = Guide(
    "milestones",
    N_("Milestones and payments"),
    "flag",
    N_("How a grant is followed once it is decided: what is delivered by when, what is paid when, what is kept back."),
    [
        (
            N_("Read how the call pays"),
            N_(
                "The page of each call says what it gives, the share of each instalment, whether the first one is paid"
                " in advance, and how much of each interim payment is kept back until the balance payment."
            ),
        ),
        (
            N_("Read the milestones of the agreement"),
            N_(
                "They are planned while the agreement is prepared and are part of what is signed. Each has a date,"
                " deliverables, the report it asks for and sometimes an instalment that waits for it."
            ),
        ),
        (
            N_("Put the dates in your calendar"),
            N_("“My dates” gives an address that your calendar reads: milestones, instalments, deadlines."),
        ),
        (
            N_("Write the report"),
            N_(
                "From the page of the agreement, as early as you like. What you write is saved as you write; files are"
                " scanned for viruses. Submit when it is complete."
            ),
        ),
        (
            N_("Answer the fund’s question"),
            N_("If the officer asks for a clarification, answer on the same page, mend the report, submit again."),
        ),
        (
            N_("Claim the instalment that waited"),
            N_("It opens once the report is accepted, in whole or in part, or the milestone waived."),
        ),
        (
            N_("Ask for support in kind"),
            N_(
                "Months of hosting, training seats: ask for as many as are left. An officer checks, the authorising"
                " officer certifies, a second officer records the delivery. No money moves."
            ),
        ),
    ],
    [
        N_("An instalment that waits for a milestone can be neither claimed nor certified before."),
        N_("A rejected report may be written again; only the authorising officer waives a milestone, with a reason."),
        N_("Nobody holds two of: check, certify, deliver, on one request for support in kind."),
        N_("Partners of the project read its milestones and reports; the beneficiary writes them."),
    ],
)
