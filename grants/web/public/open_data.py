"""Open data: what each fund publishes of its awards, for anybody to take."""

from typing import Any

from flask import Response, abort, current_app, render_template
from sqlalchemy.exc import NoResultFound

from grants.core.policy import anyone
from grants.core.storage import storage
from grants.people.models import Person
from grants.reports.publishing import queries
from grants.reports.publishing.models import Publication
from grants.web.access import access
from grants.web.language import speak_for
from grants.web.public import portal
from workflows.publishing import file_name

FORMATS = {"json": "application/json", "csv": "text/csv; charset=utf-8"}


@portal.get("/open-data")
@access(anyone)
def open_data(user: Person) -> Any:
    """Which funds publish, under which licence, and where the files are."""
    found = queries.published()
    if len(found) == 1:
        speak_for(found[0].fund.cluster.country, found[0].fund.cluster.timezone)
    return render_template("public/open_data.html", publications=found)


def file_of(user: Person, code: str, format: str) -> tuple[Publication, str]:
    """Raises NoResultFound for a fund that publishes nothing, or an unknown format."""
    if format not in FORMATS:
        raise NoResultFound
    return queries.of_code(code), format


@portal.get("/open-data/<code>/grants.<format>")
@access(anyone, file_of)
def open_file(user: Person, found: tuple[Publication, str]) -> Any:
    """The file last made, as it was made."""
    one, format = found
    digest = one.json_sha256 if format == "json" else one.csv_sha256
    content = storage(current_app.extensions["settings"]).made(file_name(one.fund_id, digest)) if digest else None
    if content is None:
        abort(404)
    response = Response(content, content_type=FORMATS[format])
    name = f"{one.fund.code}-{one.made_at:%Y-%m-%d}.{format}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.set_etag(digest or "")
    return response
