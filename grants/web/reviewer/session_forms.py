"""Forms of a commission's session."""

from decimal import Decimal

from flask_babel import lazy_gettext as _l
from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

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
        return int((self.mark.data or Decimal(0)) * 100)


class AmountForm(Form, Versioned):
    """The amount the commission proposes."""

    amount = MoneyField(_l("Amount proposed"), [InputRequired()])


class CorrectionForm(Form):
    """What a new version of the minutes changes."""

    changes = TextAreaField(_l("What changes, and on which line"), [InputRequired(), Length(max=4000)])
