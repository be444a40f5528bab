"""Forms of a commission's session."""

from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from grants.core.i18n import N_
from grants.sessions.models import TIE_LABELS, SessionRules, TieRule
from grants.web.forms import Form, LocalDateTimeField, MoneyField, NumberField, Versioned


class PlanForm(Form):
    """When and where a commission sits."""

    starts_at = LocalDateTimeField(_l("Day and hour"), [InputRequired()])
    place = StringField(
        _l("Place, or address of the video call"), [InputRequired(), Length(max=300)], render_kw={"autocomplete": "off"}
    )


class ConsensusForm(Form, Versioned):
    """The mark the commission agrees on."""

    mark = NumberField(_l("Consensus mark"), [InputRequired()], places=2, minimum=0, maximum=100, suffix="/ 100")
    reason = TextAreaField(_l("Why this mark"), [InputRequired(), Length(max=2000)])
    dissent = TextAreaField(_l("Dissent, in the words of who dissents"), [Optional(), Length(max=2000)])

    @property
    def hundredths(self) -> int:
        return int(Decimal(self.mark.data) * 100)


class AmountForm(Form, Versioned):
    """The amount the commission proposes."""

    amount = MoneyField(_l("Amount proposed"), [InputRequired()])


class CorrectionForm(Form):
    """What a new version of the minutes changes."""

    changes = TextAreaField(_l("What changes, and on which line"), [InputRequired(), Length(max=4000)])


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
