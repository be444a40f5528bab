"""The sheets of the Excel ledger that sum up and look ahead: verifications, what is left, who received, what comes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from uuid import UUID

from grants.awards.models import AGREEMENT_LABELS, INSTALMENT_LABELS, AgreementState, Award, Instalment
from grants.core.i18n import N_, Text, plain
from grants.core.sheets.writing import Column, Kind, Sheet, Value
from grants.core.types import Money
from grants.ledger import selection
from grants.ledger.queries import Standing
from grants.ledger.stages import Stage
from grants.reports.sheets import Check, Figure, Making, Sums, named, project, reconcile

HORIZON = 24  # months of the forecast
LATE = 30  # days after which a verified claim without order, or money sent and not confirmed, is said


@dataclass(frozen=True)
class Due:
    """One planned payment with what of it is not yet paid."""

    instalment: Instalment
    award: Award
    paid: Money

    @property
    def unpaid(self) -> Money:
        return Money(max(self.instalment.amount.minor - self.paid.minor, 0), self.paid.currency)


def planned(job: Making) -> list[Due]:
    """Every planned payment of grants that were not given up."""
    standings, nothing = selection.by_instalment(job.chosen), Standing(job.fund.currency, {})
    alive = [
        (one, job.names.awards[one.agreement.award_id])
        for one in job.names.instalments.values()
        if one.agreement.state != AgreementState.TERMINATED
    ]
    return [Due(one, award, standings.get(one.id, nothing).paid) for one, award in alive]


def liquidations(job: Making) -> list[Check]:
    """One row per instalment found due: what was claimed, accepted, reduced and why, by whom."""
    figures: dict[str, Figure] = {"verified": lambda one: one.verified}
    heading = {"verified": N_("Verified")}
    sheet = job.book.sheet(
        job.say(N_("Verifications")),
        [
            job.column("agreement", N_("Agreement"), width=20),
            job.column("beneficiary", N_("Beneficiary"), width=32),
            job.column("instalment", N_("Instalment"), Kind.INTEGER, 10),
            job.column("kind", N_("Kind of instalment"), width=20),
            job.money("claimed", N_("Claimed")),
            job.money("accepted", N_("Accepted")),
            job.money("reduced", N_("Reduced by")),
            job.column("why", N_("Reason of the reduction"), width=40),
            job.column("checked", N_("Checked by"), width=24),
            job.column("by", N_("Verified by"), width=24),
            job.money("verified", N_("Verified")),
        ],
    )
    sums = Sums(job.fund.currency, figures)
    for id, standing in _in_order(job, selection.by_instalment(job.chosen)):
        instalment = job.names.instalments[id]
        award, claim = job.names.awards[instalment.agreement.award_id], job.names.claims.get(id)
        accepted = claim.accepted if claim else None
        sheet.append(
            [
                award.number,
                award.organisation.name,
                instalment.position,
                job.say(INSTALMENT_LABELS[instalment.kind]),
                claim.claimed if claim else None,
                accepted,
                claim.claimed - accepted if claim and accepted else None,
                claim.reduction_reason if claim else None,
                job.names.people.get(claim.checked_by_id) if claim else None,
                job.names.people.get(claim.liquidated_by_id) if claim else None,
                *sums.of(standing),
            ]
        )
    return reconcile(job, sheet, sums, before=10, words=heading, of=N_("Verifications"))


def unused(job: Making) -> list[Check]:
    """What each agreement still holds: never claimed, claimed and unpaid; and what it gave back."""
    figures: dict[str, Figure] = {
        "engaged": lambda one: one.engaged,
        "paid": lambda one: one.paid,
        "unclaimed": lambda one: one[Stage.COMMITTED],
        "unpaid": lambda one: one.unpaid,
    }
    words: dict[str, Text] = {
        "engaged": N_("Committed"),
        "paid": N_("Paid"),
        "unclaimed": N_("Committed, not yet verified"),
        "unpaid": N_("Committed, unpaid"),
    }
    sheet = job.book.sheet(
        job.say(N_("Unused balances")),
        [
            job.column("agreement", N_("Agreement"), width=20),
            job.column("beneficiary", N_("Beneficiary"), width=32),
            job.column("state", N_("State"), width=22),
            job.column("ends", N_("Ends on"), Kind.DATE, 12),
            job.money("awarded", N_("Amount awarded")),
            job.money("back", N_("Given back or not committed")),
            *(job.money(key, words[key]) for key in figures),
        ],
    )
    sums, nothing = Sums(job.fund.currency, figures), Standing(job.fund.currency, {})
    standings = selection.by_grant(job.chosen)
    for award in job.names.awards.values():
        standing = standings.get(award.id, nothing)
        agreement = award.agreement
        sheet.append(
            [
                award.number,
                award.organisation.name,
                job.say(AGREEMENT_LABELS[agreement.state]) if agreement else None,
                (agreement.ends_on if agreement else None) or award.ends_on,
                award.amount,
                award.amount - standing.engaged - standing.reserved,
                *sums.of(standing),
            ]
        )
    return reconcile(job, sheet, sums, before=6, words=words, of=N_("Unused balances"))


def beneficiaries(job: Making) -> list[Check]:
    """One row per organisation: how many grants, and what they came to."""
    figures: dict[str, Figure] = {
        "reserved": lambda one: one.reserved,
        "engaged": lambda one: one.engaged,
        "paid": lambda one: one.paid,
        "recovered": lambda one: one.recovered,
    }
    words: dict[str, Text] = {
        "reserved": N_("Reserved"),
        "engaged": N_("Committed"),
        "paid": N_("Paid"),
        "recovered": N_("Recovered"),
    }
    sheet = job.book.sheet(
        job.say(N_("Beneficiaries")),
        [
            job.column("beneficiary", N_("Beneficiary"), width=40),
            job.column("ice", N_("ICE"), width=18),
            job.column("grants", N_("Grants"), Kind.INTEGER, 10),
            job.money("awarded", N_("Amount awarded")),
            *(job.money(key, words[key]) for key in figures),
        ],
    )
    standings, nothing = selection.by_grant(job.chosen), Standing(job.fund.currency, {})
    theirs: dict[object, list[Award]] = {}
    for award in job.names.awards.values():
        theirs.setdefault(award.organisation_id, []).append(award)
    sums = Sums(job.fund.currency, figures)
    for awards in sorted(theirs.values(), key=lambda them: them[0].organisation.sort_key):
        standing, awarded = nothing, Money(0, job.fund.currency)
        for award in awards:
            standing, awarded = standing + standings.get(award.id, nothing), awarded + award.amount
        who = awards[0].organisation
        sheet.append([who.name, who.ice, len(awards), awarded, *sums.of(standing)])
    return reconcile(job, sheet, sums, before=4, words=words, of=N_("Beneficiaries"))


def recoveries(job: Making) -> list[Check]:
    """One row per instalment of which something is to come back, or came back."""
    stages = [Stage.TO_REPAY, Stage.REPAID, Stage.TO_RECOVER, Stage.RECOVERED]
    figures: dict[str, Figure] = {one.value: lambda at, stage=one: at[stage] for one in stages}  # type: ignore[misc]
    sheet = job.book.sheet(
        job.say(N_("Recoveries")),
        [
            job.column("agreement", N_("Agreement"), width=20),
            job.column("beneficiary", N_("Beneficiary"), width=32),
            job.column("instalment", N_("Instalment"), Kind.INTEGER, 10),
            job.column("bank", N_("Bank reference"), width=24),
            job.money("ever", N_("Paid, came back or not")),
            *(job.money(one.value, one.label) for one in stages),
        ],
    )
    sums = Sums(job.fund.currency, figures)
    for id, standing in _in_order(job, selection.by_instalment(job.chosen)):
        if not any(standing[one] for one in stages):
            continue
        instalment = job.names.instalments[id]
        award, claim = job.names.awards[instalment.agreement.award_id], job.names.claims.get(id)
        reference = claim.bank_reference if claim else None
        row: list[Value] = [award.number, award.organisation.name, instalment.position, reference, standing.paid]
        sheet.append([*row, *sums.of(standing)])
    words = {one.value: one.label for one in stages}
    return reconcile(job, sheet, sums, before=5, words=words, of=N_("Recoveries"))


def schedule(job: Making, dues: Sequence[Due]) -> list[Check]:
    """The planned payments by month, whatever became of them."""
    months: dict[date, list[Due]] = {}
    for one in dues:
        months.setdefault(one.instalment.due_on.replace(day=1), []).append(one)
    rows = [(month, months[month]) for month in sorted(months)]
    return _by_month(job, N_("Schedule"), [("", month, them) for month, them in rows], dues)


def forecast(job: Making, dues: Sequence[Due], today: date) -> list[Check]:
    """What is still to be paid, month by month from this one; what is late stands first."""
    this = today.replace(day=1)
    months = [_later(this, n) for n in range(HORIZON + 1)]
    waiting = [one for one in dues if one.unpaid]

    def between(first: date | None, last: date | None) -> list[Due]:
        return [
            one
            for one in waiting
            if (first is None or one.instalment.due_on >= first) and (last is None or one.instalment.due_on < last)
        ]

    rows: list[tuple[str, date | None, list[Due]]] = [(job.say(N_("Overdue")), None, between(None, this))]
    rows += [("", first, between(first, last)) for first, last in pairwise(months)]
    rows.append((job.say(N_("Later")), None, between(months[-1], None)))
    return _by_month(job, N_("Cash forecast"), rows, waiting)


def anomalies(job: Making, dues: Sequence[Due], today: date) -> None:
    """What somebody should look at; nothing here is wrong in the ledger itself."""
    sheet = job.book.sheet(
        job.say(N_("Anomalies")),
        [
            job.column("what", N_("What"), width=52),
            job.column("agreement", N_("Agreement"), width=20),
            job.column("beneficiary", N_("Beneficiary"), width=32),
            job.column("commission", N_("Commission"), width=30),
            job.column("project", N_("Project reference"), width=20),
            job.column("since", N_("Since"), Kind.DATE, 12),
            job.money("amount", N_("Amount")),
        ],
    )
    for what, award, since, amount in _anomalies(job, dues, today):
        theme = named(job.names.commissions, award.commission_id, lambda one: plain(one.name, job.reader))
        row: list[Value] = [job.say(what), award.number, award.organisation.name, theme, project(award), since, amount]
        sheet.append(row)
    if sheet.row < sheet.first:
        sheet.append([job.say(N_("Nothing to report.")), *[None] * 6])


def _anomalies(
    job: Making, dues: Sequence[Due], today: date
) -> Iterator[tuple[Text, Award, date | None, Money | None]]:
    standings, nothing = selection.by_instalment(job.chosen), Standing(job.fund.currency, {})
    sums: dict[object, Money] = {}
    for one in dues:
        sums[one.award.id] = sums.get(one.award.id, Money(0, job.fund.currency)) + one.instalment.amount
        standing, due = standings.get(one.instalment.id, nothing), one.instalment.due_on
        if one.unpaid and due < today:
            yield N_("The planned day is over and it is not paid."), one.award, due, one.unpaid
        claim = job.names.claims.get(one.instalment.id)
        if claim is None or claim.submitted_at is None or (today - claim.submitted_at.date()).days < LATE:
            continue
        if standing[Stage.PAYABLE]:
            yield N_("Found due long ago, and no payment order."), one.award, due, standing[Stage.PAYABLE]
        if standing[Stage.REMITTED]:
            yield N_("Sent to the bank, which has not confirmed it."), one.award, due, standing[Stage.REMITTED]
    engaged = selection.by_grant(job.chosen)
    for award in job.names.awards.values():
        agreement, standing = award.agreement, engaged.get(award.id, nothing)
        if award.id in sums and sums[award.id] != award.amount:
            yield N_("The instalments do not add up to the grant."), award, None, award.amount - sums[award.id]
        if agreement and agreement.ends_on and agreement.ends_on < today and standing.unpaid:
            yield N_("The agreement has ended and holds credit."), award, agreement.ends_on, standing.unpaid
        if standing[Stage.TO_RECOVER]:
            yield N_("To be recovered."), award, None, standing[Stage.TO_RECOVER]


def _by_month(
    job: Making, title: Text, rows: Sequence[tuple[str, date | None, list[Due]]], dues: Sequence[Due]
) -> list[Check]:
    """One row per month; below, the totals by formula, each beside what the planned payments come to."""
    figures: dict[str, tuple[Text, Callable[[Due], Money]]] = {
        "planned": (N_("Planned"), lambda one: one.instalment.amount),
        "paid": (N_("Paid"), lambda one: one.paid),
        "unpaid": (N_("Still to pay"), lambda one: one.unpaid),
    }
    sheet: Sheet = job.book.sheet(
        job.say(title),
        [
            job.column("label", N_("Period"), width=16),
            Column("month", job.say(N_("Month")), Kind.MONTH, width=12),
            job.column("count", N_("Instalments"), Kind.INTEGER, 12),
            *(job.money(key, heading) for key, (heading, _) in figures.items()),
        ],
    )
    written = {key: Money(0, job.fund.currency) for key in figures}
    for label, month, them in rows:
        row = {key: _sum(job, them, figure) for key, (_, figure) in figures.items()}
        written = {key: written[key] + row[key] for key in row}
        sheet.append([label, month, len(them), *row.values()])
    first, last = sheet.body()
    sheet.total(dict.fromkeys(["count", *figures], "SUM"), label=job.say(N_("Total")), over=(first, last))
    return [
        Check(
            N_("%(sheet)s: %(figure)s", sheet=title, figure=heading),
            f"SUM({sheet.reference(key, first, last)})",
            written[key],
            _sum(job, dues, figure),
        )
        for key, (heading, figure) in figures.items()
    ]


def _sum(job: Making, dues: Sequence[Due], figure: Callable[[Due], Money]) -> Money:
    return Money(sum(figure(one).minor for one in dues), job.fund.currency)


def _in_order(job: Making, standings: dict[UUID, Standing]) -> Iterator[tuple[UUID, Standing]]:
    """Those that have a standing, by agreement and position."""
    return ((id, standings[id]) for id in job.names.instalments if id in standings)


def _later(month: date, by: int) -> date:
    at = month.year * 12 + month.month - 1 + by
    return date(at // 12, at % 12 + 1, 1)
