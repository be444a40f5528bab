"""A query as one SQL condition on applications. No text of a person ever becomes SQL: values are parameters.

What tells of reviews or decisions is asked of those tables apart, so a condition is true or false, never unknown, and
its negation is exactly the rest.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from babel.core import get_global
from sqlalchemy import ColumnElement, Numeric, and_, case, cast, false, func, not_, or_, select, true

from grants.applications.models import Application
from grants.awards.models import Decision
from grants.core.i18n import N_
from grants.core.types import sort_key
from grants.people.models import Organisation, Person
from grants.reports.search.ground import Ground, Place
from grants.reports.search.keys import ANY, KEYS, NONE, slug
from grants.reports.search.language import Misread, Query, Term, Value, nearest, spans, write
from grants.reports.search.values import Between
from grants.reviews.models import COUNTED, Review, ReviewState

Condition = ColumnElement[bool]
_DIGITS: Mapping[str, Any] = get_global("currency_fractions")
_POWERS = {
    10 ** digits[0]: [code for code, other in _DIGITS.items() if other[0] == digits[0] and code != "DEFAULT"]
    for digits in _DIGITS.values()
    if digits[0] != 2
}


def condition(query: Query, ground: Ground) -> Condition:
    """All terms of the query; raises Misread when it names a call or a commission that is not there."""
    try:
        return and_(true(), *[_signed(term, ground) for term in query.terms])
    except Misread as problem:
        problem.mended = problem.mended and write(_mended(query, problem.at, problem.mended))
        raise


def _mended(query: Query, at: tuple[int, int], by: str) -> Query:
    """The query with another text where that value stands."""
    return Query(
        tuple(
            replace(term, values=tuple(replace(one, text=by) if one.at == at else one for one in term.values))
            for term in query.terms
        )
    )


def _signed(term: Term, ground: Ground) -> Condition:
    found = _term(term, ground)
    return not_(func.coalesce(found, false())) if term.negated else found


def _term(term: Term, ground: Ground) -> Condition:
    if term.key is None:
        return _words(term.values[0].text)
    return TERMS[term.key](term, ground)


def _words(text: str) -> Condition:
    return or_(_in_reference(text), _in_title(text), _in_organisation(text))


def _in_reference(text: str) -> Condition:
    return func.lower(Application.reference).contains(text.strip().lower(), autoescape=True)


def _in_title(text: str) -> Condition:
    return Application.sort_key.contains(sort_key(text), autoescape=True)


def _in_organisation(text: str) -> Condition:
    named = select(Organisation.id).where(Organisation.sort_key.contains(sort_key(text), autoescape=True))
    return Application.organisation_id.in_(named)


def _texts(within: Callable[[str], Condition]) -> Callable[[Term, Ground], Condition]:
    return lambda term, _: or_(*[within(one.text) for one in term.values])


def _state(term: Term, _: Ground) -> Condition:
    return Application.state.in_([one.text for one in term.values])


def _kind(term: Term, _: Ground) -> Condition:
    kinds = [one.text for one in term.values]
    return Application.organisation_id.in_(select(Organisation.id).where(Organisation.kind.in_(kinds)))


def _call(term: Term, ground: Ground) -> Condition:
    return Application.call_id.in_([place.id for one in term.values for place in _named(term, one, ground.calls)])


def _commission(term: Term, ground: Ground) -> Condition:
    ids = [place.id for one in term.values for place in _named(term, one, ground.commissions)]
    return and_(Application.commission_id.is_not(None), Application.commission_id.in_(ids))


def _named(term: Term, value: Value, places: Sequence[Place]) -> list[Place]:
    """The places a value may mean: that with this code, else those whose name holds it; raises Misread for none."""
    meant = [one for one in places if one.is_meant_by(value.text)]
    exact = [one for one in meant if sort_key(one.code) == sort_key(value.text)]
    if not meant:
        codes = {slug(one.code): one.code for one in places}
        best = codes.get(nearest(value.text, codes) or "")
        listed = ", ".join(list(codes.values())[:12])
        message = (
            N_("None of your calls is “%(value)s”. There are %(codes)s.", value=value.text, codes=listed)
            if term.key == "call"
            else N_("None of your commissions is “%(value)s”. There are %(codes)s.", value=value.text, codes=listed)
        )
        raise Misread(message, value.at, best)
    return exact or meant


# --- figures --------------------------------------------------------------------------------------------------


def _is_in(expression: Any, span: Between) -> Condition:
    limits: list[Condition] = []
    if span.low is not None:
        limits.append(expression >= span.low if span.low_in else expression > span.low)
    if span.high is not None:
        limits.append(expression <= span.high if span.high_in else expression < span.high)
    return and_(true(), *limits)


def _amount(term: Term, _: Ground) -> Condition:
    power = case(*[(Application.currency.in_(codes), by) for by, codes in _POWERS.items()], else_=100)
    major = cast(Application.requested_minor, Numeric) / power
    return or_(*[_is_in(major, one) for one in spans(KEYS["amount"], term)])


def _submitted(term: Term, ground: Ground) -> Condition:
    found = [one.map(ground.begins) for one in spans(KEYS["submitted"], term)]
    return or_(*[_is_in(Application.submitted_at, one) for one in found])


def _decided(term: Term, ground: Ground, of: Callable[[Term], list[Condition]]) -> Condition:
    """Applications with a decision the person may know of, that is `any`, or none, or such as `of` says."""
    known = select(Decision.application_id).where(ground.known_decision)
    asked = {one.text for one in term.values if one.high is None}
    found = [Application.id.in_(known)] if ANY in asked else []
    if NONE in asked:
        found.append(Application.id.not_in(known))
    if such := of(term):
        found.append(Application.id.in_(known.where(or_(*such))))
    return or_(*found)


def _decision(term: Term, ground: Ground) -> Condition:
    def such(term: Term) -> list[Condition]:
        states = [one.text for one in term.values if one.text not in {NONE, ANY}]
        return [Decision.state.in_(states)] if states else []

    return _decided(term, ground, such)


def _rank(term: Term, ground: Ground) -> Condition:
    return _decided(term, ground, lambda term: [_is_in(Decision.rank, one) for one in spans(KEYS["rank"], term)])


# --- reviews --------------------------------------------------------------------------------------------------

SENT = Review.state == ReviewState.SUBMITTED
IN_COUNT = Review.state.in_(COUNTED)
WAITS = Review.state == ReviewState.CONFLICT_DECLARED


def _reviewed(which: Condition) -> Any:
    return select(Review.application_id).where(which)


def _measured(key: str, figure: Any) -> Callable[[Term, Ground], Condition]:
    """A figure of the submitted reviews, kept in hundredths; there is none before the first, nor where the person may
    not know it."""

    def compiled(term: Term, ground: Ground) -> Condition:
        asked = {one.text for one in term.values if one.high is None}
        marked = and_(ground.known_marks, Application.id.in_(_reviewed(SENT)))
        found = [marked] if ANY in asked else []
        if NONE in asked:
            found.append(not_(marked))
        by_application = _reviewed(SENT).group_by(Review.application_id)
        for one in spans(KEYS[key], term):
            hundredths = one.map(lambda point: point * 100)
            such = Application.id.in_(by_application.having(_is_in(figure, hundredths)))
            found.append(and_(ground.known_marks, such))
        return or_(*found)

    return compiled


def _counted(key: str, which: Condition) -> Callable[[Term, Ground], Condition]:
    """How many reviews are such; an application without any counts 0."""

    def one_span(span: Between) -> Condition:
        by_application = _reviewed(which).group_by(Review.application_id)
        inside = _is_in(func.count(), span)
        if span.holds(Decimal(0)):
            return Application.id.not_in(by_application.having(not_(inside)))
        return Application.id.in_(by_application.having(inside))

    def compiled(term: Term, _: Ground) -> Condition:
        words = {ANY: Between(low=Decimal(0), low_in=False), NONE: Between(Decimal(0), Decimal(0))}
        named = [words[one.text] for one in term.values if one.high is None and one.text in words]
        return or_(*[one_span(one) for one in (*named, *spans(KEYS[key], term))])

    return compiled


def _reviewer(term: Term, _: Ground) -> Condition:
    found = []
    for one in term.values:
        if one.text == NONE:
            found.append(Application.id.not_in(_reviewed(IN_COUNT)))
        elif one.text == ANY:
            found.append(Application.id.in_(_reviewed(IN_COUNT)))
        else:
            named = Person.sort_key.contains(sort_key(one.text), autoescape=True)
            asked = _reviewed(IN_COUNT).join(Person, Person.id == Review.reviewer_id)
            found.append(Application.id.in_(asked.where(named)))
    return or_(*found)


TERMS: dict[str, Callable[[Term, Ground], Condition]] = {
    "state": _state,
    "call": _call,
    "commission": _commission,
    "reference": _texts(_in_reference),
    "title": _texts(_in_title),
    "organisation": _texts(_in_organisation),
    "kind": _kind,
    "amount": _amount,
    "submitted": _submitted,
    "decision": _decision,
    "rank": _rank,
    "score": _measured("score", func.round(func.avg(Review.total))),
    "spread": _measured("spread", func.max(Review.total) - func.min(Review.total)),
    "reviews": _counted("reviews", SENT),
    "asked": _counted("asked", IN_COUNT),
    "reviewer": _reviewer,
    "conflict": _counted("conflict", WAITS),
}
