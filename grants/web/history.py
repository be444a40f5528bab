"""What happened to an application, in words."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from grants.applications.accession import said
from grants.applications.models import Application
from grants.core.audit import Event
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
ASKED = {  # a clarification, in the applicant's words
    "clarification.ask": Happening(N_("The fund asks for a clarification"), "message-square", "info"),
    "clarification.answer_clarification": Happening(N_("Clarification given"), "message-square", "ok"),
    "clarification.take_back_clarification": Happening(N_("The fund takes its question back"), "undo-2"),
}
ASKED_IN_FULL = {
    "clarification.ask": Happening(N_("Clarification asked for"), "message-square", "info"),
    "clarification.answer_clarification": Happening(N_("Clarification answered"), "message-square", "ok"),
    "clarification.take_back_clarification": Happening(N_("Question taken back"), "undo-2"),
}
OF_PARTNERS = {  # the same as PARTNERSHIP, where the partner must be named
    "partner.invite": N_("%(who)s is invited as a partner"),
    "partner.remind": N_("%(who)s is asked again"),
    "partner.accept_partnership": N_("%(who)s accepts the invitation"),
    "partner.decline_partnership": N_("%(who)s declines the invitation"),
    "partner.revise": N_("%(who)s changes what it says of itself"),
    "partner.accede": N_("%(who)s accedes"),
    "partner.leave_consortium": N_("%(who)s leaves the consortium"),
    "partner.remove_partner": N_("%(who)s is removed by the lead"),
}
CLAIM = {  # the steps of a claim, for those who run the fund
    "claim.submit_claim": Happening(N_("Submitted"), "send", "ok"),
    "claim.check": Happening(N_("Checked"), "list-checks", "ok"),
    "claim.refuse": Happening(N_("Rejected"), "circle-x", "bad"),
    "claim.certify": Happening(N_("Delivery certified"), "badge-check", "ok"),
    "claim.liquidate": Happening(N_("Amount verified"), "calculator", "ok"),
    "claim.settle": Happening(N_("Closed without payment"), "circle-check", "ok"),
    "claim.order": Happening(N_("Payment ordered"), "stamp", "ok"),
    "claim.approve_order": Happening(N_("Order approved"), "circle-check", "ok"),
    "claim.return_order": Happening(N_("Order returned"), "undo-2", "bad"),
    "claim.remit_order": Happening(N_("Sent to the bank"), "landmark", "ok"),
    "claim.pay": Happening(N_("Paid"), "banknote", "ok"),
    "claim.paid_outside": Happening(N_("Paid outside"), "file-up", "ok"),
    "claim.return_payment": Happening(N_("Returned by the bank"), "undo-2", "bad"),
    "claim.reverse_payment": Happening(N_("Payment reversed"), "undo-2", "bad"),
}
APPLICANT_SEES = OWN | SCANNING | SCREENING
FUND_SEES = APPLICANT_SEES | EVALUATION
BY_THE_APPLICANT = {*OWN, *PARTNERSHIP, "clarification.answer_clarification"}

Told = list[tuple[Happening, Event, str | None]]


def for_applicant(application: Application, events: Sequence[tuple[Event, str | None]]) -> Told:
    """In public words; who did it is named among the applicant's and the partners' people alone."""
    found = _told(application, events, APPLICANT_SEES | ASKED)
    return [(what, event, name if event.name in BY_THE_APPLICANT else None) for what, event, name in found]


def for_fund(application: Application, events: Sequence[tuple[Event, str | None]]) -> Told:
    """In full."""
    return _told(application, events, FUND_SEES | ASKED_IN_FULL)


def of_claim(events: Sequence[tuple[Event, str | None]]) -> Told:
    """The steps of a claim, oldest first."""
    return [(CLAIM[event.name], event, name) for event, name in events if event.name in CLAIM]


def _told(application: Application, events: Sequence[tuple[Event, str | None]], seen: Mapping[str, Happening]) -> Told:
    partners = {one.id: one for one in application.partners}
    found: Told = []
    for event, name in events:
        if event.name in seen:
            found.append((seen[event.name], event, name))
        elif event.name in OF_PARTNERS and event.subject_id in partners:
            sentence = Text(OF_PARTNERS[event.name].id, {"who": said(partners[event.subject_id])})
            found.append((PARTNERSHIP[event.name]._replace(label=sentence), event, name))
    return found
