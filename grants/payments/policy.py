"""Who gathers and sends payments, who reads statements, who orders recoveries, collects and writes them off."""

from grants.awards.models import Award, Claim
from grants.awards.policy import OVERSEERS, oversees, read_figures, serves, speaks_for
from grants.calls.models import Call
from grants.core.i18n import N_
from grants.core.policy import Claims, policy
from grants.funds.models import Fund
from grants.payments.models import (
    OutsideImport,
    PayingAccount,
    PaymentBatch,
    PaymentOrder,
    Recovery,
    RecoveryState,
    Repayment,
    Reversal,
    Statement,
)
from grants.people.models import Person, Right, Role

PAYERS = (Role.AUTHORISING_OFFICER, Role.ACCOUNTANT, Role.AUDITOR)  # who reads account numbers whole
ACCOUNTANT_ONLY = N_("Only an accountant of the fund may do this.")
AUTHORISING_ONLY = N_("Only an authorising officer of the fund may do this.")
PAYERS_ONLY = N_("Only those who order, pay or audit the payments of this fund see them.")


@policy(*PAYERS)
def see_payments(user: Person, _: object) -> Claims:
    """Those who order, pay or audit payments; each sees the batches and statements of their funds."""
    yield bool(user.roles & frozenset(PAYERS)), PAYERS_ONLY


@policy(Role.ACCOUNTANT)
def open_batch(user: Person, fund: Fund) -> Claims:
    """An accountant of the fund gives its paying account and gathers its approved orders."""
    yield serves(user, fund, Role.ACCOUNTANT), ACCOUNTANT_ONLY


@policy(*PAYERS)
def view_batch(user: Person, batch: PaymentBatch) -> Claims:
    """Those who order, pay or audit payments of the fund: account numbers stand there whole, and in the file."""
    yield serves(user, batch.fund, *PAYERS), PAYERS_ONLY


@policy(Role.ACCOUNTANT)
def run_batch(user: Person, batch: PaymentBatch) -> Claims:
    """An accountant of the fund; each order asks besides that they took no other step on its claim."""
    yield serves(user, batch.fund, Role.ACCOUNTANT), ACCOUNTANT_ONLY


@policy(Role.ACCOUNTANT)
def keep_account(user: Person, account: PayingAccount) -> Claims:
    """An accountant of the fund says what its bank wants in a transfer list, and brings in its statements."""
    yield serves(user, account.fund, Role.ACCOUNTANT), ACCOUNTANT_ONLY


@policy(*PAYERS)
def view_statement(user: Person, statement: Statement) -> Claims:
    """Those who order, pay or audit payments of the fund."""
    yield serves(user, statement.account.fund, *PAYERS), PAYERS_ONLY


@policy(Role.ACCOUNTANT)
def work_statement(user: Person, statement: Statement) -> Claims:
    """An accountant of the fund says what the columns hold and confirms what each line is."""
    yield serves(user, statement.account.fund, Role.ACCOUNTANT), ACCOUNTANT_ONLY


@policy(Role.ACCOUNTANT)
def ask_reversal(user: Person, order: PaymentOrder) -> Claims:
    """An accountant of the fund."""
    yield serves(user, order.fund, Role.ACCOUNTANT), ACCOUNTANT_ONLY


@policy(Role.AUTHORISING_OFFICER, Role.ACCOUNTANT)
def decide_reversal(user: Person, reversal: Reversal) -> Claims:
    """An authorising officer or accountant of the fund, never whoever asked for it."""
    yield (
        serves(user, reversal.order.fund, Role.AUTHORISING_OFFICER, Role.ACCOUNTANT),
        N_("Only an authorising officer or an accountant of the fund may do this."),
    )
    yield user.id != reversal.asked_by_id, N_("You asked for this reversal: somebody else confirms it.")


# --- recovery -------------------------------------------------------------------------------------------------


@policy(*OVERSEERS, "applicant")
def see_money_back(user: Person, _: object) -> Claims:
    """Whoever has signed in; the lists hold only the recoveries and repayments of their funds."""
    yield user.is_authenticated, N_("Please sign in.")


@policy(*OVERSEERS, "applicant")
def view_recovery(user: Person, recovery: Recovery) -> Claims:
    """Those who run or oversee the fund; the beneficiary once it is notified."""
    told = recovery.state != RecoveryState.ESTABLISHED and speaks_for(user, recovery.award, *Right)
    yield oversees(user, recovery.award) or told, N_("This recovery is not yours.")


@policy(Role.AUTHORISING_OFFICER)
def establish(user: Person, award: Award) -> Claims:
    """An authorising officer of the fund orders a recovery, or draws up the schedule of repayments."""
    yield serves(user, award.fund, Role.AUTHORISING_OFFICER), AUTHORISING_ONLY


@policy(Role.AUTHORISING_OFFICER)
def pursue(user: Person, recovery: Recovery) -> Claims:
    """An authorising officer of the fund notifies it and agrees how it comes back."""
    yield serves(user, recovery.award.fund, Role.AUTHORISING_OFFICER), AUTHORISING_ONLY


@policy(Role.ACCOUNTANT)
def collect(user: Person, recovery: Recovery) -> Claims:
    """An accountant of the fund who did not establish it."""
    yield serves(user, recovery.award.fund, Role.ACCOUNTANT), ACCOUNTANT_ONLY
    yield user.id != recovery.established_by_id, N_("You established this recovery: somebody else collects it.")


@policy(Role.COMMITTEE)
def write_off(user: Person, recovery: Recovery) -> Claims:
    """A member of the strategic committee who did not establish it."""
    yield (
        serves(user, recovery.award.fund, Role.COMMITTEE),
        N_("Only the strategic committee writes a recovery off."),
    )
    yield user.id != recovery.established_by_id, N_("You established this recovery: somebody else writes it off.")


# --- repayment of advances ------------------------------------------------------------------------------------


@policy(Role.OFFICER, Role.FUND_MANAGER)
def set_repayment_rule(user: Person, call: Call) -> Claims:
    """A programme officer or fund manager of the call's fund."""
    yield (
        serves(user, call.fund, Role.OFFICER, Role.FUND_MANAGER),
        N_("Only a programme officer or the manager of the fund may do this."),
    )


@policy(*OVERSEERS, "applicant")
def see_schedule(user: Person, award: Award) -> Claims:
    """Those who run or oversee the fund, and the beneficiary."""
    yield oversees(user, award) or speaks_for(user, award, *Right), N_("This grant is not yours.")


@policy(Role.ACCOUNTANT)
def record_repayment(user: Person, repayment: Repayment) -> Claims:
    """An accountant of the fund."""
    yield serves(user, repayment.award.fund, Role.ACCOUNTANT), ACCOUNTANT_ONLY


@policy(Role.AUTHORISING_OFFICER)
def pursue_repayment(user: Person, repayment: Repayment) -> Claims:
    """An authorising officer of the fund turns a late repayment into a recovery."""
    yield serves(user, repayment.award.fund, Role.AUTHORISING_OFFICER), AUTHORISING_ONLY


@policy(Role.AUTHORISING_OFFICER, Role.ACCOUNTANT)
def reverse_claim(user: Person, claim: Claim) -> Claims:
    """An authorising officer or accountant of the fund, confirming what another person asked for."""
    yield (
        serves(user, claim.instalment.agreement.award.fund, Role.AUTHORISING_OFFICER, Role.ACCOUNTANT),
        N_("Only an authorising officer or an accountant of the fund may do this."),
    )


# --- what was paid elsewhere ----------------------------------------------------------------------------------


@policy(*OVERSEERS)
def see_outside(user: Person, fund: Fund) -> Claims:
    """Whoever may read the figures of the fund."""
    yield from read_figures.claims(user, fund)


@policy(*OVERSEERS)
def view_outside(user: Person, one: OutsideImport) -> Claims:
    """Whoever may read the figures of the fund."""
    yield from read_figures.claims(user, one.fund)


@policy(Role.FUND_MANAGER, Role.ACCOUNTANT)
def bring_outside(user: Person, fund: Fund) -> Claims:
    """The manager or an accountant of the fund brings in what was paid elsewhere."""
    yield (
        serves(user, fund, Role.FUND_MANAGER, Role.ACCOUNTANT),
        N_("Only the manager or an accountant of the fund may do this."),
    )


@policy(Role.ACCOUNTANT)
def confirm_outside(user: Person, one: OutsideImport) -> Claims:
    """An accountant of the fund, never whoever brought the file."""
    yield serves(user, one.fund, Role.ACCOUNTANT), ACCOUNTANT_ONLY
    yield user.id != one.officer_id, N_("You brought this file: another accountant confirms it.")


@policy(Role.ACCOUNTANT)
def undo_outside(user: Person, one: OutsideImport) -> Claims:
    """An accountant of the fund takes a file back, by contra-entries."""
    yield serves(user, one.fund, Role.ACCOUNTANT), ACCOUNTANT_ONLY
