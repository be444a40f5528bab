"""What still keeps an application from being submitted, and where it is put right."""

from dataclasses import dataclass
from typing import Any

from grants.applications import accession, budgets
from grants.applications.content import (
    CONSORTIUM,
    LONGEST_DESCRIPTION,
    LONGEST_SUMMARY,
    LONGEST_TITLE,
    Section,
    outline,
)
from grants.applications.models import EXPECTED, Application, Partner, PartnerState
from grants.applications.slots import Fill, others, question_slot, slots, slots_of, wrongs
from grants.applications.submitted import accession_hash
from grants.calls import questionnaire
from grants.calls.models import Call
from grants.core.i18n import N_, N_n, Text
from grants.core.types import Money


@dataclass(frozen=True)
class Blocker:
    """One reason why it cannot be submitted yet: where it is put right, and whether something typed is `wrong`.

    `section` is a Section, the id of a part of the call's questionnaire, or CONSORTIUM.
    """

    section: str
    field: str
    message: Text
    wrong: bool = False


def most(call: Call, cost: Money) -> tuple[Money, Text]:
    """The most the fund can give for this eligible cost, and why, in numbers."""
    ceiling, rate = call.ceiling, call.funding_rate
    if ceiling is None or rate is None:
        raise ValueError("the call has no ceiling or funding rate")
    share = cost.share(rate)
    if share < ceiling:
        why = N_(
            "At most %(most)s: this call pays %(rate)s%% of the eligible cost, here %(cost)s.",
            most=share,
            rate=rate / 100,
            cost=cost,
        )
        return share, why
    return ceiling, N_(
        "At most %(most)s, the ceiling of this call. Its rate alone would allow %(share)s (%(rate)s%% of %(cost)s).",
        most=ceiling,
        share=share,
        rate=rate / 100,
        cost=cost,
    )


def blockers(application: Application) -> list[Blocker]:
    """Everything that keeps it from being submitted, in the order of the pages. Empty: it may be."""
    return [
        *_project(application),
        *_answers(application),
        *_budget(application),
        *_documents(application),
        *_consortium(application),
    ]


def _answers(application: Application) -> list[Blocker]:
    return [
        blocker
        for part in outline(application).parts
        for blocker in (
            *(
                Blocker(part.id, one.field, one.message, one.wrong)
                for one in questionnaire.missing(part, application.answers)
            ),
            *_files(application, part),
        )
    ]


def _files(application: Application, part: questionnaire.Part) -> list[Blocker]:
    """What the questions of a section that files answer still lack."""
    asked = {one.id: question_slot(application, one) for one in part.asked(application.answers) if one.files}
    found = [
        Blocker(part.id, id, N_("Attach “%(name)s”.", name=one.required.name))
        for id, one in asked.items()
        if one.fill == Fill.MISSING
    ]
    return found + [Blocker(part.id, field, why, wrong=True) for field, why in wrongs(application) if field in asked]


def _project(application: Application) -> list[Blocker]:
    found: list[Blocker] = []

    def block(field: str, message: Text, wrong: bool = False) -> None:
        found.append(Blocker(Section.PROJECT, field, message, wrong))

    if not application.title:
        block("title", N_("Give the project a title."))
    _too_long(block, "title", application.title, LONGEST_TITLE)
    offered = {envelope.commission_id for envelope in application.call.envelopes}
    if application.commission_id is None:
        block("commission_id", N_("Choose the commission your project belongs to."))
    elif application.commission_id not in offered:
        block("commission_id", N_("This call has no credit for that commission. Choose another one."), wrong=True)
    if not application.summary:
        block("summary", N_("Summarise the project."))
    _too_long(block, "summary", application.summary, LONGEST_SUMMARY)
    if not application.description:
        block("description", N_("Describe the project."))
    _too_long(block, "description", application.description, LONGEST_DESCRIPTION)
    return found


def _too_long(block: Any, field: str, text: str, limit: int) -> None:
    if (over := len(text) - limit) > 0:
        block(
            field,
            N_n(
                "Shorten this text by %(n)s character: at most %(limit)s are read.",
                "Shorten this text by %(n)s characters: at most %(limit)s are read.",
                over,
                limit=limit,
            ),
            True,
        )


def _budget(application: Application) -> list[Blocker]:
    if application.call.budget_rules:
        return [Blocker(Section.BUDGET, *one) for one in budgets.flaws(application)]
    found: list[Blocker] = []

    def block(field: str, message: Text, wrong: bool = False) -> None:
        found.append(Blocker(Section.BUDGET, field, message, wrong))

    cost, requested = application.cost, application.requested
    if cost is None:
        block("cost", N_("Enter the eligible cost of the project."))
    if requested is None:
        block("requested", N_("Enter the amount you request from the fund."))
    elif cost is not None:
        limit, why = most(application.call, cost)
        if limit < requested:
            block("requested", why, wrong=True)
    elif application.call.ceiling < requested:
        ceiling = N_("At most %(most)s, the ceiling of this call.", most=application.call.ceiling)
        block("requested", ceiling, wrong=True)
    if application.duration_months is None:
        block("duration_months", N_("Enter how many months the project lasts."))
    return found


def _documents(application: Application) -> list[Blocker]:
    asked = slots(application)
    found = [
        Blocker(Section.DOCUMENTS, one.field, N_("Attach “%(name)s”.", name=one.required.name))
        for one in asked
        if one.fill == Fill.MISSING
    ]
    if not asked and not others(application):
        found.append(Blocker(Section.DOCUMENTS, "file", N_("Attach the full proposal as a PDF file.")))
    own = {one.id for one in application.questions if one.files}
    wrong = [(field, why) for field, why in wrongs(application) if field not in own]
    return found + [Blocker(Section.DOCUMENTS, field, why, wrong=True) for field, why in wrong]


def _consortium(application: Application) -> list[Blocker]:
    awaited = ((one, accession.awaited(one, accession_hash(one))) for one in application.partners)
    found = [Blocker(CONSORTIUM, f"partner-{one.id}", message, wrong=True) for one, message in awaited if message]
    return found + [
        Blocker(CONSORTIUM, f"partner-{one.id}", message, wrong=True)
        for one in application.taking_part
        for message in papers(one)
    ]


def papers(partner: Partner) -> list[Text]:
    """What a partner must still attach, and what it attached that does not count."""
    who = accession.said(partner)
    missing = [
        N_("%(organisation)s must attach “%(name)s”.", organisation=who, name=one.required.name)
        for one in slots_of(partner)
        if one.fill == Fill.MISSING
    ]
    wrong = [
        N_("%(organisation)s: %(what)s", organisation=who, what=why) for _, why in wrongs(partner.application, partner)
    ]
    return [*missing, *wrong]


def is_confirmed(partner: Partner) -> bool:
    """Whether what it acceded to is still what the application says."""
    return partner.state == PartnerState.ACCEDED and partner.acceded_hash == accession_hash(partner)


def is_awaited(partner: Partner) -> bool:
    """Whether something is expected of it before the submission: an answer, a signature, a document."""
    return partner.state in EXPECTED and (not is_confirmed(partner) or bool(papers(partner)))
