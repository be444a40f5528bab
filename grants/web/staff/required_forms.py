"""The form of one document that a call asks for."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from grants.calls.models import KIND_LABELS, LONGEST_VALIDITY, MOST_FILES, OWED_LABELS, FileKind, Owed, RequiredDocument
from grants.calls.required import Demand, Template
from grants.web.forms import CheckboxesField, Form, NumberField, UploadField, Versioned, WordsField
from grants.web.uploads import keep_file

TEMPLATE_KINDS = (FileKind.PDF, FileKind.XLSX, FileKind.DOCX)


class RequiredForm(Form, Versioned):
    name = WordsField(_l("Name of the document"), longest=120)
    guidance = WordsField(
        _l("What applicants should know"),
        multiline=True,
        required=False,
        longest=1_000,
        description=_l("Where it is issued, what it must show, how many pages are read."),
    )
    mandatory = RadioField(
        _l("Must it be attached?"),
        [InputRequired()],
        choices=[
            SelectChoice("yes", _l("Mandatory: without it the application cannot be submitted")),
            SelectChoice("no", _l("Optional")),
        ],
        default="yes",
    )
    owed_by = RadioField(
        _l("Who attaches it?"),
        [InputRequired()],
        choices=[SelectChoice(str(one), label) for one, label in OWED_LABELS.items()],
        default=str(Owed.LEAD),
        description=_l("Whoever applies alone is the lead."),
    )
    kinds = CheckboxesField(
        _l("Kinds of file accepted"),
        [InputRequired()],
        choices=[SelectChoice(str(kind), label) for kind, label in KIND_LABELS.items()],
        default=[str(FileKind.PDF)],
        description=_l("Only the pages of PDF files are shown to reviewers; the others are downloaded."),
    )
    most = NumberField(_l("How many files at most"), [InputRequired()], minimum=1, maximum=MOST_FILES, default=1)
    valid_months = NumberField(
        _l("Issued within how many months"),
        minimum=1,
        maximum=LONGEST_VALIDITY,
        suffix=_l("months"),
        description=_l("Leave empty when its age does not matter. Applicants are then asked for its day of issue."),
    )
    template = UploadField(
        _l("Template to download"),
        kinds=[str(one) for one in TEMPLATE_KINDS],
        description=_l("A file that applicants fill in and send back."),
    )
    without_template = BooleanField(_l("Remove the template"))

    def demand(self, kept: RequiredDocument | None) -> Demand:
        """Raises Refused for a template that is not what its name says."""
        template = Template.of(kept) if kept and not self.without_template.data else None
        if self.template.data is not None:
            template = Template(*keep_file(self.template, TEMPLATE_KINDS))
        return Demand(
            name=self.name.data,
            guidance=self.guidance.data,
            mandatory=self.mandatory.data == "yes",
            owed_by=Owed(self.owed_by.data),
            kinds=[FileKind(one) for one in self.kinds.data or ()],
            most=int(self.most.data or 1),
            valid_months=None if self.valid_months.data is None else int(self.valid_months.data),
            template=template,
        )


def required_form(kept: RequiredDocument | None, version: int) -> RequiredForm:
    if kept is None:
        return RequiredForm(version=version)
    known: dict[str, Any] = {
        name: getattr(kept, name) for name in ("name", "guidance", "kinds", "most", "valid_months")
    }
    return RequiredForm(
        version=version, mandatory="yes" if kept.mandatory else "no", owed_by=str(kept.owed_by), **known
    )
