"""The wording of a fund's agreements: its clauses by instrument, each change a version, places checked as typed."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import NoResultFound
from wtforms.validators import InputRequired, ValidationError

from grants.awards import agreement_policy, templates
from grants.awards.clauses import Clause
from grants.awards.letters import unknown_place
from grants.awards.models import COMMITTEE_ABOVE
from grants.awards.templates import Wording
from grants.calls.models import INSTRUMENT_LABELS, Instrument
from grants.core.i18n import N_, Words
from grants.core.policy import signed_in
from grants.funds import queries
from grants.funds.models import Fund
from grants.people.models import Person
from grants.web.access import access
from grants.web.forms import Form, PercentField, Versioned, WordsField
from grants.web.staff import portal


class ClauseForm(Form, Versioned):
    """One clause; places are checked as they are typed."""

    title = WordsField(_l("Heading"), longest=templates.LONGEST_TITLE)
    body = WordsField(_l("Text"), multiline=True, longest=templates.LONGEST)

    def validate_title(self, field: Any) -> None:
        _check(field)

    def validate_body(self, field: Any) -> None:
        _check(field)


class ThresholdForm(Form, Versioned):
    """From which change of the grant on the strategic committee decides."""

    committee_above = PercentField(
        _l("The strategic committee decides above"),
        [InputRequired()],
        description=_l(
            "In percent of the grant: an amendment that changes it by more goes to the committee, others to the"
            " authorising officer. Example: 10."
        ),
    )


def _check(field: Any) -> None:
    if (why_not := unknown_place(field.data, templates.PLACES)) is not None:
        raise ValidationError(why_not)


def worded_fund(user: Person, id: UUID) -> Fund:
    return queries.fund(user, id)


@portal.get("/agreement-texts")
@access(signed_in)
def agreement_texts(user: Person) -> Any:
    """The funds whose agreements this officer words."""
    funds = [one for one in queries.funds(user) if agreement_policy.word_agreements.allows(user, one)]
    return render_template("staff/agreement_texts.html", funds=funds, instruments=INSTRUMENT_LABELS)


@portal.get("/agreement-texts/<uuid:id>")
@access(agreement_policy.word_agreements, worded_fund)
def agreement_text(user: Person, fund: Fund) -> Any:
    wording = _wording(fund)
    return _page(wording, _threshold(wording))


@portal.post("/agreement-texts/<uuid:id>/threshold")
@access(agreement_policy.word_agreements, worded_fund)
def set_threshold(user: Person, fund: Fund) -> Any:
    wording = _wording(fund)
    form = _threshold(wording)
    if not form.validate_on_submit():
        return _page(wording, form)
    above = form.committee_above.data
    kept = COMMITTEE_ABOVE if above is None else above
    templates.set_threshold(wording, kept, form.version.data, actor=user)
    flash(_("Kept. Amendments assessed from now on follow it."), "ok")
    return _back(wording)


@portal.get("/agreement-texts/<uuid:id>/clause")
@access(agreement_policy.word_agreements, worded_fund)
def agreement_clause(user: Person, fund: Fund) -> Any:
    wording = _wording(fund)
    position = _position(wording)
    return _clause_page(wording, position, _clause_form(wording, position))


@portal.post("/agreement-texts/<uuid:id>/clause")
@access(agreement_policy.word_agreements, worded_fund)
def write_clause(user: Person, fund: Fund) -> Any:
    wording = _wording(fund)
    position = _position(wording)
    form = _clause_form(wording, position)
    if not form.validate_on_submit():
        return _clause_page(wording, position, form)
    clause = Clause(Words(form.title.data or {}), Words(form.body.data or {}))
    templates.write_clause(wording, position, clause, form.version.data, actor=user)
    flash(_("Kept as a new version. Agreements sent for signature from now on use it."), "ok")
    return _back(wording)


@portal.post("/agreement-texts/<uuid:id>/arrange")
@access(agreement_policy.word_agreements, worded_fund)
def arrange_clause(user: Person, fund: Fund) -> Any:
    wording = _wording(fund)
    way = request.form.get("go", "")
    position = request.form.get("clause", -1, type=int)
    if way not in {"up", "down", "remove"}:
        raise NoResultFound
    templates.arrange_clause(wording, position, way, request.form.get("version", type=int), actor=user)
    return _back(wording)


def _wording(fund: Fund) -> Wording:
    asked = request.values.get("instrument", "")
    return templates.current(fund, Instrument(asked) if asked in set(Instrument) else Instrument.GRANT)


def _position(wording: Wording) -> int | None:
    """The clause that the address names, counted from 0; None for a new one."""
    asked = request.args.get("clause", type=int)
    if asked is not None and not 0 <= asked < len(wording.clauses):
        raise NoResultFound
    return asked


def _clause_form(wording: Wording, position: int | None) -> ClauseForm:
    clause = wording.clauses[position] if position is not None else Clause(Words(), Words())
    return ClauseForm(data={"title": clause.title, "body": clause.body, "version": wording.number})


def _threshold(wording: Wording) -> ThresholdForm:
    return ThresholdForm(data={"committee_above": wording.committee_above, "version": wording.number})


def _page(wording: Wording, form: ThresholdForm) -> str:
    return render_template(
        "staff/agreement_text.html", wording=wording, fund=wording.fund, form=form, instruments=INSTRUMENT_LABELS
    )


def _clause_page(wording: Wording, position: int | None, form: ClauseForm) -> str:
    title = wording.clauses[position].title if position is not None else N_("New clause")
    return render_template(
        "staff/agreement_clause.html",
        wording=wording,
        fund=wording.fund,
        position=position,
        form=form,
        title=title,
        places=templates.PLACES,
    )


def _back(wording: Wording) -> Any:
    return redirect(url_for(".agreement_text", id=wording.fund.id, instrument=wording.instrument.value), 303)
