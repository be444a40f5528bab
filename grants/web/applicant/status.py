"""How an application stands, in the applicant's words: never more than the applicant may know."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import url_for

from grants.appeals.models import Appeal, AppealState
from grants.appeals.queries import Refusal
from grants.applications.blockers import Blocker, blockers
from grants.applications.clarification_policy import EXAMINED as BEING_EXAMINED
from grants.applications.content import CONSORTIUM, Section, is_started, sections
from grants.applications.deadline import due_at, grace_said, in_time, is_taking
from grants.applications.models import EDITABLE, Application, Document
from grants.applications.models import ApplicationState as State
from grants.awards.models import Decision, DecisionState
from grants.calls.models import CallState
from grants.core.clock import arrival
from grants.core.i18n import N_, N_n, Text, Words
from grants.web.downloads import listed
from grants.web.filters import Tag
from grants.web.tags import tag_of

EVALUATED = Tag("violet", N_("Being evaluated"), "scale")  # how far the evaluation is, is the commission's business
EVALUATION = frozenset({State.IN_REVIEW, State.REVIEWED, State.RANKED})
TOLD = {
    DecisionState.FUNDED: N_("Your project is selected. The fund prepares the agreement and sends it for signature."),
    DecisionState.RESERVE: N_("Your project is on the reserve list: it will be funded if credit is freed."),
    DecisionState.REJECTED: N_("The strategic committee has not selected your project."),
}
DONE = Tag("ok", N_("Complete"), "check")
WRONG = Tag("bad", N_("To be corrected"), "circle-alert")
STARTED = Tag("info", N_("In progress"), "pencil")
TO_DO = Tag("none", N_("To do"))
LOCKED = Tag("ghost", N_("Not possible yet"), "lock")
READY = Tag("info", N_("Ready"), "send")
CHECK = N_("Check and submit")
OVER = Tag("none", N_("Closed"), "lock")


STAGES = (
    N_("Submitted"),
    N_("Checked by the fund"),
    N_("Evaluated by the commission"),
    N_("Decided by the strategic committee"),
    N_("Agreement and payments"),
)
CHECKED, EXAMINED, DECIDED, GRANTED = 1, 2, 3, 4  # places in STAGES
AT = {
    State.SUBMITTED: CHECKED,
    State.INCOMPLETE: CHECKED,
    State.ADMISSIBLE: CHECKED,
    State.ELIGIBLE: EXAMINED,
    **dict.fromkeys(EVALUATION, EXAMINED),
    State.DECIDED: DECIDED,
}
STOPPED = frozenset({State.INADMISSIBLE, State.INELIGIBLE})
APPEALED = {
    AppealState.FILED: N_("Your appeal is being examined by somebody who took no part in the refusal."),
    AppealState.UPHELD: N_("After your appeal it was refused once more. The reason is on its page; this is final."),
    AppealState.DISMISSED: N_("Your appeal is dismissed, with reasons. The refusal stands; this is final."),
    AppealState.WITHDRAWN: N_("You withdrew your appeal. The refusal stands."),
}
CANCELLED = N_("The strategic committee has cancelled this call: your application goes no further.")


class Stage(NamedTuple):
    """One step of the way of every application: `at` is done, now or todo."""

    label: Text
    note: Text | datetime | str | None
    at: str


class Task(NamedTuple):
    """One section in the task list: `at` is done, todo or locked in the steps beside a form."""

    section: str
    label: Text | Words
    missing: Text | None
    tag: Tag
    done: bool


class Standing(NamedTuple):
    """A draft as its task list shows it."""

    application: Application
    tasks: Sequence[Task]
    blockers: Sequence[Blocker]
    open: bool

    @property
    def due(self) -> datetime:
        return due_at(self.application)

    @property
    def grace(self) -> Text | None:
        return grace_said()

    @property
    def done(self) -> int:
        return sum(task.done for task in self.tasks)

    @property
    def ready(self) -> bool:
        return not self.blockers and self.open

    def place(self, section: str) -> int:
        """Which section of the application this is, from 1."""
        return [task.section for task in self.tasks].index(section) + 1

    def url(self, task: Task) -> str:
        return section_url(self.application.id, task.section)

    def before(self, section: str) -> str:
        """The address of the section before this one."""
        return self.url(self.tasks[self.place(section) - 2])

    def after(self, section: str) -> str:
        """The address of the section that follows, at the end the one of the check."""
        if self.place(section) < len(self.tasks):
            return self.url(self.tasks[self.place(section)])
        return url_for("applicant.check", application_id=self.application.id)

    def steps(self, current: str) -> list[tuple[Text | Words, str, str]]:
        """The sections beside a form: label, address, and done, now or todo."""
        id = self.application.id
        found = [(task.label, section_url(id, task.section), "done" if task.done else "todo") for task in self.tasks]
        found.append((CHECK, url_for("applicant.check", application_id=id), "todo"))
        names = [*(str(task.section) for task in self.tasks), "check"]
        return [(one[0], one[1], "now" if name == current else one[2]) for name, one in zip(names, found, strict=True)]

    @property
    def last_tag(self) -> Tag:
        """How the last line, check and submit, looks."""
        return READY if self.ready else LOCKED if self.open else OVER


def section_url(id: UUID, section: str, **more: Any) -> str:
    """Where this section of an application is written."""
    if section in {*Section, CONSORTIUM}:
        return url_for(f"applicant.{section}", application_id=id, **more)
    return url_for("applicant.answers", application_id=id, part=section, **more)


def look(application: Application, decision: Decision | None = None) -> Tag:
    """How it stands at a glance; `decision` once the applicant has been told of it."""
    if decision is not None:
        return tag_of(decision.state)
    return EVALUATED if application.state in EVALUATION else tag_of(application.state)


def standing(application: Application) -> Standing:
    found = blockers(application)
    return Standing(
        application, [_task(application, *one, found) for one in sections(application)], found, in_time(application)
    )


def _task(application: Application, section: str, label: Text | Words, found: Sequence[Blocker]) -> Task:
    mine = [one for one in found if one.section == section]
    if not mine:
        return Task(section, label, None, DONE, True)
    begun = STARTED if is_started(application, section) else TO_DO
    tag = WRONG if any(one.wrong for one in mine) else begun
    missing = mine[0].message if len(mine) == 1 else N_n("%(n)s answer to give", "%(n)s answers to give", len(mine))
    return Task(section, label, missing, tag, False)


def journey(
    application: Application, decision: Decision | None = None, granted: bool = False, appeal: Appeal | None = None
) -> list[Stage]:
    """The way of a submitted application, as far as its applicant may know; where it stopped, nothing follows.

    `decision` once the applicant was told of it; `granted` once the agreement was sent for signature; `appeal` when
    there is one: it is the last step until it is upheld.
    """
    call, state = application.call, application.state
    zone = call.fund.cluster.zone
    notes: dict[int, Text | datetime | str] = {}
    if application.submitted_at:
        notes[0] = application.submitted_at.astimezone(zone)
    if state == State.WITHDRAWN:
        return [Stage(STAGES[0], notes.get(0), "done"), Stage(N_("Withdrawn by you"), None, "done")]
    if state in STOPPED:
        way = [Stage(STAGES[0], notes.get(0), "done"), Stage(STAGES[CHECKED], tag_of(state).label, "done")]
        return way + _appealed(appeal)
    here = AT[state]
    if call.state == CallState.CANCELLED and state != State.DECIDED:
        past = [Stage(STAGES[n], notes.get(n), "done") for n in range(here)]
        return [*past, Stage(N_("Call cancelled"), None, "done")]
    if state == State.INCOMPLETE:
        notes[CHECKED] = N_("Complete it by %(when)s", when=due_at(application))
    elif is_taking(call) and here == CHECKED:
        notes[CHECKED] = N_("From %(when)s on, once the call has closed", when=due_at(application).date())
    if call.reviews_due_at:
        notes[EXAMINED] = N_("Reviews due on %(when)s", when=call.reviews_due_at.astimezone(zone).date())
    last = len(STAGES)
    outcome = decision.state if decision else DecisionState.FUNDED if granted else None
    if outcome is not None:
        notes[DECIDED] = tag_of(outcome).label
        here, last = GRANTED, last if outcome == DecisionState.FUNDED else GRANTED
    way = [Stage(STAGES[n], notes.get(n), "done" if n < here else "now" if n == here else "todo") for n in range(last)]
    return way + (_appealed(appeal) if outcome == DecisionState.REJECTED else [])


def _appealed(appeal: Appeal | None) -> list[Stage]:
    if appeal is None:
        return []
    waits = appeal.state == AppealState.FILED
    return [Stage(N_("Appeal"), tag_of(appeal.state).label, "now" if waits else "done")]


def _after_refusal(appeal: Appeal | None, refusal: Refusal | None, zone: ZoneInfo) -> Text | None:
    """What an appeal changes in what comes next; None when there is none and none is possible."""
    if appeal is not None:
        return APPEALED[appeal.state]
    if refusal is not None and refusal.until is not None and arrival() <= refusal.until:
        return N_("The reason is on its page. You may appeal until %(when)s.", when=refusal.until.astimezone(zone))
    return None


def next_step(
    application: Application,
    decision: Decision | None = None,
    answer_by: datetime | None = None,
    appeal: Appeal | None = None,
    refusal: Refusal | None = None,
) -> Text:
    """What happens next and when, in one sentence; `answer_by` while the fund awaits a clarification.

    `refusal` as the applicant was told of it, `appeal` the one there is.
    """
    refused = application.state in STOPPED or (decision is not None and decision.state == DecisionState.REJECTED)
    if refused and (said := _after_refusal(appeal, refusal, application.call.fund.cluster.zone)):
        return said
    if decision is not None:
        return TOLD[decision.state]
    call, state = application.call, application.state
    zone = call.fund.cluster.zone
    if call.state == CallState.CANCELLED and state in {*EDITABLE, *AT} - {State.DECIDED}:
        return CANCELLED
    if state in EDITABLE:
        if not in_time(application):
            return N_("It can no longer be submitted: the last moment was %(when)s.", when=due_at(application))
        if state == State.INCOMPLETE:
            return N_("Complete it and submit it again by %(when)s.", when=due_at(application))
        return N_("Submit it by %(when)s.", when=due_at(application))
    if answer_by is not None and state in BEING_EXAMINED:
        return N_("Answer the fund’s question by %(when)s.", when=answer_by.astimezone(zone))
    if state == State.SUBMITTED and is_taking(call):
        return N_("You may reopen it until %(when)s. Then the fund checks its admissibility.", when=due_at(application))
    due = call.reviews_due_at.astimezone(zone).date() if call.reviews_due_at else None
    match state:
        case State.SUBMITTED:
            return N_("The fund is checking its admissibility. You will receive an e-mail.")
        case State.ADMISSIBLE:
            return N_("It is admissible. The fund is now checking its eligibility.")
        case State.ELIGIBLE:
            return N_("It is eligible and goes to the commission, whose reviews are due on %(when)s.", when=due)
        case _ if state in EVALUATION:
            return N_(
                "The commission evaluates it; its reviews are due on %(when)s. Then the strategic committee decides.",
                when=due,
            )
        case State.INADMISSIBLE | State.INELIGIBLE:
            return N_("It will not be examined further. The reason is on its page.")
        case State.WITHDRAWN:
            return N_("You withdrew it. Nothing more happens.")
    if appeal is not None and appeal.state == AppealState.UPHELD:
        return N_("Your appeal is upheld: the strategic committee decides again. The result is sent to you by e-mail.")
    return N_("The strategic committee has decided. The result is sent to you by e-mail.")


def files(application: Application, endpoint: str, removable: bool = False) -> list[dict[str, Any]]:
    """The documents as the page lists them; `endpoint` fetches one."""
    return attached_files(application.attached, endpoint, removable, named=True)


def attached_files(
    documents: Sequence[Document], endpoint: str, removable: bool = False, named: bool = False
) -> list[dict[str, Any]]:
    """These documents; `named`: each with what the call asks it for."""
    return [
        listed(
            one,
            url_for(endpoint, document_id=one.id),
            title=one.heading if named else None,
            remove=url_for("applicant.remove_document", document_id=one.id) if removable else None,
        )
        for one in documents
    ]
