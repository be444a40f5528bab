"""The headers every answer carries."""

from flask import Flask, g, request
from werkzeug.wrappers import Response

from config.settings import Settings

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ]
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
TWO_YEARS = 63_072_000
PUBLIC_FILES = {"static", "assets.file", "assets.font"}


def init_app(app: Flask) -> None:
    settings: Settings = app.extensions["settings"]

    @app.after_request
    def protect(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if settings.secure:
            response.headers.setdefault("Strict-Transport-Security", f"max-age={TWO_YEARS}; includeSubDomains")
        if request.endpoint not in PUBLIC_FILES:
            response.vary.update(["Cookie", "Accept-Language"])
            if _private():
                response.headers["Cache-Control"] = "no-store"
            else:
                response.headers.setdefault("Cache-Control", "no-cache, private")
        return response


def _private() -> bool:
    """Whether somebody signed in asked. Looks only at what this request has loaded: never queries."""
    user = g.get("_login_user")
    return user is not None and not user.is_anonymous
