"""How the commissions of a call sit: quorum, equal marks, votes, threshold."""

from decimal import Decimal
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField
from wtforms.validators import InputRequired, Optional

from grants.calls import queries as calls
from grants.calls.models import Call
from grants.core.errors import Forbidden
from grants.core.i18n import N_
from grants.people.models import Person
from grants.sessions import policy, queries
from grants.sessions.models import TIE_LABELS, SessionRules, TieRule
from grants.web.access import access
from grants.web.forms import Form, NumberField
from grants.web.staff import portal
from workflows.session import set_rules


class SessionRulesForm(Form):
    """How the commissions of a call sit."""

    quorum = NumberField(
        _l("Quorum: share of the voting members who must be present"),
        [InputRequired()],
        minimum=1,
        maximum=100,
        suffix="%",
        description=_l("Whoever steps aside from a file is counted neither among the members nor among those present."),
    )
    first = SelectField(_l("Equal marks: first"), choices=[])
    second = SelectField(_l("then"), choices=[])
    third = SelectField(_l("then"), choices=[])
    threshold = NumberField(
        _l("Lowest mark that may be proposed"),
        [Optional()],
        places=2,
        minimum=0,
        maximum=100,
        suffix="/ 100",
        description=_l("Read on the consensus mark, else on the mean of the reviewers. Empty: no threshold."),
    )
    vote_needed = BooleanField(_l("A vote on every file"))
    secret = BooleanField(_l("Votes are secret"))

    def ties(self) -> list[TieRule]:
        """The rules in their order, each once."""
        found = [one.data for one in (self.first, self.second, self.third) if one.data]
        return [TieRule(one) for one in dict.fromkeys(found)]


def rules_form(rules: SessionRules) -> SessionRulesForm:
    """Filled with what stands."""
    kept = [*map(str, rules.ties), "", "", ""]
    threshold = None if rules.threshold is None else Decimal(rules.threshold) / 100
    form = SessionRulesForm(
        quorum=rules.quorum,
        first=kept[0],
        second=kept[1],
        third=kept[2],
        threshold=threshold,
        vote_needed=rules.vote_needed,
        secret=rules.secret,
    )
    choices: list[Any] = [("", N_("nothing more"))]
    choices += [(one.value, TIE_LABELS[one]) for one in (TieRule.CRITERION, TieRule.AMOUNT, TieRule.SUBMITTED)]
    for field in (form.first, form.second, form.third):
        field.choices = choices
    return form


@portal.route("/calls/<uuid:id>/session-rules", methods=["GET", "POST"])
@access(policy.see_session_rules, calls.followed_call)
def session_rules(user: Person, call: Call) -> Any:
    """Set before the first session opens, read afterwards."""
    form = rules_form(queries.rules_of(call.id))
    frozen = policy.set_session_rules.why_not(user, call)
    if form.is_submitted() and frozen is not None:
        raise Forbidden(frozen)
    if form.validate_on_submit() and form.quorum.data is not None:
        threshold = None if form.threshold.data is None else int(form.threshold.data * 100)
        set_rules(
            call,
            quorum=int(form.quorum.data),
            ties=form.ties(),
            vote_needed=bool(form.vote_needed.data),
            secret=bool(form.secret.data),
            threshold=threshold,
            actor=user,
        )
        flash(_("The rules of the sessions are kept."), "ok")
        return redirect(url_for(".call", id=call.id), 303)
    return render_template("staff/session_rules.html", call=call, form=form, frozen=frozen)
