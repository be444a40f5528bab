"""The query language: words and conditions side by side, all of which must hold.

    mobile "point of sale"              words of the reference, the title or the organisation
    state:in_review,reviewed            one of several
    -commission:mobile                  not
    score>70   reviews<2   amount>=1.5M comparisons
    amount:100000..500000               a range, its ends included; either end may be open
    submitted>2026-05-01   submitted:2026-05
    reviewer:none   reviewer:"Amina B"  nobody, anybody (any), or a part of a name

The language is regular: no brackets, nothing inside anything else, so a scanner of a few lines reads it and can say of
each word what was expected there. `parse` answers with a tree, `write` prints one so that parsing gives it back.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from grants.core.i18n import N_, Text
from grants.reports.search.keys import Audience, Key, Kind, allowed, key_names, slug, value_names
from grants.reports.search.values import Between, days, numbers

LONGEST, MOST_TERMS = 500, 40
READ = {Kind.NUMBER: numbers, Kind.DAY: days}
_SPACE = re.compile(r"\s*")
_KEY = re.compile(r'([^\s":<>=,]+)(<=|>=|[:<>=])')
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_WORD = re.compile(r'[^\s":<>=]+')
_BARE = re.compile(r'[^\s",]+')
_PLAIN_WORD = re.compile(r'[^\s":<>=\\\-][^\s":<>=\\]*')
_PLAIN_VALUE = re.compile(r'[^\s",\\]+')


class Misread(Exception):
    """The query cannot be understood: why, where in the text, and the whole query mended when we can guess."""

    def __init__(self, message: Text, at: tuple[int, int], mended: str | None = None) -> None:
        super().__init__(str(message))
        self.message, self.at, self.mended = message, at, mended


@dataclass(frozen=True)
class Value:
    """A value of a condition; with `high` it is a range from `text` to `high`, where "" is an open end."""

    text: str
    high: str | None = None
    at: tuple[int, int] = field(default=(0, 0), compare=False)


@dataclass(frozen=True)
class Term:
    """One condition, or words when it has no `key`; `op` is one of : < <= > >=, `at` its place in the text."""

    key: str | None
    op: str
    values: tuple[Value, ...]
    negated: bool = False
    at: tuple[int, int] = field(default=(0, 0), compare=False)


@dataclass(frozen=True)
class Query:
    """All of these terms."""

    terms: tuple[Term, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.terms)

    def asks(self, key: str) -> bool:
        return any(term.key == key for term in self.terms)


def spans(key: Key, term: Term) -> list[Between]:
    """What the values of a comparison, a range or an equality hold; `none` and `any` are left out."""
    read = READ[key.kind]
    found = [read(term.op, one.text, one.high) for one in term.values if one.text not in key.words or one.high]
    return [one for one in found if one is not None]


def parse(text: str, audience: Audience = Audience.CHAIR) -> Query:
    """The tree of a query; raises Misread, never anything else."""
    return _Reading(text, audience).query()


class _Reading:
    """One reading of one text."""

    def __init__(self, text: str, audience: Audience) -> None:
        self.text = text.replace("\x00", " ").encode("utf-8", "replace").decode()
        self.at, self.audience = 0, audience
        self.keys = {key.name: key for key in allowed(audience)}

    def query(self) -> Query:
        if len(self.text) > LONGEST:
            raise Misread(N_("A query has at most %(n)s characters.", n=LONGEST), (LONGEST, len(self.text)))
        terms = []
        while self._skip() < len(self.text):
            terms.append(self._term())
        if len(terms) > MOST_TERMS:
            raise Misread(N_("A query has at most %(n)s conditions.", n=MOST_TERMS), terms[MOST_TERMS].at)
        return Query(tuple(terms))

    def _skip(self) -> int:
        self.at = _SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]
        return self.at

    def _term(self) -> Term:
        start = self.at
        negated = self.text.startswith("-", start)
        self.at += negated
        if found := _KEY.match(self.text, self.at):
            key = self._key(found)
            self.at, op = found.end(), ":" if found[2] == "=" else found[2]
            self._must_compare(key, op, found)
            values = self._values(key, op, found)
            return Term(key.name, op, values, negated, (start, self.at))
        word = self._quoted() or self._word(start)
        if not word.text.strip():
            raise Misread(N_("There is nothing between these quotation marks."), word.at)
        return Term(None, ":", (word,), negated, (start, self.at))

    def _word(self, start: int) -> Value:
        found = _WORD.match(self.text, self.at)
        if not found:
            if self.at > start and self.text[self.at : self.at + 1].strip() == "":
                raise Misread(N_("After the minus, write what to leave out: -state:withdrawn."), (start, self.at))
            raise Misread(
                N_("Write a key before this sign: state:, amount>. To search for the sign itself, quote it."),
                (self.at, self.at + 1),
            )
        self.at = found.end()
        return Value(found[0], at=found.span())

    def _quoted(self) -> Value | None:
        if not self.text.startswith('"', self.at):
            return None
        found = _QUOTED.match(self.text, self.at)
        if not found:
            raise Misread(
                N_("This quotation mark is never closed."), (self.at, len(self.text)), self.text.rstrip("\\") + '"'
            )
        self.at = found.end()
        return Value(re.sub(r"\\(.)", r"\1", found[1], flags=re.DOTALL), at=found.span())

    def _key(self, found: re.Match[str]) -> Key:
        name = key_names().get(slug(found[1]))
        if name in self.keys:
            return self.keys[name]
        if name is not None:
            raise Misread(
                N_(
                    "“%(key)s” tells of the reviews, which only the chair of the commission sees. Ask it in the list of"
                    " your commissions.",
                    key=f"{name}:",
                ),
                found.span(1),
            )
        names = [one for one, key in key_names().items() if key in self.keys]
        raise Misread(
            N_(
                "There is no key “%(word)s”. To search for these very words, put them between quotation marks.",
                word=found[1] + found[2],
            ),
            found.span(1),
            self._mended(found.span(1), nearest(found[1], names)),
        )

    def _must_compare(self, key: Key, op: str, found: re.Match[str]) -> None:
        if op != ":" and not key.is_ordered:
            mended = self._mended(found.span(2), ":")
            raise Misread(
                N_("“%(key)s” is not compared: write %(key)s: and a value.", key=key.name), found.span(), mended
            )

    def _values(self, key: Key, op: str, found: re.Match[str]) -> tuple[Value, ...]:
        values = [self._value(key, op, found)]
        while self.text.startswith(",", self.at):
            self.at += 1
            values.append(self._value(key, op, found))
        if op != ":" and len(values) > 1:
            raise Misread(N_("Compare with one value only: %(key)s>10.", key=key.name), (values[1].at[0], self.at))
        return tuple(values)

    def _value(self, key: Key, op: str, found: re.Match[str]) -> Value:
        value = self._quoted()
        if value is None:
            bare = _BARE.match(self.text, self.at)
            if not bare:
                raise Misread(
                    N_("A value is missing here, for example %(example)s.", example=example(key)),
                    (found.start(), self.at),
                )
            self.at = bare.end()
            value = Value(bare[0], at=bare.span())
        return self._meant(key, op, value)

    def _meant(self, key: Key, op: str, value: Value) -> Value:
        """The value as the key takes it, or the reason why it cannot."""
        named = value_names(key.name).get(slug(value.text)) if key.words and op == ":" else None
        if named is not None:
            return Value(named, at=value.at)
        if key.kind is Kind.CHOICE:
            best = nearest(value.text, value_names(key.name))
            raise Misread(
                N_(
                    "“%(value)s” is no value of %(key)s:. It takes %(values)s.",
                    value=value.text,
                    key=key.name,
                    values=", ".join(key.words),
                ),
                value.at,
                self._mended(value.at, best and value_names(key.name)[best]),
            )
        if key.is_ordered:
            return self._ordered(key, op, value)
        if not value.text.strip():
            raise Misread(N_("There is nothing between these quotation marks."), value.at)
        return value

    def _ordered(self, key: Key, op: str, value: Value) -> Value:
        low, dots, high = value.text.partition("..")
        made = Value(low.strip(), high.strip(), value.at) if dots else Value(value.text.strip(), None, value.at)
        if dots and op != ":":
            raise Misread(N_("A range stands after a colon: %(example)s.", example=example(key)), value.at)
        if (dots and not made.text and not made.high) or READ[key.kind](op, made.text, made.high) is None:
            expected = (
                N_("“%(value)s” is not a number. Write 500000, 0.5M or 100000..500000.", value=value.text)
                if key.kind is Kind.NUMBER
                else N_("“%(value)s” is not a date. Write 2026-05-17, 2026-05 or 2026.", value=value.text)
            )
            raise Misread(expected, value.at)
        return made

    def _mended(self, at: tuple[int, int], by: str | None) -> str | None:
        return None if by is None else self.text[: at[0]] + by + self.text[at[1] :]


def nearest(word: str, names: Iterable[str] | Mapping[str, str]) -> str | None:
    """The name that was probably meant."""
    close = get_close_matches(slug(word), list(names), n=1, cutoff=0.6)
    return close[0] if close else None


EXAMPLES = {
    "call": "call:2026-1",
    "commission": "commission:mobile",
    "reference": "reference:2026-1-0007",
    "title": 'title:"point of sale"',
    "organisation": "organisation:atlas",
    "amount": "amount>500000",
    "submitted": "submitted>2026-05-01",
    "rank": "rank<=10",
    "score": "score>70",
    "spread": "spread>20",
    "reviews": "reviews<2",
    "asked": "asked:0",
    "reviewer": "reviewer:none",
    "conflict": "conflict:any",
    "state": "state:in_review",
    "decision": "decision:funded",
    "kind": "kind:startup",
}


def example(key: Key) -> str:
    """A condition that can be asked."""
    return EXAMPLES[key.name]


def write(query: Query) -> str:
    """The query as text; parsing it gives the same tree."""
    return " ".join(_written(term) for term in query.terms)


def _written(term: Term) -> str:
    sign = "-" if term.negated else ""
    if term.key is None:
        return sign + _quote(term.values[0].text, _PLAIN_WORD)
    return f"{sign}{term.key}{term.op}{','.join(_printed(one) for one in term.values)}"


def _printed(value: Value) -> str:
    return _quote(value.text if value.high is None else f"{value.text}..{value.high}", _PLAIN_VALUE)


def _quote(text: str, plain: re.Pattern[str]) -> str:
    if plain.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def with_term(query: Query, key: str, *values: str) -> Query:
    """The query with this condition in the place of others on the same key."""
    kept: Sequence[Term] = [term for term in query.terms if term.key != key]
    return Query((*kept, Term(key, ":", tuple(Value(one) for one in values))))


def without(query: Query, key: str) -> Query:
    return Query(tuple(term for term in query.terms if term.key != key))
