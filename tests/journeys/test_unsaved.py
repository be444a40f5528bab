"""What is typed and not saved yet: no quarrel with oneself, and kept by the browser when the tab is closed."""

from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po

from config.settings import ROOT
from grants.applications.content import LONGEST_DESCRIPTION
from tests.journeys.conftest import PICTURES
from tests.journeys.people import NARROW, WIDE, People, Somebody
from tests.journeys.product import Product
from tests.journeys.test_drafting import World, kept, presses_save, signs_in, state_of, world

__all__ = ["world"]  # a fixture
SLOW = """
const real = window.fetch;
window.fetch = async (...asked) => {
  const answer = await real(...asked);
  if (String(asked[0]).includes("/autosave")) await new Promise(go => setTimeout(go, 4000));
  return answer;
};
"""
KEPT = "Object.keys(localStorage).filter(key => key.startsWith('typed '))"


def closes(somebody: Somebody) -> Somebody:
    """The tab, and opens another."""
    old = somebody.page
    somebody.page = old.context.new_page()
    old.goto("about:blank")
    old.close()
    return somebody


def offered(somebody: Somebody) -> Any:
    return somebody.page.locator("main [data-unsaved]")


def test_save_pressed_while_a_save_is_on_its_way(chromium, product: Product, world: World) -> None:
    people = People(chromium, product, "fr", PICTURES / "non-enregistre")
    try:
        imane = signs_in(people["imane"], world.owner)
        imane.page.add_init_script(SLOW)
        imane.goes(world.project).types(title="Capteurs")
        with imane.page.expect_response("**/autosave"):  # the server has it, the answer is on its way
            imane.types(summary="Une phrase.")
        imane.types(summary="Une phrase, et un mot de plus.")
        presses_save(imane)
        assert kept(product, world)[1] == "Une phrase, et un mot de plus."
        assert world.project not in imane.page.url, "the next section, and no page about two people"
        assert imane.page.evaluate(KEPT) == []
    finally:
        people.leave()


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_a_tab_closed_while_a_save_is_on_its_way(chromium, product: Product, world: World, language: str) -> None:
    people = People(chromium, product, language, PICTURES / f"non-enregistre-{language}")
    try:
        imane = signs_in(people["imane"], world.owner)
        imane.page.add_init_script(SLOW)
        imane.goes(world.project)
        with imane.page.expect_response("**/autosave"):
            imane.types(summary="Une phrase.")
        imane.types(summary="Une phrase, et les derniers mots.")
        closes(imane).goes(world.project)
        assert imane.page.input_value('main [name="summary"]') == "Une phrase."
        offered(imane).wait_for()
        imane.looks("offered")
        imane.page.set_viewport_size(NARROW)
        imane.page.screenshot(path=imane.pictures / "phone.png")
        imane.page.set_viewport_size(WIDE)
        offered(imane).locator("[data-take]").click()
        assert imane.page.input_value('main [name="summary"]') == "Une phrase, et les derniers mots."
        state_of(imane, "ok")
        presses_save(imane)
        assert kept(product, world)[1] == "Une phrase, et les derniers mots."
        imane.goes(world.project)
        assert not offered(imane).is_visible() and imane.page.evaluate(KEPT) == []
    finally:
        people.leave()


def test_offline_and_the_browser_closed(chromium, product: Product, world: World) -> None:
    """What the browser could not send any more is offered; what it could is saved."""
    people = People(chromium, product, "fr", PICTURES / "non-enregistre-coupure")
    try:
        imane = signs_in(people["imane"], world.owner)
        imane.goes(world.project).page.context.set_offline(True)
        imane.types(summary="Écrit dans le train.")
        state_of(imane, "off")
        closes(imane)
        imane.page.context.set_offline(False)
        imane.complaints.clear()
        imane.goes(world.project)
        if offered(imane).is_visible():
            offered(imane).locator("[data-take]").click()
            state_of(imane, "ok")
        assert imane.page.input_value('main [name="summary"]') == "Écrit dans le train."
        assert imane.page.evaluate(KEPT) == [] and kept(product, world)[1] == "Écrit dans le train."
    finally:
        people.leave()


def test_what_is_offered_may_be_left(chromium, product: Product, world: World) -> None:
    people = People(chromium, product, "fr", PICTURES / "non-enregistre-laisse")
    try:
        imane = signs_in(people["imane"], world.owner)
        imane.page.add_init_script(SLOW)
        imane.goes(world.project)
        with imane.page.expect_response("**/autosave"):
            imane.types(summary="Une phrase.")
        imane.types(summary="Autre chose, dont je ne veux plus.")
        closes(imane).goes(world.project)
        offered(imane).locator("[data-leave]").click()
        assert not offered(imane).is_visible() and imane.page.evaluate(KEPT) == []
        assert imane.page.input_value('main [name="summary"]') == "Une phrase."
    finally:
        people.leave()


def test_a_shared_computer(chromium, product: Product, world: World) -> None:
    """Signing out forgets it; whoever comes next sees nothing of it, and what waited is gone."""
    people = People(chromium, product, "fr", PICTURES / "non-enregistre-partage")
    try:
        imane = signs_in(people["imane"], world.owner)
        imane.page.context.add_init_script(SLOW)
        for leaves in ("signing out", "nothing"):
            imane.goes(world.project)
            with imane.page.expect_response("**/autosave"):
                imane.types(summary=f"Une phrase, {leaves}.")
            imane.types(summary=f"Rien qu’à moi, {leaves}.")
            closes(imane).goes("/")
            assert len(imane.page.evaluate(KEPT)) == 1
            if leaves == "signing out":
                imane.page.locator("[data-menu] summary").click()
                with imane.page.expect_navigation():
                    imane.page.locator('form[action$="/sign-out"] button').click()
                assert imane.page.evaluate(KEPT) == []
                signs_in(imane, world.owner)
        imane.page.context.clear_cookies()
        signs_in(imane, world.editor).goes(world.project)
        assert not offered(imane).is_visible() and imane.page.evaluate(KEPT) == []
    finally:
        people.leave()


def test_the_largest_section_on_a_slow_network(chromium, product: Product, world: World) -> None:
    """20 000 characters of Arabic prose, saved in under 20 kB: what is sent and what is answered, heads included."""
    with (ROOT / "grants/translations/ar/LC_MESSAGES/messages.po").open("rb") as file:
        said = [one.string for one in read_po(file, locale="ar") if isinstance(one.string, str)]
    prose = " ".join(said)[-LONGEST_DESCRIPTION - 1 :].strip()
    people = People(chromium, product, "ar", PICTURES / "lent")
    try:
        imane = signs_in(people["imane"], world.owner).goes(world.project)
        with imane.page.expect_response("**/autosave") as heard:
            imane.types(description=prose)
        state_of(imane, "ok")
        assert len(kept(product, world)[2].encode()) > 30_000
        sizes = heard.value.request.sizes()
        assert sum(sizes.values()) < 20_000, sizes
    finally:
        people.leave()


def test_a_file_of_two_gigabytes(chromium, product: Product, world: World, tmp_path: Path) -> None:
    """Refused beside its field before any of it is sent."""
    large = tmp_path / "plan.pdf"
    with large.open("wb") as file:
        file.truncate(2_000_000_000)
    people = People(chromium, product, "fr", PICTURES / "deux-gigaoctets")
    try:
        imane = signs_in(people["imane"], world.owner)
        there = f"/applicant/applications/{world.application}/documents"
        imane.goes(there)
        posts: list[str] = []
        imane.page.on("request", lambda one: posts.append(one.url) if one.method == "POST" else None)
        imane.page.set_input_files('main input[type="file"]', large)
        imane.page.locator('main form[data-upload] button[type="submit"]').click()
        told = imane.page.locator("main .field__err")
        told.wait_for()
        assert "plan.pdf" in told.inner_text() and "Mo" in told.inner_text()
        imane.page.wait_for_timeout(500)
        assert [one.rpartition("/")[2] for one in posts] == ["uploads"] and imane.page.url.endswith(there)
        imane.complaints.clear()  # the browser reports the refusal
        imane.looks("refused")
    finally:
        people.leave()
