"""The repayments of an advance: equal parts, months apart, the first after the grace months."""

import calendar
from datetime import date

from grants.payments.models import RepaymentRule


def planned(minor: int, paid_on: date, rule: RepaymentRule) -> list[tuple[date, int]]:
    """(day due, minor units), adding up to the amount exactly; the last one takes what division leaves.

    The first is due when the grace months and one period are over. An amount smaller than the number of repayments is
    repaid in as many as it has minor units.
    """
    count = min(rule.repayments, minor)
    part = minor // count
    months = [rule.grace_months + rule.period_months * n for n in range(1, count + 1)]
    amounts = [part] * (count - 1) + [minor - part * (count - 1)]
    return [(months_after(paid_on, n), amount) for n, amount in zip(months, amounts, strict=True)]


def months_after(day: date, months: int) -> date:
    """The same day so many months later; the month's last when it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
