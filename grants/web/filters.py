"""What templates say: every value in the reader's language, safe in both directions of writing.

A Text, Words, Money, date or aware datetime printed by `{{ }}` is already shown as the filters below would show it.
Inside an attribute use `|plain`, which adds no markup. Filters are also functions: `{{ x|money }}`, `{{ money(x) }}`.

    {{ icon("check", 18) }}                  inline SVG; mirrored from right to left when it points somewhere
    {{ m|money }}  {{ m|money(exact=true) }} 14 000 000 MAD; exact keeps the decimals, for columns that add up
    {{ m|amount }}                           the same without the currency
    {{ 1234.5|number }}  {{ 68.4|number(1) }}  {{ 69|pct }}  {{ 2800000|filesize }}
    {{ d|day }} {{ d|day("short") }}         6 décembre 2026; styles long, short, full, month
    {{ at|moment }}  {{ at|clock }}          <time> with date, time and zone; hours and minutes
    {{ at|countdown }}                       time left, kept up to date by the script
    {{ text|words }}  {{ text|plain }}       a Text or Words, with <bdi> around what was inserted; as plain text
    {{ "FI-2026-0198"|ref }}                 a reference, code, file name, in its own <bdi>
"""

import hashlib
import json
import logging
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlencode

import lucide
from flask import Flask, current_app, g, request, url_for
from markupsafe import Markup, escape

from grants.core import i18n
from grants.core.clock import now
from grants.core.i18n import Amount, Text, Words, catalogue, translate
from grants.web.downloads import listed
from grants.web.language import current_reader

DIRECTIONAL = frozenset(
    {
        *("arrow-right", "arrow-left", "chevron-right", "chevron-left", "chevrons-right", "chevrons-left"),
        *("log-out", "log-in", "list", "list-checks", "send", "undo-2", "redo-2", "reply", "forward"),
        *("corner-down-right", "external-link", "square-arrow-out-up-right", "panel-left"),
    }
)
NOTHING = Markup('<span class="none" aria-hidden="true">—</span>')
log = logging.getLogger(__name__)


class Tag(NamedTuple):
    """How a state looks: kind is ok, warn, bad, info, violet, none or ghost; icon is a lucide name or nothing."""

    kind: str
    label: Text | str
    icon: str | None = None


@lru_cache(maxsize=1024)
def icon(name: str, size: int = 20, label: str | None = None) -> Markup:
    """An icon. Without a label it is decoration and hidden from assistive technology."""
    attributes = {"class": "icon icon--dir" if name in DIRECTIONAL else "icon", "focusable": "false"}
    attributes |= {"role": "img", "aria-label": label} if label else {"aria-hidden": "true"}
    try:
        return Markup(lucide._render_icon(name, size, **attributes))  # noqa: S704 - drawn by the package
    except lucide.IconDoesNotExist:
        log.error("No icon is called %s", name)
        return Markup(lucide._render_icon("circle", size, **attributes))  # noqa: S704


def bdi(text: object, cls: str = "") -> Markup:
    return Markup('<bdi class="%s">%s</bdi>') % (cls, text) if cls else Markup("<bdi>%s</bdi>") % text


def ref(text: object) -> Markup:
    """A reference, code or file name: read from left to right whatever surrounds it."""
    return Markup('<bdi dir="ltr" class="ref">%s</bdi>') % text


def money(value: Amount | None, exact: bool = False) -> Markup:
    if value is None:
        return NOTHING
    reader = current_reader()
    figure = bdi(i18n.amount(value, reader, exact), "num")
    return Markup('<span class="money">%s\u00a0%s</span>') % (figure, i18n.currency(value.currency, reader))


def amount(value: Amount | None, exact: bool = False) -> Markup:
    return NOTHING if value is None else bdi(i18n.amount(value, current_reader(), exact), "num")


def number(value: int | float | Decimal | None, places: int | None = None) -> Markup:
    return NOTHING if value is None else bdi(i18n.number(value, current_reader(), places), "num")


def pct(value: int | float | Decimal | None, places: int | None = 0) -> Markup:
    return NOTHING if value is None else bdi(i18n.percent(value, current_reader(), places), "num")


def filesize(octets: int) -> Markup:
    return bdi(i18n.filesize(octets, current_reader()))


def day(value: date | None, style: str = "long") -> Markup:
    if value is None:
        return NOTHING
    written = i18n.day(value, current_reader(), style)
    return Markup('<time datetime="%s" class="nowrap">%s</time>') % (value.isoformat()[:10], written)


def moment(value: datetime | None, style: str = "long", zone: bool = True) -> Markup:
    """Date and time by the cluster's clock, the zone named; the script adds the person's own time as a hint."""
    if value is None:
        return NOTHING
    reader = current_reader()
    there = i18n.local(value, reader)
    written = i18n.moment(value, reader, style, zone)
    return Markup('<time datetime="%s" data-local="%s">%s</time>') % (there.isoformat(), there.tzinfo, written)


def clock(value: datetime | None) -> Markup:
    if value is None:
        return NOTHING
    there = i18n.local(value, current_reader())
    return Markup('<time datetime="{}" class="num">{:%H:%M}</time>').format(there.isoformat(), there)


def countdown(value: datetime) -> Markup:
    """Days, else hours and minutes left. Written here, kept up to date by the script; nothing left says so."""
    left = value - now()
    minutes = max(0, int(left.total_seconds() // 60))
    if minutes >= 2 * 24 * 60:
        text = i18n.N_n("%(n)s day", "%(n)s days", minutes // (24 * 60))
    elif minutes >= 60:
        text = i18n.N_n("%(n)s hour", "%(n)s hours", minutes // 60)
    else:
        text = i18n.N_n("%(n)s minute", "%(n)s minutes", minutes)
    ended = i18n.render(i18n.N_("Time is up"), current_reader())
    if left.total_seconds() <= 0:
        return Markup("<span>{}</span>").format(ended)
    iso = value.isoformat()
    return Markup('<span data-countdown="{}" data-ended="{}">{}</span>').format(iso, ended, words(text))


def words(value: Any) -> Markup:
    """Any value of ours as HTML in the reader's language; inserted names and figures stand in their own <bdi>."""
    match value:
        case Markup():
            return value
        case Text():
            return _sentence(value)
        case Words():
            language = value.language_for(current_reader())
            return Markup('<bdi lang="%s">%s</bdi>') % (language, value.in_(language))
        case str():
            return bdi(value)
        case bool() | None:
            return escape("" if value is None else value)
        case int() | float() | Decimal():
            return number(value)
        case datetime():
            return moment(value)
        case date():
            return day(value)
        case Amount():
            return money(value)
    return escape(i18n.plain(value, current_reader()))


def _sentence(text: Text) -> Markup:
    sentence, source, args = translate(text, current_reader())
    if not args:
        return escape(sentence)
    shown = {name: words(value) for name, value in args.items()}
    try:
        return escape(sentence) % shown
    except (KeyError, ValueError, TypeError):  # a translator's slip must not take the page down
        return escape(source) % shown


def plain(value: Any) -> str:
    """The same without markup, for attributes and titles."""
    return i18n.plain(value, current_reader())


def finalize(value: Any) -> Any:
    """Called by Jinja on everything a template prints: our own values print themselves in the reader's language."""
    if isinstance(value, str | int | float):
        return value
    if value is None:
        return ""
    return words(value) if isinstance(value, Text | Words | date | Amount) else value


# --- gettext in templates: our values as arguments, numbers written for the reader ------------------------------


def gettext(message: str, /, **variables: Any) -> Markup:
    return _fill(catalogue(current_reader().language).ugettext(message), variables)


def ngettext(singular: str, plural: str, n: int, /, **variables: Any) -> Markup:
    return _fill(catalogue(current_reader().language).ungettext(singular, plural, n), {"n": n, "num": n} | variables)


def _fill(sentence: str, variables: dict[str, Any]) -> Markup:
    ours = Markup(sentence)  # noqa: S704 - written by us or by our translators
    if not variables:
        return ours.replace("%%", "%")
    shown = {key: value if isinstance(value, Markup) else escape(plain(value)) for key, value in variables.items()}
    try:
        return ours % shown
    except TypeError:  # %(n)d wants the number itself
        return ours % variables


def uid(prefix: str) -> str:
    """An id used once on this page."""
    g.uid = g.get("uid", 0) + 1
    return f"{prefix}-{g.uid}"


def page_url(endpoint: str, **values: Any) -> str | None:
    """The address of a page, or None when this installation has no such page."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None


def turn_to(page: int) -> str:
    """This page of a list with another page number, every other filter kept."""
    return "?" + urlencode([*((k, v) for k, v in request.args.items(multi=True) if k != "page"), ("page", page)])


def sorted_by(column: str) -> str:
    """This list sorted by a column: ascending, and descending when it is already so."""
    kept = [(k, v) for k, v in request.args.items(multi=True) if k not in {"page", "sort"}]
    return "?" + urlencode([*kept, ("sort", f"-{column}" if request.args.get("sort") == column else column)])


def initials(name: str) -> str:
    """At most two letters for the account menu."""
    return "".join(part[0] for part in name.split()[:2]).upper()


def fingerprint(id: Any) -> str:
    """By what a browser tells one person's things from another's: it says nothing about them, here or elsewhere."""
    secret: str = current_app.config["SECRET_KEY"]
    return hashlib.sha256(f"{secret} {id}".encode()).hexdigest()[:16]


def currency(code: str) -> str:
    return i18n.currency(code, current_reader())


def zone_name(zone: str) -> str:
    return i18n.zone_name(zone, current_reader())


PLURAL_SAMPLES = {"zero": 0, "one": 1, "two": 2, "few": 3, "many": 11, "other": 100}


def js_plural(singular: str, plural: str) -> str:
    """Every plural form of a sentence as JSON, for the script to choose from with Intl.PluralRules; {n} is the number.

    Sentences hold `%(n)s`. Used as data-forms="{{ js_plural("%(n)s character left", "%(n)s characters left") }}".
    """
    found = catalogue(current_reader().language)
    forms = {name: found.ungettext(singular, plural, n) for name, n in PLURAL_SAMPLES.items()}
    return json.dumps({name: form.replace("%(n)s", "{n}") for name, form in forms.items()}, ensure_ascii=False)


FILTERS = {
    one.__name__: one
    for one in (money, amount, number, pct, filesize, day, moment, clock, countdown, words, plain, ref, bdi)
}


def init_app(app: Flask) -> None:
    environment = app.jinja_env
    environment.finalize = finalize
    environment.filters.update(FILTERS)
    environment.globals.update(FILTERS, icon=icon, js_plural=js_plural, reader=current_reader, uid=uid)
    environment.globals.update(page_url=page_url, turn_to=turn_to, sorted_by=sorted_by, listed=listed)
    environment.globals.update(currency=currency, zone_name=zone_name, initials=initials)
    environment.filters["fingerprint"] = fingerprint
    environment.globals["support_email"] = app.extensions["settings"].support_email
    environment.globals.update(_=gettext, gettext=gettext, ngettext=ngettext)
