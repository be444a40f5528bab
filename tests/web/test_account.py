"""Signing up, in and out; links from mails; sessions; what a guesser learns: nothing."""

import re
from dataclasses import replace
from datetime import timedelta
from statistics import median
from time import process_time

import pytest
from sqlalchemy import func, select

from grants.core import clock
from grants.core.audit import Event
from grants.core.clock import now
from grants.core.db import db
from grants.messages.models import Promise
from grants.people import links, passwords, service
from grants.people.models import EmailLink, Person, Purpose, SignIn
from grants.people.queries import digest
from grants.web import signin
from tests.conftest import make_app
from tests.factories import PersonFactory

PASSWORD = "cheval agrafe pile correcte"
SIGN_UP = {"name": "Amina Benali", "email": "Amina@Example.org", "password": PASSWORD, "language": "ar"}


@pytest.fixture(scope="module")
def hashed() -> str:
    return passwords.hash_password(PASSWORD)


@pytest.fixture
def person(app, hashed) -> Person:
    return PersonFactory(password_hash=hashed)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """The equal time of answers is tested once, by itself."""
    monkeypatch.setattr(signin.time, "sleep", lambda _: None)


def sign_in(client, person, password=PASSWORD, **query):
    return client.post("/account/sign-in", query_string=query, data={"email": person.email, "password": password})


def mails() -> list[str]:
    return list(db.session.scalars(select(Promise.kind).order_by(Promise.created_at, Promise.id)))


def last_link(app, purpose: Purpose) -> str:
    newest = select(EmailLink).where(EmailLink.purpose == purpose, EmailLink.used_at.is_(None))
    return links.token(db.session.scalars(newest).one().id, app.secret_key)


def is_signed_in(client) -> bool:
    return client.get("/account/profile").status_code == 200


# --- signing in and out ---------------------------------------------------------------------------------------


def test_the_right_password_opens_a_new_session(client, person):
    with client.session_transaction() as session:
        session["planted"] = "by somebody else"

    answer = sign_in(client, person)

    assert answer.status_code == 303
    with client.session_transaction() as session:
        assert "planted" not in session
        token = session["_user_id"]
    row = db.session.scalars(select(SignIn)).one()
    assert row.token_hash == digest(token)
    assert token.encode() not in row.token_hash
    assert is_signed_in(client)


def test_signing_in_again_replaces_the_token(client, person):
    sign_in(client, person)
    with client.session_transaction() as session:
        first = session["_user_id"]
    sign_in(client, person)
    with client.session_transaction() as session:
        assert session["_user_id"] != first
    assert len(db.session.scalars(select(SignIn)).all()) == 1


def test_a_stolen_cookie_is_worth_nothing_after_signing_out(app, client, person):
    sign_in(client, person)
    with client.session_transaction() as session:
        token = session["_user_id"]
    client.post("/account/sign-out")
    assert not is_signed_in(client)

    thief = app.test_client()
    with thief.session_transaction() as session:
        session["_user_id"] = token
    assert not is_signed_in(thief)


@pytest.mark.parametrize("kind", ["unknown", "wrong", "invited", "disabled", "unconfirmed"])
def test_a_failed_attempt_says_the_same_whoever_it_was(client, hashed, kind):
    people = {
        "wrong": lambda: PersonFactory(password_hash=hashed),
        "invited": lambda: PersonFactory(password_hash=None, confirmed_at=None),
        "disabled": lambda: PersonFactory(password_hash=hashed, disabled_at=now()),
        "unconfirmed": lambda: PersonFactory(password_hash=hashed, confirmed_at=None),
    }
    email = people[kind]().email if kind in people else "nobody@example.org"

    answer = client.post("/account/sign-in", data={"email": email, "password": "not the right one"})

    assert answer.status_code == 200
    assert "This address and this password do not go together." in answer.text
    said = answer.text.replace(email, "…")
    stranger = client.post("/account/sign-in", data={"email": "x@example.org", "password": "not the right one"})
    assert without_tokens(said) == without_tokens(stranger.text.replace("x@example.org", "…"))
    assert not is_signed_in(client)


def without_tokens(page: str) -> str:
    return re.sub(r'(value|content)="[^"]{40,}"', "", page)


def test_a_failed_attempt_takes_the_same_time_whoever_it_was(client, person):
    def seconds(email: str) -> float:
        started = process_time()  # of the processor: a busy machine slows both, but not evenly
        client.post("/account/sign-in", data={"email": email, "password": "not the right one"})
        return process_time() - started

    seconds("warm@example.org")
    known, unknown = [], []
    for n in range(7):
        known.append(seconds(person.email))
        unknown.append(seconds(f"nobody{n}@example.org"))
    assert median(known) == pytest.approx(median(unknown), rel=0.5)


def test_the_password_of_nobody_is_as_costly_as_any():
    assert not passwords.is_outdated(passwords.NOBODY)
    assert not passwords.verify(None, PASSWORD)


def test_answers_that_may_send_a_mail_take_an_equal_time(app, monkeypatch):
    slept = []
    monkeypatch.setattr(signin.time, "sleep", slept.append)
    with signin.same_time(0.3):
        pass
    assert slept[0] == pytest.approx(0.3, abs=0.05)


def test_with_the_right_password_a_closed_account_says_so(client, hashed):
    answer = sign_in(client, PersonFactory(password_hash=hashed, disabled_at=now()))
    assert "has been closed" in answer.text
    assert not is_signed_in(client)


def test_with_the_right_password_an_unconfirmed_account_gets_a_new_link(client, hashed):
    answer = sign_in(client, PersonFactory(password_hash=hashed, confirmed_at=None))
    assert answer.headers["Location"].endswith("/account/check-mail")
    assert mails() == ["confirm_address"]
    assert not is_signed_in(client)


def test_an_old_hash_is_made_anew_at_sign_in(client):
    from argon2 import PasswordHasher

    person = PersonFactory(
        password_hash=PasswordHasher(memory_cost=8 * 1024, time_cost=1, parallelism=1).hash(PASSWORD)
    )
    assert sign_in(client, person).status_code == 303
    assert not passwords.is_outdated(person.password_hash)


@pytest.mark.parametrize(
    ("target", "goes"),
    [
        ("/account/password", "/account/password"),
        ("/account/profile?a=1", "/account/profile?a=1"),
        ("https://evil.example/x", "home"),
        ("//evil.example/x", "home"),
        ("/\\evil.example", "home"),
        ("\\\\evil.example", "home"),
        ("javascript:alert(1)", "home"),
        ("https:evil.example", "home"),
        ("/%09/evil.example", None),
    ],
)
def test_after_signing_in_one_stays_on_this_host(client, person, target, goes):
    answer = sign_in(client, person, next=target)
    location = answer.headers["Location"]
    assert location.startswith("/") and not location.startswith(("//", "/\\"))
    if goes == "home":
        assert location == sign_in(client, person).headers["Location"]
    elif goes is not None:
        assert location == goes


def test_a_private_page_leads_to_signing_in_and_back(client, person):
    answer = client.get("/account/password")
    assert answer.status_code == 303
    back = client.post(answer.headers["Location"], data={"email": person.email, "password": PASSWORD})
    assert back.headers["Location"] == "/account/password"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(client, person):
    cookie = sign_in(client, person).headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Domain" not in cookie


# --- sessions -------------------------------------------------------------------------------------------------


def test_a_session_ends_after_hours_without_a_click(own_app, hashed):
    client, start = own_app.test_client(), now()
    person = PersonFactory(password_hash=hashed)
    db.session.commit()
    with clock.stopped(start):
        sign_in(client, person)
    for hours in (11, 22, 33):
        with clock.stopped(start + timedelta(hours=hours)):
            assert is_signed_in(client)
    with clock.stopped(start + timedelta(hours=33 + 12, minutes=1)):
        assert not is_signed_in(client)


def test_being_seen_is_noted_at_most_once_a_minute(client, person, queries):
    sign_in(client, person)
    with queries() as seen:
        assert is_signed_in(client)
    assert [sql for sql in seen if sql.startswith("UPDATE")] == []
    with clock.stopped(now() + timedelta(minutes=2)), queries() as seen:
        assert is_signed_in(client)
    assert len([sql for sql in seen if sql.startswith("UPDATE")]) == 1


def test_who_is_asking_costs_one_query(client, person, queries):
    client.login(person)
    with queries() as seen:
        assert is_signed_in(client)
    assert len(seen) == 1


def test_a_new_password_signs_out_every_other_browser(app, client, person):
    other = app.test_client()
    sign_in(other, person)
    sign_in(client, person)

    new = "une autre phrase bien longue"
    answer = client.post("/account/password", data={"current_password": PASSWORD, "password": new})

    assert answer.status_code == 303
    assert is_signed_in(client)
    assert not is_signed_in(other)
    assert passwords.verify(person.password_hash, new)
    assert mails() == ["password_changed"]


def test_a_new_password_wants_the_old_one(client, person):
    client.login(person)
    answer = client.post("/account/password", data={"current_password": "wrong", "password": "une autre phrase longue"})
    assert answer.status_code == 200
    assert passwords.verify(person.password_hash, PASSWORD)


def test_sign_out_everywhere_else(app, client, person):
    other = app.test_client()
    sign_in(other, person)
    sign_in(client, person)
    assert client.get("/account/sessions").text.count('class="row"') == 2
    assert client.post("/account/sessions/end").status_code == 303
    assert is_signed_in(client)
    assert not is_signed_in(other)


def test_a_disabled_person_is_out_at_once(client, person):
    client.login(person)
    assert is_signed_in(client)
    person.disabled_at = now()
    db.session.flush()
    assert not is_signed_in(client)


# --- signing up -----------------------------------------------------------------------------------------------


def test_from_sign_up_to_signed_in(app, client):
    answer = client.post("/account/sign-up", data=SIGN_UP)
    assert answer.headers["Location"] == "/account/check-mail"
    person = db.session.scalars(select(Person)).one()
    assert (person.email, person.locale, person.confirmed_at) == ("amina@example.org", "ar", None)
    assert person.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert mails() == ["confirm_address"]

    address = f"/account/confirm/{last_link(app, Purpose.CONFIRM)}"
    assert client.get(address).status_code == 200
    assert person.confirmed_at is None, "a program that follows links confirms nothing"

    assert client.post(address).status_code == 303
    assert person.confirmed_at is not None
    assert is_signed_in(client)
    assert client.get(address).status_code == 410
    assert client.post(address).status_code == 410


def test_no_promise_and_no_event_holds_what_opens_an_account(app, client):
    client.post("/account/sign-up", data=SIGN_UP)
    token = last_link(app, Purpose.CONFIRM)
    rows = [str(vars(row)) for model in (Promise, Event, EmailLink) for row in db.session.scalars(select(model))]
    assert rows
    assert not any(token in row or PASSWORD in row for row in rows)


def test_elsewhere_the_confirmation_wants_the_password(app, client):
    """Somebody opened an account with another's address; the other only follows the link in the mail."""
    client.post("/account/sign-up", data=SIGN_UP)
    address = f"/account/confirm/{last_link(app, Purpose.CONFIRM)}"
    victim = app.test_client()
    assert victim.post(address).status_code == 200
    assert victim.post(address, data={"password": "guess"}).status_code == 200
    assert db.session.scalars(select(Person)).one().confirmed_at is None
    assert victim.post(address, data={"password": PASSWORD}).status_code == 303


def test_a_known_address_gets_the_same_page_and_a_mail_that_says_so(app, client, person):
    stranger = app.test_client().post("/account/sign-up", data=SIGN_UP)
    known = client.post("/account/sign-up", data=SIGN_UP | {"email": person.email, "name": "Other"})

    assert (known.status_code, known.headers["Location"]) == (stranger.status_code, stranger.headers["Location"])
    with client.session_transaction() as session:
        assert re.fullmatch(r"[0-9a-f-]{36}", session["signing_up"])
    assert sorted(mails()) == ["already_known", "confirm_address"]
    assert person.name != "Other"
    assert not is_signed_in(client)


def test_signing_up_again_starts_over(app, client):
    client.post("/account/sign-up", data=SIGN_UP)
    first = last_link(app, Purpose.CONFIRM)
    other = app.test_client()
    other.post("/account/sign-up", data=SIGN_UP | {"password": "une autre phrase bien longue"})
    assert client.post(f"/account/confirm/{first}").status_code == 410
    answer = client.post(f"/account/confirm/{last_link(app, Purpose.CONFIRM)}")
    assert answer.status_code == 200, "another browser signed up last: its password is asked"


def test_resending_makes_the_link_before_void(app, client):
    client.post("/account/sign-up", data=SIGN_UP)
    first = last_link(app, Purpose.CONFIRM)
    assert client.post("/account/check-mail", data={"email": SIGN_UP["email"]}).status_code == 303
    assert client.get(f"/account/confirm/{first}").status_code == 410
    assert client.post(f"/account/confirm/{last_link(app, Purpose.CONFIRM)}").status_code == 303


def test_nobodys_mailbox_is_flooded(client):
    client.post("/account/sign-up", data=SIGN_UP)
    for _ in range(10):
        client.post("/account/check-mail", data={"email": SIGN_UP["email"]})
    assert mails() == ["confirm_address"] * service.MOST_LINKS_AN_HOUR


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("short", "at least 12"),
        ("x" * 129, "at most 128"),
        ("motdepasse123", "easy to guess"),
        ("Amina Benali", "easy to guess"),
        ("aaaaaaaaaaaaaaaa", "Repeats like"),
    ],
)
def test_a_weak_password_is_refused_with_advice(client, password, says):
    answer = client.post("/account/sign-up", data=SIGN_UP | {"password": password})
    assert answer.status_code == 200
    assert says in answer.text
    assert 'value="Amina Benali"' in answer.text, "what was typed stays"
    typed = re.search(r'<input[^>]*name="password"[^>]*>', answer.text)
    assert typed and password not in typed[0], "but the password is never sent back"


@pytest.mark.parametrize(
    "password",
    ["Huit heures ; le café est froid. " * 3 + "Fin", "كلمات عربية طويلة جدا", "correct horse battery staple"],
)
def test_long_and_foreign_passwords_are_fine(client, password):
    assert client.post("/account/sign-up", data=SIGN_UP | {"password": password}).status_code == 303


def test_only_what_the_form_asks_is_taken(client):
    client.post(
        "/account/sign-up",
        data=SIGN_UP | {"confirmed_at": "2020-01-01", "role": "admin", "appointments-0-role": "admin", "id": "1"},
    )
    person = db.session.scalars(select(Person)).one()
    assert person.confirmed_at is None
    assert person.appointments == []


def test_a_profile_takes_name_and_language_only(client, person):
    email = person.email
    client.login(person)
    data = {
        "name": "New name",
        "language": "ar",
        "version": person.version,
        "email": "new@example.org",
        "role": "admin",
    }
    assert client.post("/account/profile", data=data).status_code == 303
    assert (person.name, person.locale, person.email) == ("New name", "ar", email)
    assert 'dir="rtl"' in client.get("/account/profile").text


def test_two_tabs_of_a_profile_do_not_overwrite_each_other(client, person):
    client.login(person)
    data = {"name": "First", "language": "en", "version": person.version}
    assert client.post("/account/profile", data=data).status_code == 303
    assert client.post("/account/profile", data=data | {"name": "Second"}).status_code == 409
    assert person.name == "First"


# --- choosing a new password ----------------------------------------------------------------------------------


def test_forgotten_password(app, client, person):
    other = app.test_client()
    sign_in(other, person)
    assert client.post("/account/forgot", data={"email": person.email.upper()}).status_code == 303
    assert mails() == ["reset_password"]
    address = f"/account/password/{last_link(app, Purpose.RESET)}"
    assert client.get(address).status_code == 200
    assert client.post(address, data={"password": "short"}).status_code == 200

    new = "une autre phrase bien longue"
    assert client.post(address, data={"password": new}).status_code == 303

    assert passwords.verify(person.password_hash, new)
    assert is_signed_in(client)
    assert not is_signed_in(other)
    assert client.post(address, data={"password": "encore une phrase bien longue"}).status_code == 410
    assert passwords.verify(person.password_hash, new)


def test_a_link_to_choose_a_password_is_good_for_an_hour(app, client, person):
    client.post("/account/forgot", data={"email": person.email})
    address = f"/account/password/{last_link(app, Purpose.RESET)}"
    with clock.stopped(now() + timedelta(minutes=59)):
        assert client.get(address).status_code == 200
    with clock.stopped(now() + timedelta(minutes=61)):
        assert client.get(address).status_code == 410
        assert client.post(address, data={"password": "une autre phrase bien longue"}).status_code == 410
    assert passwords.verify(person.password_hash, PASSWORD)


def test_a_link_serves_its_own_purpose_only(app, client, hashed):
    person = PersonFactory(password_hash=hashed, confirmed_at=None)
    client.post("/account/check-mail", data={"email": person.email})
    token = last_link(app, Purpose.CONFIRM)
    assert client.get(f"/account/password/{token}").status_code == 410
    assert client.get(f"/account/confirm/{token}x").status_code == 410
    assert client.get(f"/account/confirm/{links.token(person.id, 'another key')}").status_code == 410


def test_a_disabled_person_cannot_choose_a_new_password(app, client, person):
    client.post("/account/forgot", data={"email": person.email})
    address = f"/account/password/{last_link(app, Purpose.RESET)}"
    person.disabled_at = now()
    db.session.flush()
    assert client.get(address).status_code == 410


def test_forgot_answers_the_same_for_nobody(client, person):
    known = client.post("/account/forgot", data={"email": person.email})
    unknown = client.post("/account/forgot", data={"email": "nobody@example.org"})
    assert (known.status_code, known.headers["Location"]) == (unknown.status_code, unknown.headers["Location"])
    assert db.session.scalar(select(func.count(Promise.id))) == 1


# --- pages ----------------------------------------------------------------------------------------------------

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
