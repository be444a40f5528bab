"""The help page about conflicts of interest: for reviewers, chairs, and the officers who stand in for a chair."""

from grants.core.i18n import N_
from grants.reviews.detection import YEARS
from grants.web.public.guide import Guide

CONFLICTS = Guide(
    "conflicts",
    N_("Conflicts of interest"),
    "shield-alert",
    N_("How a conflict is declared or found, what it closes, and who settles it."),
    [
        (
            N_("Declare it yourself"),
            N_(
                "When you are asked for a review, or before, from “My conflicts of interest”: work, shares, a family"
                " link, a joint project, a dispute. The file is closed to you at once."
            ),
        ),
        (
            N_("Read what the product found"),
            N_(
                "It compares the people of the commission with the applicant and its partners: same organisation or"
                " group of companies, same e-mail domain, the name of a director, shareholder, relative or associate"
                " they declare, a membership that ended or a project shared in the last %(n)s years. Each is said in a"
                " sentence, with its dates.",
                n=YEARS,
            ),
        ),
        (
            N_("Settle it as chair"),
            N_(
                "On the commission’s page, “Conflicts of interest”: confirm, or dismiss with a reason, which is kept."
                " Until then the conflict stands. Nobody settles their own, nor one of a file they have a conflict"
                " with."
            ),
        ),
        (
            N_("Where no chair may"),
            N_(
                "When every chair of a commission has a conflict with a file, programme officers find it on their list"
                " of applications and settle in their place."
            ),
        ),
    ],
    [
        N_("Who has a conflict does not see the file, who reviews it, its marks, or a count that contains it."),
        N_("A conflict with one file closes the ranking, the statistics and every total of its commission to a chair."),
        N_("Nobody can be asked to review a file with which they have a conflict: the refusal says why."),
        N_("A confirmed conflict takes away the review of that person, even one already submitted."),
        N_("A dismissal covers what was known that day: a new project or a new membership asks again."),
    ],
    [
        (
            N_("I only share a name with a shareholder. What do I do?"),
            N_("Nothing: the chair sees “same name”, asks you if need be, and dismisses it with a reason."),
        ),
        (
            N_("My address is at a public mail service. Is that a conflict?"),
            N_("No. Addresses at services open to anybody, such as Gmail or Yahoo, are never compared."),
        ),
        (
            N_("I left the organisation last month. Does it still count?"),
            N_("Yes, for %(n)s years from the day you left.", n=YEARS),
        ),
        (
            N_("I declared a conflict by mistake."),
            N_(
                "Write to the chair. One that you declared from “My conflicts of interest” can be dismissed with a"
                " reason; one declared when a review was asked stands, and another reviewer is asked."
            ),
        ),
    ],
)
