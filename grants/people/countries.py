"""Countries an organisation may be in, by ISO 3166 code."""

from grants.core.i18n import N_

COUNTRIES = {
    "MA": N_("Morocco"),
    "DZ": N_("Algeria"),
    "CI": N_("Côte d’Ivoire"),
    "TN": N_("Tunisia"),
    "SN": N_("Senegal"),
    "FR": N_("France"),
}
