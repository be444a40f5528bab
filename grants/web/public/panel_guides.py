"""What the help says about panels: to reviewers, and to chairs."""

from grants.core.i18n import N_

FOR_REVIEWERS = [
    (
        N_("Answer an invitation"),
        N_(
            "A chair may ask you to sit in a commission for one call. The letter has two links; each opens a page with"
            " one button. Nothing happens before you press it. “My panels” shows every invitation too."
        ),
    ),
    (
        N_("Say what you know and when you are away"),
        N_(
            "Under “My expertise”: topics, keywords, days without reviews. Chairs read it when they give out"
            " applications."
        ),
    ),
    (
        N_("Say what you would review"),
        N_(
            "Once the call is closed, five levels from eager to not able for each application; the keys 1 to 5 choose,"
            " and what you say is saved at once. A conflict of interest is not a level: declare it, with its reason."
        ),
    ),
]
REVIEWERS_CHECKS = [
    N_("An application with which you have a conflict of interest, declared or found, is never in your list."),
]
FOR_CHAIRS = [
    (
        N_("Name the topics"),
        N_(
            "Each with the beginnings of words that betray it, in any language. Reviewers say which topics they know,"
            " and the panel’s page shows the topics that applications are about and nobody covers."
        ),
    ),
    (
        N_("Make up the panel"),
        N_(
            "Invite by mail, with dates and the most reviews each will do. An invitation without an answer is reminded"
            " after two days and ends at its date. When somebody declines or stays silent, the page proposes another:"
            " the closest expertise first, then the fewest reviews in hand."
        ),
    ),
]
CHAIRS_CHECKS = [
    N_("Whoever was invited and has not accepted is asked for no review in that call."),
    N_("Two chairs who invite the same person at once send one letter."),
]
