"""The list of applications as a page: one for officers and for chairs, with its files and its saved searches.

    lists(portal, Audience.FUND, policy.search_files, …)    declares the list of a portal, its exports, its searches
    show_list(user, Audience.CHAIR, call=…, commission=…)   what `listing` of templates/_macros/listing.html draws
    near(user, Audience.FUND, application)                  the neighbours of a file opened from the list, or None

All of it is in the address: `q` the query, `sort`, `cols`, `page`.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.exc import NoResultFound

from grants.applications.models import Application, ApplicationState
from grants.calls.models import Call
from grants.core.clock import now
from grants.core.errors import Refused
from grants.core.i18n import N_, Text
from grants.core.policy import Policy
from grants.people.models import Person
from grants.reports.models import SavedSearch
from grants.reports.search import book, listing, saved
from grants.reports.search.columns import Column, offered
from grants.reports.search.ground import Ground, ground
from grants.reports.search.keys import Audience, allowed
from grants.reports.search.language import EXAMPLES, LONGEST, Misread, Query, parse, with_term, without, write
from grants.reports.search.listing import Neighbours, Page, Wanted
from grants.web.access import Portal, access
from grants.web.fields import tidy
from grants.web.language import current_reader, speak_for

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FREQUENT: dict[Audience, Sequence[tuple[Text, str]]] = {
    Audience.FUND: [
        (N_("To screen"), "state:submitted,admissible"),
        (N_("Waiting for documents"), "state:incomplete"),
        (N_("Decided"), "decision:any -decision:proposed"),
    ],
    Audience.CHAIR: [
        (N_("To assign"), "state:eligible"),
        (N_("No review yet"), "state:in_review reviews:0"),
        (N_("Conflicts to replace"), "conflict:any"),
        (N_("Marks far apart"), "spread>20"),
    ],
}


@dataclass(frozen=True)
class Action:
    """Something to do with the rows that are ticked: where its preview is, and which `move` it is told."""

    url: str
    label: str
    icon: str
    move: str = ""


@dataclass(frozen=True)
class Chip:
    """A frequent filter: one click away, and away again."""

    label: Any
    url: str
    count: int | None = None
    on: bool = False


@dataclass(frozen=True)
class Shown:
    """What the template draws. Without a `page` the query could not be read, and `problem` says why."""

    audience: Audience
    ground: Ground
    typed: str
    query: Query | None
    wanted: Wanted | None
    page: Page | None
    problem: Misread | None
    scope: dict[str, Any]
    saved: Sequence[SavedSearch]
    clusters: Sequence[Any]
    actions: Sequence[Action]

    @property
    def parts(self) -> tuple[str, str, str]:
        """What was typed, with the word that cannot be read in the middle."""
        start, end = self.problem.at if self.problem else (0, 0)
        return self.typed[:start], self.typed[start:end], self.typed[end:]

    @property
    def columns(self) -> Sequence[Column]:
        return self.wanted.columns if self.wanted else []

    @property
    def offered(self) -> Sequence[Column]:
        return offered(self.audience)

    @property
    def keys(self) -> Iterator[tuple[Any, str]]:
        return ((key, EXAMPLES[key.name]) for key in allowed(self.audience))

    def query_url(self, text: str) -> str:
        """This list with another query, the same order and columns."""
        return "?" + urlencode([("q", text), *_kept("sort", "cols")])

    def saved_url(self, one: SavedSearch) -> str:
        given = {"q": one.query, "sort": one.sort, "cols": one.columns}
        return "?" + urlencode({name: value for name, value in given.items() if value})

    def file_url(self, endpoint: str, name: str, application: Application) -> str:
        """A file opened from this list knows the way back and the way on."""
        return url_for(endpoint, **{name: application.id}) + self._way_back  # type: ignore[arg-type]

    @cached_property
    def _way_back(self) -> str:
        here = {"list": "here" if self.scope else "all", "q": self.typed, **_shape()}
        return "?" + urlencode({name: value for name, value in here.items() if value is not None})

    def export_url(self, endpoint: str) -> str:
        return url_for(endpoint, q=self.typed or None, **self.scope, **_shape())

    @property
    def chosen_names(self) -> set[str]:
        return {column.name for column in self.columns}

    @property
    def is_kept(self) -> bool:
        return any((one.query, one.sort, one.columns) == self.kept for one in self.saved)

    @property
    def kept(self) -> tuple[str, str, str]:
        """What is saved: the query as it is printed, the order and the columns as they stand in the address."""
        return write(self.query) if self.query else "", request.args.get("sort", "")[:40], _columns()

    @property
    def frequent(self) -> list[Chip]:
        asked = [(label, text, self.query == parse(text, self.audience)) for label, text in FREQUENT[self.audience]]
        return [Chip(label, self.query_url("" if on else text), on=on) for label, text, on in asked]

    @property
    def states(self) -> list[Chip]:
        """One for each state that the query finds, with how many; and the way to all of them."""
        if self.page is None or self.query is None:
            return []
        chosen = any(term.key == "state" and not term.negated for term in self.query.terms)
        if not chosen and len(self.page.by_state) < 2:
            return []
        every = self.query_url(write(without(self.query, "state")))
        order = list(ApplicationState)
        found = sorted(self.page.by_state.items(), key=lambda one: order.index(one[0]))
        narrowed = [(state, n, write(with_term(self.query, "state", str(state)))) for state, n in found]
        return [Chip(_("All states"), every, on=not self.query.asks("state"))] + [
            Chip(book.named(state), self.query_url(query), n, on=chosen) for state, n, query in narrowed
        ]

    @property
    def completions(self) -> Iterator[tuple[str, Any]]:
        """Conditions that can be typed, and what each means, in the reader's words."""
        for key in allowed(self.audience):
            yield f"{key.name}:", key.label
            for value, label in key.words.items():
                yield f"{key.name}:{value}", label
            places = {"call": self.ground.calls, "commission": self.ground.commissions}.get(key.name, ())
            for place in places[:50]:
                code = place.code if " " not in place.code else f'"{place.code}"'
                yield f"{key.name}:{code}", place.name


def show_list(
    user: Person,
    audience: Audience,
    *,
    call: Call | None = None,
    commission: Any = None,
    actions: Sequence[Action] = (),
) -> Shown:
    """The list that the address asks for, narrowed to a call and a commission where the page is theirs."""
    scope = {name: one.id for name, one in (("call", call), ("commission", commission)) if one is not None}
    on = ground(user, audience, scope.get("call"), scope.get("commission"))
    speak_for(on.country, on.zone.key)
    typed, problem, asked, page, query = _typed(), None, None, None, None
    try:
        query = parse(typed, audience)
        asked = _wanted(query, audience)
        page = listing.listed(on, asked)
    except Misread as misread:
        problem, page = misread, None
    clusters = saved.clusters_to_share_with(user) if audience is Audience.FUND else ()
    kept = saved.saved_searches(user, audience)
    return Shown(audience, on, typed, query, asked, page, problem, scope, kept, clusters, actions)


@dataclass(frozen=True)
class Near:
    """A file among those of its list."""

    at: Neighbours
    before: str | None
    after: str | None
    back: str


def near(user: Person, audience: Audience, application: Application, back: str, here: str) -> Near | None:
    """The way on and the way back, for a file that was opened from a list; `back` and `here` are the lists' addresses.

    One query and those of the ground; None when the address tells of no list that holds the file.
    """
    if request.args.get("list") not in {"all", "here"}:
        return None
    of_call = request.args["list"] == "here"
    call_id = application.call_id if of_call else None
    commission_id = application.commission_id if of_call and audience is Audience.CHAIR else None
    try:
        asked = _wanted(parse(_typed(), audience), audience)
        found = listing.neighbours(ground(user, audience, call_id, commission_id), asked, application.id)
    except Misread:
        return None
    if found is None:
        return None

    def other(id: UUID | None) -> str | None:
        if id is None:
            return None
        argument = next(iter(request.view_args or {}))
        at: dict[str, Any] = {argument: id}
        return f"{url_for(str(request.endpoint), **at)}?{urlencode(opened)}"

    opened = [("list", request.args["list"]), ("q", _typed()), *_kept("sort", "cols")]
    place = (found.place - 1) // listing.PER_PAGE + 1
    address = [("q", _typed()), *_kept("sort", "cols"), *([("page", str(place))] if place > 1 else [])]
    return Near(found, other(found.before), other(found.after), f"{here if of_call else back}?{urlencode(address)}")


def picked(user: Person, audience: Audience) -> Sequence[UUID]:
    """The rows that were ticked, or all that the query finds when that was ticked; at most so many."""
    source = request.form if request.method == "POST" else request.args
    if source.get("all"):
        on = ground(user, audience, _id(source.get("call")), _id(source.get("commission")))
        try:
            return listing.ids(on, parse(_typed(), audience))
        except Misread:
            return []
    ids = [_id(one) for one in source.getlist("id")[: listing.MOST]]
    return [one for one in ids if one is not None]


def lists(portal: Portal, audience: Audience, rule: Policy, actions: Callable[[Person], Sequence[Action]]) -> None:
    """Declare the list of everything the person sees, its files, and the searches they keep.

    `actions`: what this person may do with the rows that are ticked.
    """

    @portal.get("/list")
    @access(rule)
    def search(user: Person) -> Any:
        return render_template(f"{portal.name}/search.html", found=show_list(user, audience, actions=actions(user)))

    @portal.get("/list.csv")
    @access(rule)
    def search_csv(user: Person) -> Response:
        rows, asked, on = _all(user, audience)
        return _file(book.as_csv(rows, asked.columns, current_reader(), on.zone), "text/csv", "csv")

    @portal.get("/list.xlsx")
    @access(rule)
    def search_xlsx(user: Person) -> Response:
        rows, asked, on = _all(user, audience)
        return _file(book.as_workbook(rows, asked.columns, current_reader(), on.zone, write(asked.query)), XLSX, "xlsx")

    @portal.post("/list/saved")
    @access(rule)
    def keep_search(user: Person) -> Any:
        form = request.form
        shared = next((one for one in saved.clusters_to_share_with(user) if str(one.id) == form.get("share")), None)
        try:
            text = write(parse(_typed(), audience))
        except Misread as problem:
            raise Refused(problem.message) from problem
        sort, known = form.get("sort", ""), {column.name for column in offered(audience)}
        sort = sort if sort.removeprefix("-") in known else ""
        columns = ",".join(one for one in dict.fromkeys(form.get("cols", "").split(",")) if one in known)
        saved.keep_search(audience, tidy(form.get("name", "")), text, sort, columns, share_with=shared, actor=user)
        flash(_("The search is kept."), "ok")
        return redirect(_back(portal, {"q": text, "sort": sort, "cols": columns}), 303)

    @portal.post("/list/saved/<uuid:id>/forget")
    @access(rule)
    def forget_search(user: Person, id: UUID) -> Any:
        with suppress(NoResultFound):  # gone already: a second press answers as the first
            saved.forget_search(saved.saved_search(user, id), actor=user)
        flash(_("The search is removed. The applications are as they were."), "ok")
        return redirect(_back(portal, {}), 303)


def back_to(other: str) -> str:
    """The list on which something was asked, with its query, when it is one of this portal; else `other`."""
    path = request.values.get("back", "")
    portal = other.split("/")[1]
    sound = path.startswith(f"/{portal}/") and len(path) < 2_000 and path.isprintable() and "\\" not in path
    return path if sound else other


def _back(portal: Portal, given: dict[str, str]) -> str:
    path = back_to(url_for(f"{portal.name}.search")).partition("?")[0]
    kept = urlencode({name: value for name, value in given.items() if value})
    return f"{path}?{kept}" if kept else path


def _all(user: Person, audience: Audience) -> tuple[Sequence[Any], Wanted, Ground]:
    """Every row of the list that the address asks for; raises Refused for what cannot be read or is too long."""
    on = ground(user, audience, _id(request.args.get("call")), _id(request.args.get("commission")))
    speak_for(on.country, on.zone.key)
    try:
        asked = _wanted(parse(_typed(), audience), audience)
        rows = listing.every(on, asked, book.MOST + 1)
    except Misread as problem:
        raise Refused(problem.message) from problem
    if len(rows) > book.MOST:
        raise Refused(N_("A file takes at most %(n)s lines: narrow the search.", n=book.MOST))
    return rows, asked, on


def _file(content: bytes, kind: str, ending: str) -> Response:
    response = Response(content, mimetype=kind)
    name = f"applications-{now():%Y-%m-%d}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{ending}"'
    return response


def _wanted(query: Query, audience: Audience) -> Wanted:
    sort, page = request.args.get("sort", ""), request.args.get("page", 1, type=int)
    return listing.wanted(query, sort, _columns(), page, audience)


def _typed() -> str:
    source = request.form if request.method == "POST" else request.args
    return " ".join(source.get("q", "").replace("\x00", " ").split())[: LONGEST * 2]


def _columns() -> str:
    return ",".join(request.args.getlist("cols"))[:400]


def _shape() -> dict[str, Any]:
    """The order and the columns of this list, for an address."""
    return {"sort": request.args.get("sort") or None, "cols": _columns() or None}


def _kept(*names: str) -> list[tuple[str, str]]:
    return [(name, value) for name in names for value in request.args.getlist(name) if value]


def _id(typed: str | None) -> UUID | None:
    try:
        return UUID(typed or "")
    except ValueError:
        return None
