"""Everything planned in the funds one sees, by month: instalments, milestones, what is late first."""

from itertools import groupby
from typing import Any
from uuid import UUID

from flask import Response, render_template, request

from grants.awards import milestone_policy as policy
from grants.awards import planning
from grants.awards.planning import PER_PAGE, Filters
from grants.people.models import Person, Role
from grants.reports.schedule_book import schedule_book, what
from grants.web.access import access
from grants.web.finance import portal
from grants.web.language import current_reader

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 20_000


@portal.get("/schedule")
@access(policy.read_schedule, lambda user: None)
def schedule(user: Person, _: None) -> Any:
    """By month; an officer's milestone opens on the page where it is examined."""
    filters = _filters()
    total = planning.count(user, filters)
    pages = max(1, -(-total // PER_PAGE))
    page = min(max(1, request.args.get("page", 1, type=int)), pages)
    lines = planning.planned(user, filters, limit=PER_PAGE, offset=(page - 1) * PER_PAGE)
    calls, commissions = planning.choices(user)
    months = [(month, list(found)) for month, found in groupby(lines, lambda one: one.on.replace(day=1))]
    late = [one for one in lines if one.late]
    side = "staff" if Role.OFFICER in user.roles else "finance"
    return render_template(
        "finance/schedule.html",
        late=late,
        months=[(month, [one for one in found if not one.late]) for month, found in months],
        total=total,
        page=page,
        pages=pages,
        calls=calls,
        commissions=commissions,
        filters=filters,
        what=what,
        opens=f"{side}.milestone",
        agreement=f"{side}.agreement",
        home=f"{side}.agreements",
    )


@portal.get("/schedule.xlsx")
@access(policy.read_schedule, lambda user: None)
def schedule_workbook(user: Person, _: None) -> Response:
    """The same as a workbook, every line of it."""
    lines = planning.planned(user, _filters(), limit=MOST_ROWS)
    response = Response(schedule_book(lines, current_reader()), mimetype=XLSX)
    response.headers["Content-Disposition"] = 'attachment; filename="schedule.xlsx"'
    return response


def _filters() -> Filters:
    return Filters(_id("call"), _id("commission"))


def _id(name: str) -> UUID | None:
    try:
        return UUID(request.args.get(name, ""))
    except ValueError:
        return None
