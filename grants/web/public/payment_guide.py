"""The help page of payments: orders, batches, statements, what comes back."""

from grants.core.i18n import N_
from grants.web.public.guide import Guide

PAYMENTS = Guide(
    "payments",
    N_("Payments and recoveries"),
    "banknote",
    N_("From the verified claim to the bank, and back when money must return."),
    [
        (
            N_("Order the payment"),
            N_(
                "The authorising officer chooses a verified account of the beneficiary. It is frozen on the order: if"
                " it changes afterwards, nothing is sent and the order is returned."
            ),
        ),
        (
            N_("Gather a batch"),
            N_(
                "The accountant approves the orders, then gathers those of a fund into a batch. Account numbers stand"
                " there whole, and nowhere else."
            ),
        ),
        (
            N_("Send to the bank"),
            N_(
                "Every order is posted in the ledger first; then the transfer list is written, once, as CSV and Excel,"
                " in the columns of your bank. Its sum is that of the ledger, and its bytes never change."
            ),
        ),
        (
            N_("Bring in the bank’s statement"),
            N_(
                "Say once which column holds what. Payments are proposed by reference, account, amount and day; you"
                " confirm each. What nobody has matched stays on the page."
            ),
        ),
        (
            N_("When the bank returns a payment"),
            N_("Record it with the bank’s reason: the beneficiary reads it, and the payment is ordered again."),
        ),
        (
            N_("When a payment was recorded by mistake"),
            N_("Ask for its reversal and say why; somebody else confirms it. A contra-entry undoes it."),
        ),
        (
            N_("Bring in what was paid elsewhere"),
            N_(
                "On the fund’s page “Paid elsewhere”, fetch the model and write one line for each opening balance,"
                " payment or recovery. You see every problem by row and column; an accountant who did not bring the"
                " file confirms it. The next claims are reckoned with it. A file can be taken back with a reason."
            ),
        ),
        (
            N_("Recover what must come back"),
            N_(
                "The authorising officer establishes the recovery and notifies it. It comes back by instalments, or is"
                " kept back from the next payments; only the strategic committee writes it off."
            ),
        ),
        (
            N_("Follow the repayment of an advance"),
            N_(
                "The schedule follows the rule of the call: grace months, number and period. The beneficiary is written"
                " to before each day and after it; what is late is shown, and can become a recovery."
            ),
        ),
    ],
    [
        N_("Whoever orders a payment neither approves, sends nor records it, and takes no other step of the claim."),
        N_("A payment is made once, whatever is pressed twice or breaks down on the way."),
        N_("A line of a statement serves once."),
        N_("Every night the balances of the statements are compared with the ledger; accountants learn of it."),
    ],
)
