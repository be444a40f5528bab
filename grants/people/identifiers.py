"""National identifiers of organisations and their bank accounts.

Numbers are compared without spaces, dots and dashes. An ICE or a RIB that fails its arithmetic may still be real for
the ICE (its key is empirical: warn) and never is for a RIB (refuse). Sources: stdnum.ma.ice, stdnum.dz.nif; RIB keys
as published by Bank Al-Maghrib, Banque d'Algérie and BCEAO.
"""

import re
from collections.abc import Callable

from stdnum.dz import nif as stdnum_nif
from stdnum.exceptions import ValidationError
from stdnum.ma import ice as stdnum_ice

from grants.core.i18n import N_, Text
from grants.core.types import sort_key

UEMOA = frozenset({"BJ", "BF", "CI", "GW", "ML", "NE", "SN", "TG"})
LEGAL_FORMS = {
    *("sarl", "sarlau", "sa", "sas", "sasu", "sca", "snc", "scs", "spa", "eurl", "eirl", "ei", "au", "suarl", "gie"),
    *("ltd", "limited", "llc", "plc", "inc", "company", "co", "ste", "societe", "association", "asso"),
}
# Letters of a UEMOA account as digits: A to I and J to R are 1 to 9, S to Z are 2 to 9.
LETTERS = {letter: str(i % 9 + 1) for i, letter in enumerate("ABCDEFGHIJKLMNOPQR")} | {
    letter: str(i + 2) for i, letter in enumerate("STUVWXYZ")
}


def compact(number: str) -> str:
    return re.sub(r"[\s.\-\u00a0\u202f]", "", number).upper()


def matching_key(name: str) -> str:
    """A name as imports compare it: no accents, case, punctuation or legal form ("S.A.R.L." and "SARL" alike)."""
    words = re.sub(r"[^\w\s]", " ", sort_key(name).replace(".", "").replace("’", " ")).split()
    return " ".join(word for word in words if word not in LEGAL_FORMS) or " ".join(words)


# --- organisations --------------------------------------------------------------------------------------------


def ice_problem(ice: str) -> Text | None:
    """Why this cannot be an ICE (Morocco) at all."""
    if not re.fullmatch(r"[0-9]{15}", compact(ice)):
        return N_("An ICE has 15 digits.")
    return None


def ice_warning(ice: str) -> Text | None:
    """What looks wrong with an ICE. Its key is empirical: say it, never refuse."""
    if stdnum_ice.is_valid(compact(ice)):
        return None
    return N_("The key of this ICE is not the usual one. Please compare it with your certificate.")


def same_company(ice: str, other: str) -> bool:
    """Two establishments of one company share the first nine digits."""
    return compact(ice)[:9] == compact(other)[:9]


def nif_problem(nif: str) -> Text | None:
    """Algeria: 15 digits, 20 for a secondary establishment."""
    try:
        stdnum_nif.validate(compact(nif))
    except ValidationError:
        return N_("A NIF has 15 or 20 digits.")
    return None


def ncc_problem(ncc: str) -> Text | None:
    """Côte d'Ivoire."""
    return None if re.fullmatch(r"[0-9]{7}[A-Z]", compact(ncc)) else N_("An NCC has 7 digits and a letter.")


# --- bank accounts --------------------------------------------------------------------------------------------


def rib_problem(rib: str, country: str) -> Text | None:
    """Why this cannot be a bank account of the country; countries we have no rule for are taken as they are."""
    rib = compact(rib)
    if country == "MA":
        return _checked(rib, r"[0-9]{24}", _moroccan, N_("A Moroccan RIB has 24 digits."))
    if country == "DZ":
        return _checked(rib, r"[0-9]{20}", _algerian, N_("An Algerian RIB has 20 digits."))
    if country in UEMOA:
        shape = r"[A-Z]{2}[0-9]{3}[0-9A-Z]{17}[0-9]{2}|[A-Z0-9]{5}[0-9A-Z]{17}[0-9]{2}"
        return _checked(rib, shape, _uemoa, N_("This RIB has 24 characters."))
    return None


def masked(rib: str) -> str:
    """What anybody but the accountant sees: the last four characters."""
    return f"•••• {compact(rib)[-4:]}"


def _checked(rib: str, shape: str, holds: Callable[[str], bool], wrong_shape: Text) -> Text | None:
    if not re.fullmatch(shape, rib):
        return wrong_shape
    return None if holds(rib) else N_("The key of this RIB does not match: please check every digit.")


def _moroccan(rib: str) -> bool:
    return int(rib) % 97 == 0


def _algerian(rib: str) -> bool:
    """3 bank, 5 agency, 10 account, 2 key; the bank does not count."""
    return int(rib[18:]) == 97 - int(rib[3:18]) * 100 % 97


def _uemoa(rib: str) -> bool:
    return int("".join(LETTERS.get(character, character) for character in rib)) % 97 == 0
