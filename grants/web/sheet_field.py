"""The field of a form that takes a workbook or CSV file."""

from typing import Any

from wtforms.validators import ValidationError

from grants.core.i18n import N_
from grants.web.forms import UploadField


class SheetField(UploadField):
    """A workbook or CSV file. What its bytes are is decided by the reader, which knows better words than "no XLSX"."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, kinds=("xlsx", "xlsm", "csv"), **kwargs)
        self.type = UploadField.__name__

    def pre_validate(self, form: Any) -> None:
        name = (getattr(self.data, "filename", None) or "").lower()
        if name.endswith((".xlsx", ".xlsm", ".csv")):
            if not self.size:
                raise ValidationError(N_("This file is empty."))
            if self.size > self.max_mb * 1_000_000:
                raise ValidationError(N_("This file is larger than %(n)s MB.", n=self.max_mb))
            return
        super().pre_validate(form)
