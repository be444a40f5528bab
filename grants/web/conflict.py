"""Two people wrote the same thing: what the page shows, and the text it proposes for both."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from flask import request
from werkzeug.datastructures import MultiDict
from wtforms import Field, FieldList, FileField, FormField, PasswordField, StringField

from grants.core.differences import Piece, difference, merge, new_side, old_side
from grants.web.fields import ScoreField, Typed, WordsField
from grants.web.filters import plain
from grants.web.forms import Before, Form, written
from grants.web.table import TableField

UNDRAWN = (FieldList, FormField, FileField, PasswordField, ScoreField, TableField)  # sent again as they were


class Pair(NamedTuple):
    """One field that differs: the words of each side, those of that side alone marked."""

    name: str
    label: str
    mine: list[Piece]
    saved: list[Piece]
    drawn: bool  # whether the page asks for it again
    merged: bool  # both texts are in the proposal
    doubts: int  # places where the proposal holds both, one after the other

    @property
    def rows(self) -> int:
        """How tall the box of the proposal is."""
        return 14 if sum(len(one.text) for one in self.mine + self.saved) > 1_200 else 5


class Found(NamedTuple):
    """`version` is that of what is saved now; `rest` is what was sent for the fields that the page does not draw."""

    pairs: list[Pair]
    version: int | None
    rest: list[tuple[str, str]]
    by: str | None
    at: datetime | None

    @property
    def drawn(self) -> bool:
        """Whether the page can ask for each field that differs."""
        return self.version is not None


def conflict(form: Form) -> Found:
    """What the person typed beside what is saved. The form then holds the text proposed for both, field by field."""
    fields = [field for field in form.visible() if not isinstance(field, PasswordField)]
    typed = {field.name: written(field) for field in fields}
    form.refill()
    saved = {field.name: written(field) for field in form.visible()}
    version = getattr(form, "version", None)
    before = form.before() if form.before else Before(None, None, None)
    differing = [field for field in fields if typed[field.name] != saved[field.name]]
    proposed = MultiDict(request.form)
    proposed.pop("version", None)
    pairs = [_pair(field, typed[field.name], saved[field.name], before.texts, proposed) for field in differing]
    now_saved = None if version is None else version.data
    drawn = [field for field in differing if _is_drawn(field)]
    form.process(proposed)
    return Found(pairs, now_saved, _rest(drawn), before.by, before.at)


def _pair(field: Field, mine: str, saved: str, base: Mapping[str, str] | None, proposed: MultiDict[str, Any]) -> Pair:
    """One field; when it is a text whose beginning is known, both are put together in `proposed`."""
    pieces = difference(mine, saved)
    merged, doubts = False, 0
    if base is not None and isinstance(field, StringField) and not isinstance(field, Typed):
        text, doubts = merge(base.get(field.name, ""), mine, saved)
        proposed[field.name], merged = text, True
    return Pair(
        field.name, plain(field.label.text), old_side(pieces), new_side(pieces), _is_drawn(field), merged, doubts
    )


def _is_drawn(field: Any) -> bool:
    """A table of rows is no field: it is sent again as it was."""
    return isinstance(field, Field) and not isinstance(field, UNDRAWN)


def _rest(drawn: list[Field]) -> list[tuple[str, str]]:
    """What was sent for the other fields."""
    own = {field.name for field in drawn if not isinstance(field, WordsField)}
    words = tuple(f"{field.name}-" for field in drawn if isinstance(field, WordsField))
    kept = []
    for name, text in request.form.items(multi=True):
        if name not in own | {"csrf_token", "version"} and not (words and name.startswith(words)):
            kept.append((name, text))
    return kept
