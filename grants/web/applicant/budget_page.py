"""The budget page of a call that asks for lines; `drafts.budget` answers with it."""

from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.validators import InputRequired

from grants.applications import queries, service
from grants.applications.budget_book import Sent
from grants.applications.budgets import budget_of, flaws, warnings, years_of
from grants.applications.content import Section
from grants.applications.models import Application
from grants.applications.plan import Plan, still
from grants.core import i18n
from grants.core.clock import now
from grants.core.i18n import N_, Text
from grants.people.models import Person
from grants.web.applicant.budget_form import FIRST_ROWS, MOST, BudgetPlanForm
from grants.web.applicant.drafting import look_back, together
from grants.web.applicant.status import standing
from grants.web.filters import pct
from grants.web.forms import Form, UploadField, Versioned, form_errors
from grants.web.language import current_reader

MAX_MB = 2
FEWEST_YEARS = 5  # offered whatever the duration: it may be typed after the lines
PLACES = {"add-lines": "lines", "add-funds": "funds"}


class WorkbookForm(Form, Versioned):
    file = UploadField(_l("Workbook of the budget"), [InputRequired()], kinds=("xlsx",), max_mb=MAX_MB)


def answer(user: Person, application: Application) -> Any:
    """The page; or, sent, its effect: saved, and a row more or less where that was asked."""
    form = BudgetPlanForm(application)
    if not form.sent:
        return page(application, form)
    go = request.form.get("go", "")
    sound = form.take_paste() if go == "paste" else True
    form.arrange(go)
    if not (form.validate() and sound):
        return page(application, form)
    return _saved(user, application, form, go)


def _saved(user: Person, application: Application, form: BudgetPlanForm, go: str) -> Any:
    """Keep it, then where the button leads: the next section, the draft, or this page again."""
    id, section = application.id, str(Section.BUDGET)
    form.before = look_back(application, section, form.version.data)
    service.revise(application, form.part(), seen=form.version.data, actor=user)
    here = url_for("applicant.budget", application_id=id)
    if go in PLACES:
        last = len(form.filled(PLACES[go]))
        return redirect(f"{here}?more={PLACES[go]}#{PLACES[go]}-{last}", 303)
    if go == "paste":
        flash(_("The rows are in your budget. Look them over."))
        return redirect(f"{here}#costs", 303)
    if go.startswith("remove-"):
        return redirect(f"{here}#{'costs' if 'lines' in go else 'funding'}", 303)
    if go == "later":
        flash(_("Your draft is saved."))
        return redirect(url_for("applicant.application", application_id=id), 303)
    stands = standing(queries.own_application(user, id))
    if any(one.wrong and one.section == section for one in stands.blockers):
        flash(_("Your draft is saved. Something in it must still be put right."), "warning")
        return redirect(here, 303)
    return redirect(stands.after(section), 303)


def autosave(user: Person, application: Application) -> Any:
    """Keep what is readable, and say what it adds up to. Of a cell that cannot be read what is saved stays."""
    form, saved, id = BudgetPlanForm(application), Plan.of(application), application.id
    form.validate()
    typed = form.part()
    good = {name: getattr(saved if form[name].errors else typed, name) for name in ("duration_months", "asked")}
    lines = still(typed.lines, form.unread("lines"), saved.lines)
    plan = Plan(**good, lines=lines, funding=still(typed.funding, form.unread("funds"), saved.funding))
    version = service.revise(application, plan, seen=form.version.data, actor=user)
    kept = queries.own_application(user, id)
    unread = [one.focus for one in form.problems(form_errors(form))]
    return jsonify(saved_at=now().isoformat(), version=version, unread=unread, **figures(kept))


def page(
    application: Application,
    form: BudgetPlanForm,
    workbook: Form | None = None,
    sent: Sent | None = None,
    marked: str | None = None,
) -> Any:
    """`workbook` is the form it was sent with; `sent` one with errors, `marked` where that is given back."""
    budget, stands = budget_of(application), standing(application)
    assert budget is not None  # noqa: S101 - only calls that ask for lines come here
    _blank_rows(form)
    problems = form.problems(form_errors(form)) if form.sent else []
    if not form.sent:
        _show_flaws(form, application)
    return render_template(
        "applicant/budget_lines.html",
        application=application,
        call=application.call,
        standing=stands,
        section=str(Section.BUDGET),
        steps=stands.steps(Section.BUDGET),
        together=together(application, str(Section.BUDGET)),
        form=form,
        columns=form.columns,
        most=MOST,
        options=form.options(max(FEWEST_YEARS, years_of(application.duration_months or 1))),
        problems=problems,
        budget=budget,
        figures=figures(application),
        workbook=workbook or WorkbookForm(formdata=None, version=form.version.data),
        sent=sent,
        marked=marked,
        chart=[(one.category.name, one.amount, one.cap) for one in budget.categories],
        table=[
            (one.category.name, one.amount, pct(_part(one.amount, budget.cost), 1), one.cap or "—")
            for one in budget.categories
        ],
    )


def _blank_rows(form: BudgetPlanForm) -> None:
    """Rows that invite to write: some at the beginning, one more where it was asked."""
    rows, more = form.rows, request.args.get("more")
    while not form.sent and len(rows["lines"]) < FIRST_ROWS and more != "lines":
        rows["lines"].append(form.empty("lines"))
    for group in rows:
        if not rows[group] or (more == group and not form.sent and len(rows[group]) < MOST[group]):
            rows[group].append(form.empty(group))


def _show_flaws(form: BudgetPlanForm, application: Application) -> None:
    """Beside its input: what is wrong; and once the answers were checked, what is missing too."""
    for one in flaws(application):
        group, place, column = (*one.field.split("-"), "", "")[:3]
        if not (one.wrong or "check" in request.args):
            continue
        if group in form.rows and place.isdigit() and int(place) < len(form.rows[group]):
            form.rows[group][int(place)].errors = {column: [one.message]}
        elif one.field in {"duration_months", "asked"}:
            form[one.field].errors = [*form[one.field].errors, one.message]


def figures(application: Application) -> dict[str, Any]:
    """What the budget adds up to, as the page writes it: one text for each place, a list of texts for each list."""
    budget = budget_of(application)
    assert budget is not None  # noqa: S101
    reader = current_reader()

    def say(value: Any) -> str:
        return "—" if value is None else i18n.plain(value, reader)

    texts = {
        name: say(getattr(budget, name))
        for name in ("net", "tax", "gross", "cost", "most", "requested", "rest", "covered")
    }
    for one in budget.categories:
        code = one.category.code
        texts[f"sum-{code}"] = say(one.amount)
        texts[f"part-{code}"] = i18n.percent(_part(one.amount, budget.cost), reader, 1)
        texts[f"over-{code}"] = say(N_("%(over)s too much", over=one.over)) if one.over else ""
    caps = {one.category.code: float(_part(one.amount, budget.cost)) for one in budget.categories}
    wrong: list[Text] = [one.message for one in flaws(application) if one.wrong]
    lists = {
        "years": [_year(year, amount) for year, amount in budget.years.items()],
        "why": list(budget.why),
        "wrong": wrong,
        "warnings": warnings(application),
    }
    return {
        "texts": texts,
        "parts": caps,
        "lists": {name: [say(one) for one in given] for name, given in lists.items()},
    }


def _part(amount: Any, whole: Any) -> float:
    return amount.minor / whole.minor * 100 if whole else 0.0


def _year(year: int | None, amount: Any) -> Text:
    if year is None:
        return N_("Year not chosen: %(amount)s", amount=amount)
    return N_("Year %(n)s: %(amount)s", n=year, amount=amount)
