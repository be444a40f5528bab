"""The components in a real browser: nothing refused by the policy, nothing wider than the screen, no barrier found."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from config.settings import Settings
from tests.run import browser
from tests.web.conftest import make_pages

pytestmark = [pytest.mark.journey, pytest.mark.skipif(browser() is None, reason="no Chromium on this machine")]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(scope="module")
def address(instance: Path) -> Iterator[str]:
    app = make_pages(Settings(instance=instance, secret_key="s"))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def open_page(chromium: Browser, address: str) -> Iterator[Any]:
    """`open_page(path, language, width)`; whatever the console says is a failure."""
    said: list[str] = []
    contexts = []

    def visit(path: str, language: str = "en", width: int = 1320) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, extra_http_headers={"Accept-Language": language}
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(f"{path}: {message.text}"))
        page.on("pageerror", lambda error: said.append(f"{path}: {error}"))
        page.goto(address + path)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert said == []


@pytest.mark.parametrize("width", [1320, 320])
@pytest.mark.parametrize("language", ["fr", "ar", "en"])
@pytest.mark.parametrize("path", ["/signed-in", "/form", "/marks"])
def test_no_barrier_and_no_sideways_scroll(open_page, path, language, width):
    page = open_page(path, language, width)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    found = Axe().run(page, options=RULES).response["violations"]
    assert [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found] == []


def test_refusals_take_the_focus_and_lead_to_the_field(open_page):
    page = open_page("/form")
    page.fill("[name=amount]", "1.500")
    page.click(".form .actions .btn >> nth=0")
    page.wait_for_selector(".errsum:focus")
    assert page.input_value("[name=amount]") == "1.500"
    page.click(".errsum a >> nth=0")
    assert page.evaluate("document.activeElement.id") == "amount"
    assert Axe().run(page, options=RULES).response["violations"] == []


def test_marks_by_keyboard(open_page):
    page = open_page("/marks")
    total = page.locator("[data-total]")
    assert total.inner_text() == "70"  # 3.5 of 5
    page.focus("#innovation-3")
    page.keyboard.press("4")
    assert total.inner_text() == "90"
    page.keyboard.press(".")
    assert total.inner_text() == "80"
    page.keyboard.press("j")
    page.keyboard.press("5")
    assert total.inner_text() == "88" and page.locator(".tot [data-left]").inner_text() == "All criteria marked"
    page.keyboard.press(".")
    assert total.inner_text() == "88"  # five is the most
    page.locator("details:has([data-keys]) > summary").click()
    page.uncheck("[data-keys]")
    page.focus("#team-5")
    page.keyboard.press("0")
    assert total.inner_text() == "88"


def test_asking_first(open_page):
    page = open_page("/")
    page.click(".confirm summary")
    assert page.locator("dialog").is_visible() and page.evaluate("document.activeElement.tagName") == "TEXTAREA"
    page.keyboard.press("Escape")
    assert not page.locator("dialog").is_visible()
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_a_question_opens_another_and_characters_are_counted(open_page):
    page = open_page("/form")
    assert not page.locator("#whom").is_visible()
    page.check("#other-0")
    assert page.locator("#whom").is_visible()
    page.check("#other-1")
    assert not page.locator("#whom").is_visible()
    page.fill("#why", "x" * 599)
    assert page.locator("#why-count").inner_text() == "1 character left"
    page.fill("#why", "x" * 602)
    assert page.locator("#why-count").inner_text() == "2 characters too many"


def test_leaving_with_text_not_saved_asks(open_page):
    page = open_page("/form")
    page.fill("#why", "something")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.goto(page.url.replace("/form", "/marks"))
    assert asked == ["beforeunload"]


def test_picking_rows(open_page):
    page = open_page("/")
    assert not page.locator("[data-bulk]").is_visible()
    page.check("[data-all]")
    assert page.locator("[data-bulk-n]").inner_text() == "4 selected"


def test_the_page_works_without_script(chromium, address):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address + "/form")
    page.click(".langs button[value=ar]")
    assert page.get_attribute("html", "dir") == "rtl" and page.url.endswith("/form")
    page.goto(address + "/")
    page.click(".confirm summary")
    assert page.locator(".confirm textarea").is_visible()
    context.close()
