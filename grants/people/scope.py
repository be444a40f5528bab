"""The SQL twin of Person.holds: which rows a person's appointments cover."""

from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, true

from grants.people.models import Person, Role


def covered(
    person: Person, *roles: Role, cluster: Any = None, fund: Any = None, commission: Any = None
) -> ColumnElement[bool]:
    """Rows whose `cluster`, `fund` and `commission` columns lie within one of the person's appointments."""
    within = []
    for one in person.appointments:
        if one.role not in roles:
            continue
        where: list[ColumnElement[bool]] = [true()]
        if cluster is not None:
            where.append(cluster == one.cluster_id)
        if fund is not None and one.fund_id is not None:
            where.append(fund == one.fund_id)
        if commission is not None and one.commission_id is not None:
            where.append(commission == one.commission_id)
        within.append(and_(*where))
    return or_(*within) if within else false()
