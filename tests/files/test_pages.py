"""Pages drawn by a child under limits: sound ones are pictures with their text, hostile ones a sentence."""

import struct
import zlib

import pytest
from obstore.store import MemoryStore

from grants.applications import pdf
from grants.core.errors import Refused
from grants.core.pages import kept
from grants.core.pages.drawing import Limits, Unshown, draw
from grants.core.storage import Storage
from tests.applications.samples import pdf as sample
from tests.files import pdfs

TIGHT = {
    "too_slow": Limits(seconds=2, patience=60),
    "too_heavy": Limits(memory=300_000_000, seconds=60, patience=120),
}


def size_of(image: bytes) -> tuple[int, int]:
    assert image.startswith(b"\x89PNG\r\n\x1a\n") and image[12:16] == b"IHDR"
    return struct.unpack("!LL", image[16:24])


def test_a_page_is_a_picture_and_its_text():
    content = pdfs.pages("First page", "Second page")
    page = draw(content, 2, 600)
    assert (page.number, page.pages) == (2, 2)
    assert size_of(page.image) == (page.width, page.height) and page.width == 600
    assert abs(page.height - 600 * 842 / 595) <= 1
    assert page.text.strip() == "Second page"
    assert draw(content, 1, 1200).width == 1200


def test_grey_pages_are_sent_as_grey_and_colours_as_colours():
    grey = draw(sample("words"), 1, 600).image
    coloured = draw(pdfs.with_body(b"1 0 0 rg 0 0 500 800 re f"), 1, 600)
    assert grey[25] == 0 and coloured.image[25] == 2
    at = coloured.image.index(b"IDAT") + 4
    length = struct.unpack("!L", coloured.image[at - 8 : at - 4])[0]
    rows = zlib.decompress(coloured.image[at : at + length])
    middle = (coloured.width * 3 + 1) * (coloured.height // 2) + 1 + 3 * (coloured.width // 2)
    assert rows[middle : middle + 3] == b"\xff\x00\x00", "red is red"


@pytest.mark.parametrize("box", ["0 0 595 14400", "0 0 14400 20", "0 0 1 1"])
def test_odd_shapes_are_bounded(box):
    page = draw(pdfs.pages("x", box=box), 1, 800)
    assert page.width <= 800 and page.height <= Limits().height


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "broken"),
        (b"%PDF-1.4\nnothing at all", "broken"),
        (pdfs.assemble({1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"<</Type/Pages/Kids[]/Count 0>>"}), "broken"),
        (pdfs.many(10_000), "too_many_pages"),
    ],
)
def test_what_cannot_be_drawn_is_a_sentence(content, code):
    with pytest.raises(Unshown) as refusal:
        draw(content, 1, 600)
    assert refusal.value.code == code and str(refusal.value.detail).endswith(".")


def test_a_password():
    trailer = b"/Encrypt 6 0 R/ID[<00><00>]"
    secret = b"<</Filter/Standard/V 1/R 2/O<%s>/U<%s>/P -4>>" % (b"41" * 32, b"42" * 32)
    content = pdfs.assemble(
        {1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"<</Type/Pages/Kids[]/Count 0>>", 6: secret}, trailer=trailer
    )
    with pytest.raises(Refused, match="password"):
        pdf.check("p.pdf", content, 10)
    with pytest.raises(Unshown) as refusal:
        draw(content, 1, 600)
    assert refusal.value.code == "encrypted"


@pytest.mark.parametrize(("hostile", "code"), [("endless", "too_slow"), ("bomb", "too_heavy")])
def test_a_hostile_page_dies_in_its_child(hostile, code):
    """It passes the check of its outside (it is a PDF); drawing it ends the child, by time or by memory."""
    content = getattr(pdfs, hostile)()
    assert pdf.check("p.pdf", content, 10)
    with pytest.raises(Unshown) as refusal:
        draw(content, 1, 600, TIGHT[code])
    assert refusal.value.code == code


def test_without_memory_the_child_dies_and_we_do_not():
    with pytest.raises(Unshown) as refusal:
        draw(sample(), 1, 600, Limits(memory=20_000_000))
    assert refusal.value.code == "too_heavy"


def test_killed_by_the_clock_it_may_be_tried_again():
    with pytest.raises(Unshown) as refusal:
        draw(pdfs.endless(), 1, 600, Limits(seconds=60, patience=1))
    assert refusal.value.code == "late" and not refusal.value.lasting


def test_drawn_once(monkeypatch):
    storage = Storage(MemoryStore())
    digest, drawn = storage.keep(pdfs.pages("One", "Two")), []
    real = kept.draw
    monkeypatch.setattr(kept, "draw", lambda *given: drawn.append(given[1:3]) or real(*given))
    for _ in range(2):
        assert kept.page(storage, digest, 1, 800).pages == 2
        assert size_of(kept.image(storage, digest, 1, 800))[0] == 800
    assert kept.page(storage, digest, 2, 800).text.strip() == "Two"
    assert drawn == [(1, 800), (2, 800)]
    with pytest.raises(Unshown):
        kept.page(storage, digest, 3, 800)


def test_tried_in_vain_once(monkeypatch):
    storage = Storage(MemoryStore())
    digest, tried = storage.keep(b"%PDF-1.4 nothing"), []
    real = kept.draw
    monkeypatch.setattr(kept, "draw", lambda *given: tried.append(1) or real(*given))
    for ask in (kept.page, kept.image, kept.page):
        with pytest.raises(Unshown):
            ask(storage, digest, 1, 800)
    assert tried == [1]
