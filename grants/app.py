"""Assembles everything."""

from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from flask_migrate import Migrate
from flask_wtf.csrf import CSRFProtect
from jinja2 import StrictUndefined
from sqlalchemy import event
from werkzeug.middleware.proxy_fix import ProxyFix

from config.settings import ROOT, Settings
from grants.calls.questionnaire import MOST_INPUTS
from grants.core import clock
from grants.core.db import db, plain_types
from grants.web import (
    assets,
    charts,
    errors,
    filters,
    forms,
    inflate,
    language,
    navigation,
    parking,
    security,
    signin,
    tags,
)
from grants.web.account.routes import portal as account
from grants.web.admin.routes import portal as admin
from grants.web.applicant.routes import portal as applicant
from grants.web.board.routes import portal as board
from grants.web.finance.routes import portal as finance
from grants.web.public.routes import portal as public
from grants.web.reviewer.routes import portal as reviewer
from grants.web.staff.routes import portal as staff
from workflows import outbox, scans

PORTALS = (public, account, applicant, reviewer, staff, finance, board, admin)


def create_app(settings: Settings) -> Flask:
    """The application for these settings, whose addresses must be filled in (see grants.operate.servers)."""
    app = Flask("grants", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "grants" / "static"))
    app.extensions["settings"] = settings
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS={"pool_pre_ping": True, "pool_size": 5, "max_overflow": 10},
        MAX_CONTENT_LENGTH=(settings.upload_limit_mb + 1) * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=4 * 1024 * 1024,
        MAX_FORM_PARTS=MOST_INPUTS + 100,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=settings.session_hours),
        SESSION_COOKIE_NAME="__Host-session" if settings.secure else "session",
        SESSION_COOKIE_SECURE=settings.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    if settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, settings.proxies, settings.proxies, settings.proxies)  # type: ignore[method-assign]
    db.init_app(app)
    Migrate(app, db, directory=str(ROOT / "migrations"), render_item=plain_types)
    CSRFProtect(app)
    pages = (language, signin, security, assets, navigation, filters, tags, forms, charts, errors, parking, inflate)
    for part in (*pages, outbox, scans):
        part.init_app(app)
    for portal in PORTALS:
        app.register_blueprint(portal)
    with app.app_context():
        event.listen(db.engine, "connect", follow_clock)
    return app


def follow_clock(connection: Any, _: Any) -> None:
    """Every new connection tells what time the database thinks it is."""

    def ask() -> datetime:
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            told: datetime = cursor.fetchone()[0]
            return told

    try:
        clock.synchronise(ask)
        connection.rollback()
    except BaseException:  # the pool does not know of it yet: nobody else would close it
        connection.close()
        raise
