"""What happened to an application, in words."""

from typing import NamedTuple

from grants.core.i18n import N_, Text


class Happening(NamedTuple):
    label: Text
    icon: str
    kind: str = ""


OWN = {  # done by the applicant's people
    "application.begin": Happening(N_("Draft begun"), "file-plus"),
    "application.revise": Happening(N_("Answers changed"), "pencil"),
    "application.aid": Happening(N_("Public aid declared"), "pencil"),
    "application.attach": Happening(N_("Document added"), "paperclip"),
    "application.detach": Happening(N_("Document removed"), "trash-2"),
    "application.submit": Happening(N_("Submitted"), "send", "ok"),
    "application.reopen": Happening(N_("Reopened"), "undo-2"),
    "application.withdraw": Happening(N_("Withdrawn"), "circle-x"),
    "application.appeal": Happening(N_("Appeal filed"), "scale", "info"),
    "application.appeal_withdrawn": Happening(N_("Appeal withdrawn"), "undo-2"),
}
SCANNING = {  # done by the clock
    "application.quarantine": Happening(N_("A virus was found in a document"), "shield-alert", "bad"),
}
SCREENING = {  # done by the fund, told to the applicant
    "application.declare_incomplete": Happening(N_("Completion asked for"), "file-clock", "info"),
    "application.admit": Happening(N_("Declared admissible"), "circle-check", "ok"),
    "application.refuse_admission": Happening(N_("Declared inadmissible"), "circle-x"),
    "application.find_eligible": Happening(N_("Declared eligible"), "circle-check", "ok"),
    "application.find_ineligible": Happening(N_("Declared ineligible"), "circle-x"),
    "application.appeal_upheld": Happening(N_("Appeal upheld"), "circle-check", "ok"),
    "application.appeal_dismissed": Happening(N_("Appeal dismissed"), "circle-x"),
}
EVALUATION = {  # the commission's business until the decision is notified
    "application.start_review": Happening(N_("Review started"), "scale"),
    "application.mark_reviewed": Happening(N_("All reviews are in"), "list-checks", "ok"),
    "application.resume_review": Happening(N_("Review resumed"), "scale"),
    "application.rank": Happening(N_("Ranked"), "list-ordered"),
    "application.decide": Happening(N_("Decided"), "gavel", "ok"),
}
PARTNERSHIP = {  # what happened between a lead and a partner, told to both
    "partner.invite": Happening(N_("Invited"), "mail"),
    "partner.remind": Happening(N_("Asked again"), "mail"),
    "partner.accept_partnership": Happening(N_("Invitation accepted"), "handshake", "ok"),
    "partner.decline_partnership": Happening(N_("Invitation declined"), "circle-x"),
    "partner.revise": Happening(N_("What it says of itself changed"), "pencil"),
    "partner.accede": Happening(N_("Acceded"), "signature", "ok"),
    "partner.leave_consortium": Happening(N_("Left the consortium"), "log-out"),
    "partner.remove_partner": Happening(N_("Removed by the lead"), "user-round-x"),
}
APPLICANT_SEES = OWN | SCANNING | SCREENING
FUND_SEES = APPLICANT_SEES | EVALUATION
