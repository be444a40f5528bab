"""Headers, the language switch, assets, errors: what every page does."""

import pytest
from flask import render_template_string

from config.settings import Settings
from grants.core.i18n import N_, Reader, Words
from grants.core.types import Money
from grants.web import charts
from grants.web.assets import prepare_fonts
from grants.web.language import local_path, speak_for, speaking
from tests.web.conftest import make_pages

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


def token(page):
    return page.partition('name="csrf-token" content="')[2].partition('"')[0]


def test_every_answer_carries_the_headers(browser):
    for path in ("/", "/status/404", "/broken", "/assets/x/app.js"):
        answer = browser.get(path)
        answer.close()
        headers = answer.headers
        assert headers["Content-Security-Policy"] == CSP
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "Strict-Transport-Security" not in headers


def test_https_is_remembered(instance):
    app = make_pages(Settings(instance=instance, secret_key="s", base_url="https://fund.example"))
    assert "max-age=63072000" in app.test_client().get("/").headers["Strict-Transport-Security"]


def test_private_pages_are_not_stored(browser):
    assert browser.get("/").headers["Cache-Control"] == "no-cache, private"
    assert browser.get("/signed-in").headers["Cache-Control"] == "no-store"


def test_assets_are_kept_for_ever_under_their_content(browser, pages):
    page = browser.get("/").text
    url = page.partition('src="')[2].partition('"')[0]
    with browser.get(url) as answer:
        assert answer.status_code == 200 and "immutable" in answer.headers["Cache-Control"]
    with browser.get("/assets/old/app.js") as answer:
        assert answer.headers["Cache-Control"] == "no-cache"
    assert browser.get("/assets/x/../../config/settings.py").status_code == 404


def test_fonts_are_prepared_once_and_served(browser, pages):
    settings = pages.extensions["settings"]
    font = settings.instance / "fonts" / "plex-400.woff2"
    before = font.stat().st_mtime_ns
    assert len(prepare_fonts(settings)) == 2 and font.stat().st_mtime_ns == before
    with browser.get("/assets/fonts/plex-400.woff2") as answer:
        assert answer.mimetype == "font/woff2" and answer.data[:4] == b"wOF2"
    assert browser.get("/assets/fonts/plex-700.woff2").status_code == 404


def test_the_application_runs_without_the_font_package(tmp_path, monkeypatch, caplog):
    def missing(*args, **kwargs):
        raise LookupError("no such family")

    monkeypatch.setattr("grants.web.assets.fontpkg.path", missing)
    app = make_pages(Settings(instance=tmp_path, secret_key="s"))
    assert app.test_client().get("/").status_code == 200
    assert app.test_client().get("/assets/fonts/plex-400.woff2").status_code == 404


@pytest.mark.parametrize(
    ("accept", "language"), [("ar-MA,ar;q=0.9", "ar"), ("en-US", "en"), ("de", "fr"), ("", "fr"), ("fr;q=0.2,en", "en")]
)
def test_language_from_the_browser(browser, accept, language):
    page = browser.get("/", headers={"Accept-Language": accept}).text
    assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in page


def test_the_switch_keeps_the_page_and_its_query(browser):
    page = browser.get("/form?a=1&b=2").text
    assert 'name="next" value="/form?a=1&amp;b=2"' in page
    answer = browser.post("/language", data={"csrf_token": token(page), "language": "ar", "next": "/form?a=1&b=2"})
    assert answer.status_code == 303 and answer.location == "/form?a=1&b=2"
    assert 'lang="ar" dir="rtl"' in browser.get("/form", headers={"Accept-Language": "fr"}).text
    answer = browser.post(
        "/language", data={"csrf_token": token(page), "language": "xx", "next": "https://evil.example/"}
    )
    assert answer.location == "/" and 'lang="ar"' in browser.get("/form").text


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/a?b=1", "/a?b=1"),
        ("http://localhost/a", "/a"),
        ("https://evil.example/a", None),
        ("//evil.example", None),
        ("/\\evil.example", None),
        ("javascript:alert(1)", None),
        ("", None),
        (None, None),
    ],
)
def test_only_addresses_of_this_host_are_followed(pages, target, path):
    with pages.test_request_context():
        assert local_path(target) == path


def test_a_page_speaks_for_its_cluster(pages):
    source = "{{ at|moment }} {{ d|day }}"
    from datetime import UTC, date, datetime

    values = {"at": datetime(2026, 8, 6, 12, 0, tzinfo=UTC), "d": date(2026, 8, 6)}
    with pages.test_request_context(headers={"Accept-Language": "ar"}):
        assert "غشت" in render_template_string(source, **values)
        speak_for("DZ", "Africa/Algiers")
        page = render_template_string(source, **values)
    assert "أوت" in page and "13:00" in page and "توقيت الجزائر" in page
    with pages.app_context(), speaking(Reader("en", zone="Africa/Abidjan")):
        assert "12:00 (Abidjan time)" in render_template_string("{{ at|moment }}", **values)


def test_values_print_themselves_safely(pages):
    text = N_("“%(name)s” asked for %(amount)s.", name="<b>x</b>", amount=Money(150_050, "MAD"))
    with pages.test_request_context(headers={"Accept-Language": "en"}):
        values = {"t": text, "w": Words(ar="ا"), "m": text.args["amount"], "no": None}
        page = render_template_string("{{ t }}|{{ t|plain }}|{{ w }}|{{ m }}|{{ no }}", **values)
    html, plain, words, money, nothing = page.split("|")
    assert html.startswith("“<bdi>&lt;b&gt;x&lt;/b&gt;</bdi>” asked for ")
    assert html.endswith('<span class="money"><bdi class="num">1\u00a0500.50</bdi>\u00a0MAD</span>.')
    assert plain == "“&lt;b&gt;x&lt;/b&gt;” asked for 1\u00a0500.50\u00a0MAD."
    assert words == '<bdi lang="ar">ا</bdi>' and "MAD" in money and nothing == ""


def test_gettext_in_templates_takes_our_values(pages):
    with pages.test_request_context(headers={"Accept-Language": "en"}):
        say = render_template_string
        assert say("{{ _('Asked: %(m)s', m=m) }}", m=Money(100, "MAD")) == "Asked: 1\u00a0MAD"
        assert say("{{ _('Hello %(n)s', n='<b>') }}") == "Hello &lt;b&gt;"
        assert say("{{ ngettext('%(n)s day', '%(num)s days', 1200) }}") == "1\u00a0200 days"
        assert say("{{ ngettext('%(num)d day', '%(num)d days', 12) }}") == "12 days"
        assert say("{{ _('100 %') }}") == "100 %"


def test_a_problem_says_what_why_and_what_next(browser):
    answer = browser.get("/problem", headers={"Accept-Language": "en", "Referer": "http://localhost/form?x=1"})
    assert answer.status_code == 409
    assert "It has already moved on" in answer.text and "23:59 (Casablanca time)" in answer.text
    assert "Go back to the page" in answer.text and 'href="/form?x=1"' in answer.text
    told = browser.get("/problem", headers={"Accept": "application/json"})
    assert told.status_code == 409 and set(told.json) == {"title", "detail"}


@pytest.mark.parametrize("code", [400, 403, 404, 405, 413, 418, 429, 500, 503, 507])
def test_every_refusal_has_its_page(browser, code):
    answer = browser.get(f"/status/{code}", headers={"Accept-Language": "en"})
    assert answer.status_code == code and "<h1>" in answer.text and "<title>" in answer.text
    assert ("Retry-After" in answer.headers) == (code == 503)


def test_too_large_says_how_large(browser):
    answer = browser.post("/form", data={"why": "x" * 3_500_000}, headers={"Accept-Language": "en"})
    assert answer.status_code == 413 and ">10</bdi> MB" in answer.text


def test_a_mistake_of_ours_gives_a_number_and_asks_nothing_of_the_database(browser, caplog):
    answer = browser.get("/broken", headers={"Accept-Language": "en"})
    assert answer.status_code == 500
    number = answer.text.partition('class="ref">')[2].partition("<")[0]
    assert number and any(number in record.getMessage() for record in caplog.records)
    assert "csrf" not in answer.text


def test_the_database_away_is_a_503(browser):
    answer = browser.get("/away", headers={"Accept-Language": "en"})
    assert answer.status_code == 503 and answer.headers["Retry-After"] == "15"


def test_a_stale_form_shows_both_texts(browser):
    page = browser.get("/form").text
    data = {"csrf_token": token(page), "version": "2", "whom": "<i>Mine</i>"}
    answer = browser.post("/stale", data=data, headers={"Accept-Language": "en"})
    assert answer.status_code == 409
    assert "&lt;i&gt;Mine&lt;/i&gt;" in answer.text and "La banque" in answer.text
    assert 'name="version" value="3"' in answer.text and 'name="whom" value="&lt;i&gt;Mine' in answer.text
    fresh = browser.post("/stale", data={**data, "version": "3"})
    assert fresh.text == "saved"


def test_a_form_without_its_token_keeps_the_text_but_not_the_secrets(browser):
    answer = browser.post("/form", data={"why": "my text", "password": "hush"}, headers={"Accept-Language": "en"})
    assert answer.status_code == 400 and "my text" in answer.text and "hush" not in answer.text


def test_signed_out_on_a_private_page(pages):
    pages.add_url_rule("/sign-in", "account.sign_in", lambda: "")
    with pages.test_client() as client:
        assert client.get("/private?x=1").location == "/sign-in?next=/private?x%3D1"
        assert client.get("/private", headers={"Accept": "application/json"}).status_code == 401


def test_signed_out_without_a_sign_in_page(browser):
    assert browser.get("/private").status_code == 403


def test_a_script_that_uploads_is_told_where_to_go(pages):
    pages.config["WTF_CSRF_ENABLED"] = False

    @pages.post("/sent")
    def sent():
        from flask import redirect

        return redirect("/form", 303)

    answer = pages.test_client().post("/sent", headers={"X-Progress": "1"})
    assert answer.status_code == 204 and answer.headers["X-Location"] == "/form"
    assert pages.test_client().post("/sent").status_code == 303


def test_charts_without_figures_say_so(pages):
    with pages.test_request_context():
        for empty in (
            charts.columns([], [], [], title="t", desc="d", names=("a", "b")),
            charts.columns(["x"], [0], [0], title="t", desc="d", names=("a", "b")),
            charts.stacked([], title="t", desc="d", names=["a"]),
            charts.stages([("a", Money(0, "MAD"), "paid")], title="t", desc="d"),
        ):
            assert empty.startswith('<p class="chart-none">')


@pytest.mark.parametrize("language", ["fr", "ar", "en"])
def test_charts_are_well_formed_and_stay_on_the_canvas(pages, language):
    import re
    from xml.etree import ElementTree

    from tests.web.conftest import gallery

    with pages.test_request_context(headers={"Accept-Language": language}):
        g = gallery()
        drawn = [
            charts.columns(g["months"], g["planned"], g["paid"], title="<t>", desc="d", names=("a", "b"), current=1),
            charts.stacked(g["commissions"], title="t", desc="d", names=["a", "b"]),
            charts.stages(g["stages"], title="t", desc="d"),
        ]
    for chart in drawn:
        ElementTree.fromstring(str(chart))  # noqa: S314 - our own drawing
        width = float(re.search(r'viewBox="0 0 (\d+)', chart).group(1))
        for x, wide in re.findall(r'<rect class="c-[^"]*"[^>]* x="([-\d.]+)"[^>]* width="([\d.]+)"', chart):
            assert -1 <= float(x) <= float(x) + float(wide) <= width + 1
    ids = [one for chart in drawn for one in re.findall(r' id="([^"]+)"', chart)]
    assert len(ids) == len(set(ids))
