"""Passwords: argon2id as OWASP sets it, and advice against the guessable ones."""

import unicodedata
from collections.abc import Iterator

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from zxcvbn import zxcvbn

from grants.core.i18n import N_, Text

SHORTEST, LONGEST = 12, 128
JUDGED = 72  # characters zxcvbn looks at: beyond them it only costs time
STRONG_ENOUGH = 3  # of 4: more than a hundred million guesses

HASHER = PasswordHasher(memory_cost=19 * 1024, time_cost=2, parallelism=1)
# Nobody's password, so that an unknown address costs the time of a known one.
NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$Ori1tDgsWyEylETd6cKVpg$KIqZFguEwx7oM2Wp4sXa9G2hWG0hfGSKkJ2XbRmEg5M"

ADVICE = {
    one.id: one
    for one in [
        N_("Use a few words, avoid common phrases."),
        N_("No need for symbols, digits, or uppercase letters."),
        N_("Add another word or two. Uncommon words are better."),
        N_("Straight rows of keys are easy to guess."),
        N_("Short keyboard patterns are easy to guess."),
        N_("Use a longer keyboard pattern with more turns."),
        N_('Repeats like "aaa" are easy to guess.'),
        N_('Repeats like "abcabcabc" are only slightly harder to guess than "abc".'),
        N_("Avoid repeated words and characters."),
        N_('Sequences like "abc" or "6543" are easy to guess.'),
        N_("Avoid sequences."),
        N_("Recent years are easy to guess."),
        N_("Avoid recent years."),
        N_("Avoid years that are associated with you."),
        N_("Dates are often easy to guess."),
        N_("Avoid dates and years that are associated with you."),
        N_("This is a top-10 common password."),
        N_("This is a top-100 common password."),
        N_("This is a very common password."),
        N_("This is similar to a commonly used password."),
        N_("A word by itself is easy to guess."),
        N_("Names and surnames by themselves are easy to guess."),
        N_("Common names and surnames are easy to guess."),
        N_("Capitalization doesn't help very much."),
        N_("All-uppercase is almost as easy to guess as all-lowercase."),
        N_("Reversed words aren't much harder to guess."),
        N_("Predictable substitutions like '@' instead of 'a' don't help very much."),
    ]
}


def hash_password(password: str) -> str:
    return HASHER.hash(_same_everywhere(password))


def verify(kept: str | None, password: str) -> bool:
    """Whether the password is the one kept; takes the same time when there is none."""
    try:
        return HASHER.verify(kept or NOBODY, _same_everywhere(password)) and kept is not None
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        return False


def is_outdated(kept: str) -> bool:
    return HASHER.check_needs_rehash(kept)


def problems(password: str, about: tuple[str, ...] = ()) -> Iterator[Text]:
    """Why this password cannot be taken, and what would help. `about`: words an acquaintance would try first."""
    if len(password) < SHORTEST:
        yield N_("A password has at least %(n)s characters. A few words make a good one.", n=SHORTEST)
        return
    if len(password) > LONGEST:
        yield N_("A password has at most %(n)s characters.", n=LONGEST)
        return
    judged = zxcvbn(password[:JUDGED], user_inputs=_words(about), max_length=JUDGED)
    if judged["score"] >= STRONG_ENOUGH:
        return
    said = [judged["feedback"]["warning"], *judged["feedback"]["suggestions"]]
    advice = [ADVICE[one] for one in said if one in ADVICE] or [ADVICE["Use a few words, avoid common phrases."]]
    yield N_("This password is easy to guess. %(advice)s", advice=advice[0])


def _words(about: tuple[str, ...]) -> list[str]:
    return [word for one in about for word in [one, *one.replace("@", " ").replace(".", " ").split()] if len(word) > 2]


def _same_everywhere(password: str) -> str:
    """The same characters whichever keyboard composed them (é as one character or as two)."""
    return unicodedata.normalize("NFKC", password)
