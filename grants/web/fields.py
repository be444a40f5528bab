"""The fields this product asks with. Each keeps what was typed, right or wrong, and refuses with a sentence.

    MoneyField(label, currency=…, minimum=…, maximum=…)      data: Money | None
    PercentField(label, minimum=0, maximum=10_000)           data: hundredths of a percent (12,5 % is 1250) | None
    NumberField(label, places=0, minimum=…, maximum=…)       data: int (Decimal when places > 0) | None
    DayField(label, minimum=…, maximum=…)                    data: date | None
    LocalDateTimeField(label, zone=…)                        data: datetime aware in that zone | None
    WordsField(label, multiline=False, required=True)        data: Words; French is the one required
    UploadField(label, kinds=("pdf",), max_mb=…)             data: FileStorage | None; `.size` in octets
    CheckboxesField(label, choices=[…])                      data: list of values
    ScoreField(label, anchors={0: Text, 5: Text})            data: Decimal 0–5 by halves | None

Currency and zone come from the field, else from the form (`Form(currency=…, zone=…)`), else from the value shown.
Minimum and maximum may be set on the bound field before validation. Widgets are drawn by templates/_macros/forms.html.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import current_app
from flask_login import current_user
from flask_wtf.file import FileField
from sqlalchemy.exc import NoResultFound
from werkzeug.datastructures import FileStorage
from wtforms import Field, SelectMultipleField
from wtforms.utils import unset_value
from wtforms.validators import ValidationError
from wtforms.widgets import CheckboxInput, ListWidget, TextInput

from grants.core import i18n
from grants.core.amounts import parse_amount, parse_decimal
from grants.core.days import latin, parse_day
from grants.core.i18n import LANGUAGES, N_, NATIVE_NAMES, Text, Words, zone_name
from grants.core.storage import storage
from grants.core.types import Money
from grants.people import uploads
from grants.web.language import current_reader

SIGNATURES = {
    "pdf": (b"%PDF-",),
    "png": (b"\x89PNG\r\n\x1a\n",),
    "jpg": (b"\xff\xd8\xff",),
    "jpeg": (b"\xff\xd8\xff",),
    "zip": (b"PK\x03\x04",),
    "docx": (b"PK\x03\x04",),
    "xlsx": (b"PK\x03\x04",),
    "pptx": (b"PK\x03\x04",),
    "odt": (b"PK\x03\x04",),
    "ods": (b"PK\x03\x04",),
    "csv": (),
    "txt": (),
}


class Typed(Field):
    """A field of one input that shows again exactly what was typed."""

    widget = TextInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else self.written(self.data)

    def written(self, value: Any) -> str:
        """A stored value as a person would type it."""
        return str(value)

    def read(self, typed: str) -> Any:
        """The value typed (never blank); raises ValueError with a Text."""
        raise NotImplementedError

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = None
        if valuelist and valuelist[0].strip():
            self.data = self.read(valuelist[0].strip())


class Bounded(Typed):
    """A Typed field between two values, either of which may be missing."""

    def __init__(self, *args: Any, minimum: Any = None, maximum: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.minimum, self.maximum = minimum, maximum

    def bound(self, value: Any) -> Any:
        """How a bound is named in a refusal."""
        return value

    def pre_validate(self, form: Any) -> None:
        if self.data is None:
            return
        if self.minimum is not None and self.data < self.minimum:
            raise ValidationError(N_("It must be at least %(least)s.", least=self.bound(self.minimum)))
        if self.maximum is not None and self.maximum < self.data:
            raise ValidationError(N_("It must be at most %(most)s.", most=self.bound(self.maximum)))


class MoneyField(Bounded):
    def __init__(self, *args: Any, currency: str | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._currency = currency

    @property
    def currency(self) -> str:
        shown = getattr(self.object_data, "currency", None)
        found = self._currency or getattr(self._form, "currency", None) or shown
        if found is None:
            raise TypeError(f"{self.name}: no currency; give Form(currency=…)")
        return str(found)

    def written(self, value: Money) -> str:
        return i18n.amount(value, current_reader())

    def read(self, typed: str) -> Money | None:
        return parse_amount(typed, self.currency)


class PercentField(Bounded):
    def __init__(self, *args: Any, minimum: int = 0, maximum: int = 10_000, **kwargs: Any) -> None:
        super().__init__(*args, minimum=minimum, maximum=maximum, **kwargs)

    def written(self, value: int) -> str:
        return i18n.number(Decimal(value) / 100, current_reader())

    def read(self, typed: str) -> int:
        return int(parse_decimal(typed.replace("%", "").replace("٪", ""), 2) * 100)

    def bound(self, value: int) -> str:
        return i18n.percent(Decimal(value) / 100, current_reader())


class NumberField(Bounded):
    def __init__(self, *args: Any, places: int = 0, suffix: Text | str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places, self.suffix = places, suffix

    def written(self, value: int | Decimal) -> str:
        return i18n.number(value, current_reader())

    def read(self, typed: str) -> int | Decimal:
        exact = parse_decimal(typed, self.places)
        if exact >= 10**15:
            raise ValueError(N_("This is too long for a number."))
        return exact if self.places else int(exact)


class DayField(Bounded):
    """A date; browsers send 2026-12-06, people without a date picker may type 06/12/2026 or 6 décembre 2026."""

    def written(self, value: date) -> str:
        return value.isoformat()

    def read(self, typed: str) -> date:
        return parse_day(typed)


class LocalDateTimeField(Bounded):
    """A wall time in the cluster's zone. Times the clocks skip or repeat are refused, never guessed."""

    def __init__(self, *args: Any, zone: str | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._zone = zone

    @property
    def zone(self) -> str:
        return str(self._zone or getattr(self._form, "zone", None) or current_reader().zone)

    def written(self, value: datetime) -> str:
        return f"{value.astimezone(ZoneInfo(self.zone)):%Y-%m-%dT%H:%M}"

    def bound(self, value: datetime) -> datetime:
        return value.astimezone(ZoneInfo(self.zone))

    def read(self, typed: str) -> datetime:
        wall = _parse(latin(typed), ("%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%d/%m/%Y %H:%M"))
        there = wall.replace(tzinfo=ZoneInfo(self.zone))
        if there.astimezone(UTC).astimezone(there.tzinfo).replace(tzinfo=None) != wall:
            raise ValueError(
                N_(
                    "%(time)s does not exist on %(day)s (%(zone)s): the clocks jump over it. Choose another time.",
                    **self._names(wall),
                )
            )
        if there.utcoffset() != there.replace(fold=1).utcoffset():
            raise ValueError(
                N_(
                    "%(time)s happens twice on %(day)s (%(zone)s): the clocks go back. Choose another time.",
                    **self._names(wall),
                )
            )
        return there

    def _names(self, wall: datetime) -> dict[str, Any]:
        return {"time": f"{wall:%H:%M}", "day": wall.date(), "zone": zone_name(self.zone, current_reader())}


def _parse(typed: str, formats: Sequence[str]) -> datetime:
    for one in formats:
        try:
            found = datetime.strptime(typed, one)  # noqa: DTZ007 - a wall time; its zone is added by the caller
        except ValueError:
            continue
        if 1900 <= found.year <= 2200:
            return found
    raise ValueError(N_("Enter a date that exists, such as %(day)s.", day=date(2027, 3, 31)))


class WordsField(Field):
    """One input for each language, named `<name>-fr`, `<name>-ar`, `<name>-en`."""

    widget = TextInput()

    def __init__(
        self,
        *args: Any,
        multiline: bool = False,
        required: bool = True,
        longest: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.multiline, self.longest = multiline, longest
        self.flags.required = required or None

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        self.process_errors: list[Any] = []
        if data is unset_value:
            data = self.default() if callable(self.default) else self.default
        self.object_data = self.data = Words(data or {})
        if formdata is None:
            return
        self.raw_data = []
        if any(f"{self.name}-{language}" in formdata for language in LANGUAGES):
            typed = {language: formdata.get(f"{self.name}-{language}", "") for language in LANGUAGES}
            self.raw_data = list(typed.values())
            self.data = Words({language: tidy(text) for language, text in typed.items()})

    def inputs(self) -> list[dict[str, Any]]:
        """What the macro draws: for each language its code, own name, input id and name, value, direction."""
        return [
            {
                "language": language,
                "label": NATIVE_NAMES[language],
                "id": self.id if language == "fr" else f"{self.id}-{language}",
                "name": f"{self.name}-{language}",
                "value": self.data.get(language, ""),
                "dir": "rtl" if language == "ar" else "ltr",
            }
            for language in LANGUAGES
        ]

    def pre_validate(self, form: Any) -> None:
        if self.flags.required and "fr" not in self.data:
            raise ValidationError(N_("Write this at least in French."))
        for language, text in self.data.items():
            if self.longest and len(text) > self.longest:
                label = NATIVE_NAMES[language]
                raise ValidationError(N_("%(language)s: at most %(n)s characters.", language=label, n=self.longest))


WordsFields = WordsField


class UploadField(FileField):
    """One file: its name must end in one of `kinds`, its first bytes agree, its size stay within the limit."""

    def __init__(self, *args: Any, kinds: Sequence[str] = ("pdf",), max_mb: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kinds, self._max_mb = tuple(kinds), max_mb

    @property
    def max_mb(self) -> int:
        return self._max_mb or int(current_app.extensions["settings"].upload_limit_mb)

    @property
    def accept(self) -> str:
        return ",".join(f".{kind}" for kind in self.kinds)

    @property
    def size(self) -> int:
        """Octets of the file sent; 0 without one."""
        if not isinstance(self.data, FileStorage):
            return 0
        stream = self.data.stream
        here = stream.tell()
        size = stream.seek(0, 2)
        stream.seek(here)
        return size

    data: FileStorage | None

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        """The file itself, or one that came piece by piece before and is named here."""
        super().process(formdata, data, extra_filters)
        sent = formdata.get(f"{self.name}-upload") if formdata is not None else None
        if sent and not isinstance(self.data, FileStorage) and (found := sent_before(sent)) is not None:
            self.data, self.raw_data = found, [found]

    def pre_validate(self, form: Any) -> None:
        if not isinstance(self.data, FileStorage):
            self.data = None
            return
        kind = (self.data.filename or "").rpartition(".")[2].lower()
        if kind not in self.kinds:
            raise ValidationError(
                N_("Choose a file of this kind: %(kinds)s.", kinds=", ".join(one.upper() for one in self.kinds))
            )
        if self.size == 0:
            raise ValidationError(N_("This file is empty."))
        if self.size > self.max_mb * 1_000_000:
            raise ValidationError(N_("This file is larger than %(n)s MB.", n=self.max_mb))
        begins = SIGNATURES.get(kind, ())
        if begins and not _starts_with(self.data, begins):
            raise ValidationError(N_("This file is not what its name says: it is no %(kind)s.", kind=kind.upper()))


def sent_before(id: str) -> FileStorage | None:
    """The file that came piece by piece under this id and is whole; None for anything else."""
    with suppress(ValueError, NoResultFound):
        one = uploads.upload(current_user, UUID(id))
        content = uploads.content(one, storage=storage(current_app.extensions["settings"]))
        return None if content is None else FileStorage(BytesIO(content), one.filename)
    return None


def _starts_with(file: FileStorage, begins: Sequence[bytes]) -> bool:
    head = file.stream.read(1024)
    file.stream.seek(0)
    return any(head.startswith(one) or (one == b"%PDF-" and one in head) for one in begins)


class CheckboxesField(SelectMultipleField):
    """Any number of choices, each a checkbox."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class ScoreField(Typed):
    """A mark from 0 to 5 by halves: six buttons and one for the half. Sends `<name>` and `<name>-half`.

    `anchors` gives the words of whole marks; `weight` a percentage; `comment_below` the mark up to which a comment is
    compulsory (used by the macro and the script, checked by the caller).
    """

    def __init__(
        self, *args: Any, anchors: Mapping[int, Any] | None = None, weight: Decimal | int = 0, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.anchors, self.weight = dict(anchors or {}), weight

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        self.half_sent = bool(formdata is not None and formdata.get(f"{self.name}-half"))
        super().process(formdata, data, extra_filters)

    def read(self, typed: str) -> Decimal:
        score = parse_decimal(typed, 1) + (Decimal("0.5") if self.half_sent and typed.isdigit() else 0)
        if score > 5 or score * 2 != int(score * 2):
            raise ValueError(N_("Choose a mark from 0 to 5, by halves."))
        return score

    @property
    def whole(self) -> int | None:
        return None if self.data is None else int(self.data)

    @property
    def half(self) -> bool:
        return self.data is not None and self.data % 1 != 0


def tidy(text: str) -> str:
    """What people paste, made storable: ends trimmed, one kind of line end, no NUL (PostgreSQL refuses it)."""
    return text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n").strip()
