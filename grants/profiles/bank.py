"""Is this number a bank account of that country? Pure arithmetic: nothing here says that the account exists.

Morocco: RIB of 24 digits; the whole number is a multiple of 97 (Bank Al-Maghrib: 3 bank, 3 city, 16 account, 2 key).
Algeria: RIB of 20 digits; key = 97 - (agency and account, times 100, mod 97), the bank left out (Banque d'Algérie).
UEMOA: RIB of 24 characters; letters as digits, the whole number a multiple of 97 (BCEAO).
Anywhere else: the IBAN of ISO 13616, whose key is ISO 7064 mod 97-10 (stdnum.iban), where the country has one.

97 is prime and greater than any digit difference: a single wrong digit in what the key covers is always caught.
"""

import re
from dataclasses import dataclass

from stdnum import iban
from stdnum.exceptions import ValidationError

from grants.core.i18n import N_, Text

UEMOA = frozenset({"BJ", "BF", "CI", "GW", "ML", "NE", "SN", "TG"})
WRONG_KEY = N_("The key of this number does not match: please check every digit.")
# A to I and J to R are 1 to 9, S to Z are 2 to 9.
LETTERS = {letter: str(i % 9 + 1) for i, letter in enumerate("ABCDEFGHIJKLMNOPQR")} | {
    letter: str(i + 2) for i, letter in enumerate("STUVWXYZ")
}
MOROCCO, ALGERIA = re.compile(r"[0-9]{24}"), re.compile(r"[0-9]{20}")
WEST_AFRICA = re.compile(r"(?:[A-Z]{2}[0-9]{3}|[0-9A-Z]{5})[0-9A-Z]{17}[0-9]{2}")
ANYWHERE = re.compile(r"[0-9A-Z]{5,34}")
SEPARATORS = re.compile(r"[\s.\-/\u00a0\u202f\u200e\u200f]")


@dataclass(frozen=True)
class Checked:
    """The number as it is kept, and why it cannot be an account of the country (None: it may be one)."""

    number: str
    wrong: Text | None = None


def check(typed: str, country: str) -> Checked:
    """A number as somebody typed it, for an account held in this country (ISO 3166)."""
    number = compact(typed)
    if country == "MA":
        return _checked(_without_iban(number, country, 24), MOROCCO, N_("A Moroccan RIB has 24 digits."), moroccan)
    if country == "DZ":
        return _checked(number, ALGERIA, N_("An Algerian RIB has 20 digits."), algerian)
    if country in UEMOA:
        bare = _without_iban(number, country, 24)
        return _checked(bare, WEST_AFRICA, N_("The RIB of this country has 24 characters."), west_african)
    return _elsewhere(number, country)


def compact(typed: str) -> str:
    """Capitals and digits alone."""
    return SEPARATORS.sub("", typed).upper()


def moroccan(rib: str) -> bool:
    return int(rib) % 97 == 0


def algerian(rib: str) -> bool:
    """3 bank, 5 agency, 10 account, 2 key; the bank does not count."""
    return int(rib[18:]) == 97 - int(rib[3:18]) * 100 % 97


def west_african(rib: str) -> bool:
    return int("".join(LETTERS.get(character, character) for character in rib)) % 97 == 0


def _checked(number: str, shape: re.Pattern[str], wrong_shape: Text, holds: object) -> Checked:
    if not shape.fullmatch(number):
        return Checked(number, wrong_shape)
    return Checked(number, None if holds(number) else WRONG_KEY)  # type: ignore[operator]


def _without_iban(number: str, country: str, length: int) -> str:
    """The RIB inside an IBAN of the country whose own key holds; any other number as it is."""
    inside = len(number) == length + 4 and number.startswith(country) and number[2:4].isdigit()
    return number[4:] if inside and _iban_key_holds(number) else number


def _elsewhere(number: str, country: str) -> Checked:
    if not number.startswith(country):
        return Checked(number, N_("Enter the IBAN: it starts with the two letters of the country."))
    try:
        return Checked(iban.validate(number))
    except ValidationError:
        return Checked(number, N_("This IBAN is not valid: please check every character."))


def _iban_key_holds(number: str) -> bool:
    if not ANYWHERE.fullmatch(number):
        return False
    return int("".join(str(int(one, 36)) for one in number[4:] + number[:4])) % 97 == 1
