"""Payment orders, batches, bank statements, recoveries and repayments."""

from grants.payments.models.batch import BATCH_LABELS, BatchState, PayingAccount, PaymentBatch
from grants.payments.models.order import REVERSAL_LABELS, PaymentOrder, Reversal, ReversalState
from grants.payments.models.outside import (
    OUTSIDE_LABELS,
    OutsideEntry,
    OutsideImport,
    OutsideKind,
    OutsideState,
)
from grants.payments.models.recovery import (
    RECOVERY_LABELS,
    Offset,
    Receipt,
    Recovery,
    RecoveryState,
    RecoveryTerm,
    Repayment,
    RepaymentRule,
)
from grants.payments.models.statement import USE_LABELS, Statement, StatementLine, Use

__all__ = [
    "BATCH_LABELS",
    "OUTSIDE_LABELS",
    "RECOVERY_LABELS",
    "REVERSAL_LABELS",
    "USE_LABELS",
    "BatchState",
    "Offset",
    "OutsideEntry",
    "OutsideImport",
    "OutsideKind",
    "OutsideState",
    "PayingAccount",
    "PaymentBatch",
    "PaymentOrder",
    "Receipt",
    "Recovery",
    "RecoveryState",
    "RecoveryTerm",
    "Repayment",
    "RepaymentRule",
    "Reversal",
    "ReversalState",
    "Statement",
    "StatementLine",
    "Use",
]
