"""Forms about panels: whom to invite, topics, expertise, absences."""

from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import EmailField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from grants.core.types import sort_key
from grants.web.account.forms import LONGEST_EMAIL, LONGEST_NAME, real_address
from grants.web.forms import CheckboxesField, DayField, Form, NumberField, Versioned, WordsField
from workflows.panel import Terms

MOST_WORDS = 40


class SeatForm(Form):
    """Somebody invited to a panel, and on which terms."""

    name = StringField(_l("Name"), [InputRequired(), Length(max=LONGEST_NAME)])
    email = EmailField(_l("E-mail address"), [InputRequired(), Length(max=LONGEST_EMAIL), real_address])
    most = NumberField(_l("Reviews at most"), [Optional()], minimum=1, maximum=500)
    least = NumberField(_l("Reviews at least"), [Optional()], minimum=0, maximum=500)
    starts_on = DayField(_l("Sits from"), [Optional()])
    ends_on = DayField(_l("Sits until"), [Optional()])
    days = NumberField(_l("Days left for the answer"), [InputRequired()], default=7, minimum=1, maximum=60)

    def validate(self, extra_validators: Any = None) -> bool:
        sound = super().validate(extra_validators)
        if self.least.data is not None and self.most.data is not None and self.least.data > self.most.data:
            self.blame("least", _l("This is more than “Reviews at most”."))
            sound = False
        if _turned(self.starts_on.data, self.ends_on.data):
            self.blame("ends_on", _l("The last day comes before the first."))
            sound = False
        return sound

    @property
    def terms(self) -> Terms:
        return Terms(self.least.data, self.most.data, self.starts_on.data, self.ends_on.data, int(self.days.data or 7))


class TopicForm(Form, Versioned):
    """A topic's name, and the words that betray it."""

    name = WordsField(_l("Topic"), [InputRequired()], longest=120)
    words = StringField(
        _l("Beginnings of words"),
        [Length(max=600)],
        description=_l(
            "An application is about this topic when a word of its title or summary begins with one of these. Separate"
            " them with commas."
        ),
    )

    @property
    def beginnings(self) -> list[str]:
        return split(self.words.data or "", fold=True)


class ExpertiseForm(Form, Versioned):
    """What a reviewer knows; `topics` gets its choices from the commissions they sit in."""

    topics = CheckboxesField(_l("Topics I know"))
    keywords = TextAreaField(
        _l("Keywords"),
        [Length(max=1000)],
        description=_l("What else you know: separate words or short phrases with commas."),
    )

    @property
    def words(self) -> list[str]:
        return split(self.keywords.data or "")


class AbsenceForm(Form):
    """Days on which a reviewer reviews nothing."""

    starts_on = DayField(_l("Away from"), [InputRequired()])
    ends_on = DayField(_l("Away until"), [InputRequired()])

    @property
    def days(self) -> tuple[date, date]:
        """First and last; of a form found valid."""
        first, last = self.starts_on.data, self.ends_on.data
        assert first and last  # noqa: PT018, S101 - both are required
        return first, last

    def validate(self, extra_validators: Any = None) -> bool:
        sound = super().validate(extra_validators)
        if _turned(self.starts_on.data, self.ends_on.data):
            self.blame("ends_on", _l("The last day comes before the first."))
            sound = False
        return sound


def choices_of(topics: Any) -> list[SelectChoice]:
    return [SelectChoice(str(one.id), one.name) for one in topics]


def split(typed: str, *, fold: bool = False) -> list[str]:
    """The words between commas (Arabic ones too), semicolons and line ends, each once."""
    plain = typed.replace("،", ",").replace("؛", ",").replace(";", ",").replace("\n", ",")
    words = [" ".join(one.split())[:60] for one in plain.split(",")]
    return list(dict.fromkeys(sort_key(one) if fold else one for one in words if one))[:MOST_WORDS]


def _turned(first: date | None, last: date | None) -> bool:
    return first is not None and last is not None and last < first
