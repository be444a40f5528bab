"""What may be asked of an application: the keys of the query language, their values, and who may ask.

A key is printed by its English name; it is also understood by its label in every language of the product, and so are
the values that are names of ours: `state:in_review`, `etat:en_evaluation`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache

from grants.applications.models import PRIVATE, STATE_LABELS
from grants.awards.models import DECISION_LABELS
from grants.core.i18n import LANGUAGES, N_, Text, render
from grants.core.types import sort_key
from grants.people.models import ORGANISATION_LABELS


class Audience(StrEnum):
    """Whose list it is: those who follow a fund, or the chair of a commission."""

    FUND = "fund"
    CHAIR = "chair"


class Kind(StrEnum):
    CHOICE = "choice"  # one of the key's `choices`
    TEXT = "text"  # what the value is part of, whatever its case and accents
    PLACE = "place"  # a call or a commission, by its code or by a part of its name
    NUMBER = "number"
    DAY = "day"  # a day, a month or a year


NONE, ANY = "none", "any"
SPECIAL: Mapping[str, Text] = {NONE: N_("none"), ANY: N_("any")}


@dataclass(frozen=True)
class Key:
    """`optional`: takes `none` and `any`. `chair`: only a commission's chair may ask it, since it tells of reviews."""

    name: str
    label: Text
    kind: Kind
    meaning: Text
    choices: Mapping[str, Text] = field(default_factory=dict)
    optional: bool = False
    chair: bool = False

    @property
    def words(self) -> Mapping[str, Text]:
        """The values that are names: its choices, and `none` and `any`."""
        return {**self.choices, **(SPECIAL if self.optional else {})}

    @property
    def is_ordered(self) -> bool:
        """Whether it can be compared and takes a range."""
        return self.kind in {Kind.NUMBER, Kind.DAY}


_STATES = {str(state): label for state, label in STATE_LABELS.items() if state not in PRIVATE}
_DECISIONS = {str(state): label for state, label in DECISION_LABELS.items()}
_ORDER = [
    Key("state", N_("State"), Kind.CHOICE, N_("Where the application stands"), _STATES),
    Key("call", N_("Call"), Kind.PLACE, N_("The call, by its code or a part of its title")),
    Key("commission", N_("Commission"), Kind.PLACE, N_("The commission, by its code or a part of its name")),
    Key("reference", N_("Reference"), Kind.TEXT, N_("A part of the reference")),
    Key("title", N_("Title"), Kind.TEXT, N_("A part of the title")),
    Key("organisation", N_("Organisation"), Kind.TEXT, N_("A part of the applicant’s name")),
    Key(
        "kind",
        N_("Kind of organisation"),
        Kind.CHOICE,
        N_("What the applicant is"),
        {str(kind): label for kind, label in ORGANISATION_LABELS.items()},
    ),
    Key("amount", N_("Amount requested"), Kind.NUMBER, N_("The amount requested, in the currency of the call")),
    Key("submitted", N_("Submitted"), Kind.DAY, N_("The day of submission")),
    Key("decision", N_("Decision"), Kind.CHOICE, N_("What was decided"), _DECISIONS, optional=True),
    Key("rank", N_("Rank"), Kind.NUMBER, N_("The place in the ranking that was sent"), optional=True),
    Key("score", N_("Mean mark"), Kind.NUMBER, N_("The mean of the marks, of 100"), optional=True, chair=True),
    Key(
        "spread",
        N_("Spread"),
        Kind.NUMBER,
        N_("Points between the highest and the lowest mark"),
        optional=True,
        chair=True,
    ),
    Key("reviews", N_("Reviews submitted"), Kind.NUMBER, N_("How many reviews are submitted"), chair=True),
    Key("asked", N_("Reviewers asked"), Kind.NUMBER, N_("How many reviewers are asked"), chair=True),
    Key(
        "reviewer",
        N_("Reviewer"),
        Kind.TEXT,
        N_("A part of the name of somebody who was asked"),
        optional=True,
        chair=True,
    ),
    Key(
        "conflict",
        N_("Conflicts to replace"),
        Kind.NUMBER,
        N_("Reviewers who declared a conflict and are not replaced"),
        optional=True,
        chair=True,
    ),
]
KEYS: Mapping[str, Key] = {key.name: key for key in _ORDER}


def allowed(audience: Audience) -> list[Key]:
    """The keys that this list understands, in the order in which they are explained."""
    return [key for key in _ORDER if audience is Audience.CHAIR or not key.chair]


def slug(text: str) -> str:
    """A name as it is typed in a query: no accents, no capitals, words joined by `_`."""
    return re.sub(r"[\s\-'’.,:]+", "_", sort_key(text)).strip("_")


@cache
def key_names() -> Mapping[str, str]:
    """Every way to write a key, with the key's own name; the key's own name comes before any label."""
    found = {key.name: key.name for key in _ORDER}
    for key in _ORDER:
        for language in LANGUAGES:
            found.setdefault(slug(render(key.label, language)), key.name)
    return found


@cache
def value_names(key: str) -> Mapping[str, str]:
    """Every way to write the named values of a key, with the value itself."""
    words = KEYS[key].words
    found = {value: value for value in words}
    for value, label in words.items():
        for language in LANGUAGES:
            found.setdefault(slug(render(label, language)), value)
    return found
