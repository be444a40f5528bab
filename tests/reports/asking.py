"""Queries drawn at random, and what they mean, said a second time in plain Python."""

from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from grants.core.i18n import LANGUAGES
from grants.core.types import sort_key
from grants.reports.search.keys import KEYS, Kind
from grants.reports.search.language import Query, Term, Value

WORDS = st.sampled_from(["Project", "pròjet", "a b", '"', "\\", "100%", "_", "état", "مشروع", "-x", "state:", "a,b"])
TEXTS = st.one_of(WORDS, st.text(max_size=12)).filter(lambda text: text.replace("\x00", " ").strip())
NUMBERS = {
    "amount": st.sampled_from(["0", "100", "600000", "0.6M", "600k", "750000.5", "1000000"]),
    "score": st.sampled_from(["0", "55.5", "70", "80.25", "100"]),
    "spread": st.sampled_from(["0", "10", "20.5", "40"]),
    "rank": st.sampled_from(["1", "2", "3", "10"]),
}
FEW = st.sampled_from(["0", "1", "2", "3", "4"])
DAYS = st.sampled_from(["2026", "2026-05", "2026-05-01", "2026-05-02", "2026-06", "2025-12-31"])
PLACES = {"call": st.sampled_from(["ASK-1", "ask-2", "Appel"]), "commission": st.sampled_from(["KA", "kb", "mobile"])}


@st.composite
def values(draw, key, op):
    if key.kind is Kind.CHOICE:
        return Value(draw(st.sampled_from(sorted(key.words))))
    if key.words and op == ":" and draw(st.booleans()):
        return Value(draw(st.sampled_from(sorted(key.words))))
    if key.is_ordered:
        ends = DAYS if key.kind is Kind.DAY else NUMBERS.get(key.name, FEW)
        if op == ":" and draw(st.booleans()):
            low, high = draw(st.one_of(st.just(""), ends)), draw(ends)
            return Value(*draw(st.sampled_from([(low, high), (high, low)])))
        return Value(draw(ends))
    if key.kind is Kind.PLACE:
        return Value(draw(PLACES[key.name]))
    text = draw(TEXTS.filter(lambda one: sort_key(one).strip() not in {"none", "any"}))
    return Value(text.replace("\x00", " "))


@st.composite
def terms(draw):
    if draw(st.integers(0, 4)) == 0:
        return Term(None, ":", (Value(draw(TEXTS).replace("\x00", " ")),), draw(st.booleans()))
    key = KEYS[draw(st.sampled_from(sorted(KEYS)))]
    op = draw(st.sampled_from([":", "<", "<=", ">", ">="] if key.is_ordered else [":"]))
    several = draw(st.integers(1, 3 if op == ":" else 1))
    return Term(key.name, op, tuple(draw(values(key, op)) for _ in range(several)), draw(st.booleans()))


QUERIES = st.lists(terms(), max_size=4).map(lambda found: Query(tuple(found)))


# --- what they mean -------------------------------------------------------------------------------------------


def meant(query, facts):
    """Whether an application with these facts belongs to the answer."""
    return all(_holds(term, facts) != term.negated for term in query.terms)


def _holds(term, facts):
    if term.key is None:
        return any(_within(key, term.values[0].text, facts) for key in ("reference", "title", "organisation"))
    return any(_one(KEYS[term.key], term.op, value, facts) for value in term.values)


def _within(key, text, facts):
    if key == "reference":
        return text.strip().lower() in facts[key].lower()
    return sort_key(text) in sort_key(facts[key])


def _one(key, op, value, facts):
    fact = facts[key.name]
    if key.kind is Kind.PLACE:
        return _place(value.text, fact, facts["places"][key.name])
    if key.name == "reviewer":
        if value.text in {"none", "any"}:
            return bool(fact) == (value.text == "any")
        return any(sort_key(value.text) in sort_key(name) for name in fact)
    if value.text in key.words and value.high is None:
        if value.text == "any":
            return bool(fact) if key.name == "conflict" else fact is not None
        if value.text == "none":
            return not fact if key.name == "conflict" else fact is None
        return fact == value.text
    if key.kind is Kind.TEXT:
        return _within(key.name, value.text, facts)
    return fact is not None and _ordered(key.kind, op, value, fact)


def _place(typed, fact, places):
    exact = [code for code, _ in places if sort_key(code) == sort_key(typed)]
    named = [c for c, n in places if any(sort_key(typed) in sort_key(n.in_(one)) for one in LANGUAGES)]
    return fact in (exact or named)


def _ordered(kind, op, value, fact):
    ends = _period if kind is Kind.DAY else lambda text: (_number(text),) * 2
    if value.high is not None:
        after = not value.text or ends(value.text)[0] <= fact
        return after and (not value.high or fact <= ends(value.high)[1])
    low = high = ends(value.text)
    return {
        ":": low[0] <= fact <= high[1],
        "<": fact < low[0],
        "<=": fact <= high[1],
        ">": fact > high[1],
        ">=": fact >= low[0],
    }[op]


def _number(text):
    times = {"k": 1000, "M": 1_000_000}.get(text[-1:], 1)
    return Decimal(text.rstrip("kM")) * times


def _period(text):
    """The first and the last day."""
    year, month, day = ([int(part) for part in text.split("-")] + [0, 0])[:3]
    if day:
        return date(year, month, day), date(year, month, day)
    if month:
        return date(year, month, 1), date(year, month, 30 if month in {4, 6, 9, 11} else 31)
    return date(year, 1, 1), date(year, 12, 31)
