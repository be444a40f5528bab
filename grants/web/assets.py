"""Our style sheet, scripts and fonts, addressed by their content so that browsers may keep them for ever.

`static_url("css/base.css")` gives /assets/<stamp>/css/base.css where the stamp is a hash of everything under static/:
what one file imports from another keeps the same stamp. Fonts come from the IBM Plex wheels, wrapped as WOFF2 once
into the instance directory; without them the pages fall back to the system's fonts.
"""

import fcntl
import hashlib
import logging
import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import fontpkg
from flask import Flask, abort, current_app, send_from_directory, url_for
from fontTools.ttLib import TTFont
from werkzeug.wrappers import Response

from config.settings import Settings
from grants.core.policy import anyone
from grants.web.access import Portal

FAMILY = "IBM Plex Sans Arabic"
WEIGHTS = (400, 600)
FOR_EVER = "public, max-age=31536000, immutable"
A_MONTH = "public, max-age=2592000"

log = logging.getLogger(__name__)
portal = Portal("assets", __name__, url_prefix="/assets")


def public_file(view: Callable[..., Response]) -> Callable[..., Response]:
    """Open to anyone without looking up who asks: style and fonts must load when the database does not answer."""
    view.policy = anyone  # type: ignore[attr-defined]
    return view


@portal.get("/<stamp>/<path:name>")
@public_file
def file(stamp: str, name: str) -> Response:
    response = send_from_directory(static_folder(), name)
    response.headers["Cache-Control"] = FOR_EVER if stamp == content_stamp() else "no-cache"
    return response


@portal.get("/fonts/plex-<int:weight>.woff2")
@public_file
def font(weight: int) -> Response:
    fonts = font_folder(current_app.extensions["settings"])
    if weight not in WEIGHTS or not (fonts / f"plex-{weight}.woff2").exists():
        abort(404)
    response = send_from_directory(fonts, f"plex-{weight}.woff2", mimetype="font/woff2")
    response.headers["Cache-Control"] = A_MONTH
    return response


def static_url(name: str) -> str:
    return url_for("assets.file", stamp=content_stamp(), name=name)


def static_folder() -> Path:
    return Path(str(current_app.static_folder))


def content_stamp() -> str:
    folder = static_folder()
    return _stamp(folder, max(path.stat().st_mtime_ns for path in folder.rglob("*")) if current_app.debug else 0)


@lru_cache(maxsize=2)
def _stamp(folder: Path, changed: int) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def font_folder(settings: Settings) -> Path:
    return settings.instance.absolute() / "fonts"


def prepare_fonts(settings: Settings) -> list[Path]:
    """Wrap the two weights as WOFF2 where they are missing; safe with several processes; never fails the start."""
    folder = font_folder(settings)
    made = []
    for weight in WEIGHTS:
        target = folder / f"plex-{weight}.woff2"
        try:
            if not target.exists():
                folder.mkdir(parents=True, exist_ok=True)
                with (folder / ".lock").open("w") as lock:  # the work takes a second or two: one process does it
                    fcntl.flock(lock, fcntl.LOCK_EX)
                    if not target.exists():
                        _wrap(fontpkg.path(FAMILY, weight=weight), target)
            made.append(target)
        except Exception:  # a missing or broken font package must not keep the fund closed
            log.exception("The font of weight %s could not be prepared; pages use the system's.", weight)
    return made


def _wrap(source: Any, target: Path) -> None:
    partial = target.with_name(f".{target.name}.{uuid4().hex}")
    font = TTFont(source)
    font.flavor = "woff2"
    font.save(partial)
    os.replace(partial, target)


def init_app(app: Flask) -> None:
    prepare_fonts(app.extensions["settings"])
    app.register_blueprint(portal)
    app.jinja_env.globals["static_url"] = static_url
