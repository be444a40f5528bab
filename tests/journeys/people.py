"""People with a browser each: they sign in once and keep their window; every page they see is checked."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Error, Page

from tests.journeys.product import Product

WIDE, NARROW = {"width": 1320, "height": 900}, {"width": 390, "height": 844}
LOCALES = {"fr": "fr-FR", "ar": "ar-MA", "en": "en-GB"}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
AXE = Axe()
SUBMIT = 'button[type="submit"]:not([aria-hidden]):not([name])'


@dataclass
class Somebody:
    """A person at a browser. `looks` pictures and checks the page; `goes` and `presses` are all they do."""

    page: Page
    product: Product
    pictures: Path
    seen: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)
    step: Callable[[], int] = lambda: 0

    def goes(self, path: str) -> "Somebody":
        answer = self.page.goto(path if path.startswith("http") else self.product.url + path)
        assert answer is not None and answer.status < 400, f"{path}: {answer and answer.status}"
        return self

    def follows(self, part: str) -> "Somebody":
        """The first link of the page whose address holds this part."""
        return self.goes(str(self.page.locator(f'main a[href*="{part}"]').first.get_attribute("href")))

    def types(self, **values: Any) -> "Somebody":
        """Into the inputs of these names; `__` stands for a hyphen."""
        for name, value in values.items():
            self.page.locator(f'main [name="{name.replace("__", "-")}"]').first.fill(str(value))
        return self

    def chooses(self, **values: Any) -> "Somebody":
        for name, value in values.items():
            self.page.select_option(f'main select[name="{name}"]', value=str(value))
        return self

    def ticks(self, name: str, value: str) -> "Somebody":
        self.page.locator(f'main input[name="{name}"][value="{value}"]').check(force=True)
        return self

    def presses(
        self, part: str = "", *, button: str = 'button[type="submit"]:not([aria-hidden]):not([name])'
    ) -> "Somebody":
        """The button of the form whose action ends in this part; without one, the first form of the page."""
        form = f'main form[action$="{part}"]' if part else "main form"
        with self.page.expect_navigation():
            self.page.locator(f"{form} {button}").first.click()
        return self

    def confirms(self, part: str, **values: Any) -> "Somebody":
        """A button that asks first: opens it, fills what it asks, presses."""
        form = self.page.locator(f'dialog form[action$="{part}"]').first
        self.page.locator(f'details:has(+ dialog form[action$="{part}"]) > summary').first.click()
        for name, value in values.items():
            form.locator(f'[name="{name}"]').fill(str(value))
        with self.page.expect_navigation():
            form.locator('button[type="submit"]').click()
        return self

    def looks(self, name: str) -> "Somebody":
        """A picture, then: no violation of accessibility, no sideways scroll at 320 px, a quiet console."""
        self._pictures(self.pictures / f"{self.step():02}-{name}.png")
        where = f"{name} ({self.page.url})"
        assert not self.complaints, f"{where}: {self.complaints}"
        if name not in self.seen:
            self.seen.add(name)
            self.page.evaluate("scrollTo(0, 0)")  # what the header covers while scrolled is measured as too small
            found = AXE.run(self.page, options=RULES).response["violations"]
            assert not found, f"{where}: " + "; ".join(
                f"{one['id']}: {one['help']} {[node['target'] for node in one['nodes']][:3]}" for one in found
            )
            self.page.set_viewport_size({"width": 320, "height": 800})
            wide = self.page.evaluate("document.documentElement.scrollWidth")
            assert wide <= 320, f"{where}: {wide} px wide at 320"
            self.page.set_viewport_size(WIDE)
        return self

    def _pictures(self, path: Path) -> None:
        """The whole page; where the browser has no memory for so tall a picture, what the window shows."""
        try:
            self.page.screenshot(path=path, full_page=True)
        except Error:
            self.page.screenshot(path=path)

    def reads(self, text: str) -> "Somebody":
        assert text in self.page.locator("main").inner_text(), self.page.locator("main").inner_text()
        return self

    def number_of(self, part: str) -> str:
        """The id in the current address after this part."""
        found = re.search(re.escape(part) + r"([0-9a-f-]{36})", self.page.url)
        assert found, self.page.url
        return found.group(1)


class People:
    """Who takes part, each with a window of their own, all reading one language."""

    def __init__(self, browser: Browser, product: Product, language: str, pictures: Path) -> None:
        self.browser, self.product, self.language, self.pictures = browser, product, language, pictures
        pictures.mkdir(parents=True, exist_ok=True)
        self.seen: set[str] = set()
        self.steps = 0
        self.known: dict[str, Somebody] = {}

    def __getitem__(self, name: str) -> Somebody:
        return self.known[name] if name in self.known else self.arrives(name)

    def arrives(self, name: str) -> Somebody:
        """A new window, in this journey's language."""
        context = self.browser.new_context(viewport=WIDE, locale=LOCALES[self.language])
        context.add_cookies([{"name": "language", "value": self.language, "url": self.product.url}])
        context.set_default_timeout(20_000)
        somebody = Somebody(context.new_page(), self.product, self.pictures, self.seen, step=self._step)

        def listen(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"}:
                somebody.complaints.append(message.text)

        somebody.page.on("console", listen)
        somebody.page.on("pageerror", lambda error: somebody.complaints.append(str(error)))
        self.known[name] = somebody
        return somebody

    def _step(self) -> int:
        self.steps += 1
        return self.steps

    def leave(self) -> None:
        for one in self.known.values():
            one.page.context.close()
