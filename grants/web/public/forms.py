"""What anybody may send from the public pages."""

from uuid import UUID

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, TextAreaField
from wtforms.validators import InputRequired, Length

from grants.web.forms import Form

LONGEST_QUESTION = 2000


class QuestionForm(Form):
    """A question about a call. `key` makes a form sent twice one question."""

    key = HiddenField()
    text = TextAreaField(
        _l("Your question"),
        [InputRequired(), Length(max=LONGEST_QUESTION)],
        description=_l(
            "The answer is published on this page for everybody, without your name. Leave out what would give you away."
        ),
    )

    def id(self) -> UUID | None:
        try:
            return UUID(self.key.data or "")
        except ValueError:
            return None
