"""National identifiers of organisations; those of bank accounts are in grants.profiles.bank.

Numbers are compared without spaces, dots and dashes. An ICE that fails its arithmetic may still be real: its key is
empirical, so it warns and never refuses. Sources: stdnum.ma.ice, stdnum.dz.nif.
"""

import re

from stdnum.dz import nif as stdnum_nif
from stdnum.exceptions import ValidationError
from stdnum.ma import ice as stdnum_ice

from grants.core.i18n import N_, Text
from grants.core.types import sort_key

LEGAL_FORMS = {
    *("sarl", "sarlau", "sa", "sas", "sasu", "sca", "snc", "scs", "spa", "eurl", "eirl", "ei", "au", "suarl", "gie"),
    *("ltd", "limited", "llc", "plc", "inc", "company", "co", "ste", "societe", "association", "asso"),
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


def tax_problem(country: str, number: str) -> Text | None:
    """Why this cannot be the number of a taxpayer there; the IF of Morocco has no public rule."""
    match country:
        case "DZ":
            return nif_problem(number)
        case "CI":
            return ncc_problem(number)
    return None


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
