"""Pages drawn once and kept in the storage, under the SHA-256 of their file, their number and their width."""

import json
from dataclasses import asdict, dataclass

from grants.core.pages.drawing import Drawn, Limits, Unshown, draw
from grants.core.storage import Storage


@dataclass(frozen=True)
class Page:
    """Page `number` of `pages`, in pixels, and what is written on it."""

    number: int
    pages: int
    width: int
    height: int
    text: str


def page(storage: Storage, digest: str, number: int, width: int, limits: Limits | None = None) -> Page:
    """Drawn now, unless it was before. Raises Unshown, at once for a page that was tried before in vain."""
    if known := storage.made(_name(digest, number, width, "json")):
        said = json.loads(known)
        if "refused" in said:
            raise Unshown(said["refused"], said["most"])
        return Page(**said)
    drawn = _draw(storage, digest, number, width, limits)
    return _without_image(drawn)


def image(storage: Storage, digest: str, number: int, width: int, limits: Limits | None = None) -> bytes:
    """The page as PNG. Raises Unshown."""
    if known := storage.made(_name(digest, number, width, "png")):
        return known
    page(storage, digest, number, width, limits)  # raises at once for a page that was tried before in vain
    return storage.made(_name(digest, number, width, "png")) or _draw(storage, digest, number, width, limits).image


def _draw(storage: Storage, digest: str, number: int, width: int, limits: Limits | None) -> Drawn:
    content = b"".join(storage.read(digest))
    told = _name(digest, number, width, "json")
    try:
        drawn = draw(content, number, width, limits)
    except Unshown as refusal:
        if refusal.lasting:
            storage.keep_made(told, json.dumps({"refused": refusal.code, "most": refusal.most}).encode())
        raise
    storage.keep_made(_name(digest, number, width, "png"), drawn.image)
    storage.keep_made(told, json.dumps(asdict(_without_image(drawn)), ensure_ascii=False).encode())
    return drawn


def _without_image(drawn: Drawn) -> Page:
    return Page(drawn.number, drawn.pages, drawn.width, drawn.height, drawn.text)


def _name(digest: str, number: int, width: int, kind: str) -> str:
    return f"pages/{digest[:2]}/{digest}/{number}-{width}.{kind}"
