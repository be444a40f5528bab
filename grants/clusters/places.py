"""Countries a cluster may be in, with the currency and the clock that usually go with them."""

COUNTRIES: dict[str, tuple[str, str]] = {
    "MA": ("MAD", "Africa/Casablanca"),
    "DZ": ("DZD", "Africa/Algiers"),
    "CI": ("XOF", "Africa/Abidjan"),
    "TN": ("TND", "Africa/Tunis"),
    "MR": ("MRU", "Africa/Nouakchott"),
    "LY": ("LYD", "Africa/Tripoli"),
    "EG": ("EGP", "Africa/Cairo"),
    "SN": ("XOF", "Africa/Dakar"),
    "ML": ("XOF", "Africa/Bamako"),
    "BF": ("XOF", "Africa/Ouagadougou"),
    "NE": ("XOF", "Africa/Niamey"),
    "TG": ("XOF", "Africa/Lome"),
    "BJ": ("XOF", "Africa/Porto-Novo"),
    "GN": ("GNF", "Africa/Conakry"),
    "CM": ("XAF", "Africa/Douala"),
    "GA": ("XAF", "Africa/Libreville"),
    "CG": ("XAF", "Africa/Brazzaville"),
    "TD": ("XAF", "Africa/Ndjamena"),
    "CD": ("CDF", "Africa/Kinshasa"),
    "MG": ("MGA", "Indian/Antananarivo"),
    "RW": ("RWF", "Africa/Kigali"),
    "FR": ("EUR", "Europe/Paris"),
    "BE": ("EUR", "Europe/Brussels"),
    "LU": ("EUR", "Europe/Luxembourg"),
    "CH": ("CHF", "Europe/Zurich"),
    "ES": ("EUR", "Europe/Madrid"),
    "GB": ("GBP", "Europe/London"),
    "CA": ("CAD", "America/Toronto"),
}
CURRENCIES = (*dict.fromkeys(currency for currency, _ in COUNTRIES.values()), "USD")
ZONES = tuple(zone for _, zone in COUNTRIES.values())
