"""Every page of an account, in every language."""

from dataclasses import replace

import pytest

from grants.core.db import db
from tests.conftest import make_app

PUBLIC = ["sign-in", "sign-up", "check-mail", "forgot", "forgot/sent"]


@pytest.mark.parametrize("language", ["fr", "ar", "en"])
@pytest.mark.parametrize("page", [*PUBLIC, "profile", "password", "sessions"])
def test_every_page_in_every_language(client, person, page, language):
    if page not in PUBLIC:
        client.login(person)
    answer = client.get(f"/account/{page}", headers={"Accept-Language": language})
    assert answer.status_code == 200
    assert f'lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in answer.text


def test_the_language_switch_is_remembered_in_the_profile(client, person):
    client.login(person)
    client.post("/language", data={"language": "ar", "next": "/account/profile"})
    assert person.locale == "ar"


def test_behind_tls_the_cookie_belongs_to_this_host_alone(app):
    secure = make_app(replace(app.extensions["settings"], base_url="https://fund.example.org"))
    answer = secure.test_client().get("/account/sign-in", base_url="https://fund.example.org")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    assert "Secure" in cookie and "Path=/" in cookie and "Domain" not in cookie
    with secure.app_context():
        db.engine.dispose()
