"""The style sheets: colours that can be read, both directions of writing, nothing that is not ours."""

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "grants" / "static"
SHEETS = sorted((STATIC / "css").glob("*.css"))
TOKENS = dict(re.findall(r"--([\w-]+): (#[0-9A-F]{6});", (STATIC / "css" / "tokens.css").read_text()))
WHITE = "#FFFFFF"

TEXT = [  # (text, its background): at least 4.5
    *((one, "surface") for one in ("ink", "ink-2", "brand-700", "bad", "ok", "warn", "info", "violet", "none")),
    *((one, "canvas") for one in ("ink", "ink-2", "brand-700", "bad", "ok", "warn")),
    *((one, f"{one}-bg") for one in ("ok", "warn", "bad", "info", "violet", "none")),
    *(("ink", f"{one}-bg") for one in ("ok", "warn", "bad", "info")),
    *((one, "brand-50") for one in ("ink", "ink-2", "brand-700", "brand-900")),
    *((one, "saffron-50") for one in ("ink", "ink-2", "warn", "brand-700")),
    *((one, "none-bg") for one in ("ink", "ink-2")),
    *((one, "brand-900") for one in ("surface", "brand-100", "brand-200", "saffron")),
    *(("surface", one) for one in ("brand-700", "brand-900", "bad", "bad-900", "c1")),
    *(("ink", one) for one in ("saffron", "brand-200", "plan-bg", "brand-100")),
    ("brand-900", "brand-100"),
    ("bad-900", "bad-bg"),
]
SHAPES = [  # borders of controls, bars of charts: at least 3
    *(("control", one) for one in ("surface", "canvas")),
    *((f"c{n}", "surface") for n in range(1, 7)),
    ("brand-600", "plan-bg"),
    ("brand-600", "surface"),
    ("bad", "surface"),
    ("ink", "saffron"),
]


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(TOKENS[one]), luminance(TOKENS[other])), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("text", "background"), TEXT)
def test_text_can_be_read(text, background):
    assert contrast(text, background) >= 4.5


@pytest.mark.parametrize(("shape", "background"), SHAPES)
def test_shapes_can_be_told_apart(shape, background):
    assert contrast(shape, background) >= 3


def test_saffron_is_never_text_on_white():
    """1.8 on white: lines, fills, and text on the dark of the header and of the welcome only."""
    for sheet in SHEETS:
        for line in sheet.read_text().splitlines():
            if re.search(r"[{;]\s*color: var\(--saffron\)", line):
                assert line.startswith((".top", ".welcome")), f"{sheet.name}: {line}"


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_both_directions_of_writing_are_served(sheet):
    """Logical properties only; a physical one says why on its line."""
    physical = re.compile(
        r"(?:^|[{;])\s*(left|right|top|bottom|width|height|(?:margin|padding|border)-(?:left|right|top|bottom)|"
        r"(?:min|max)-(?:width|height))\s*:|:\s*(left|right)\b|float:\s*(left|right)"
    )
    for number, line in enumerate(sheet.read_text().splitlines(), 1):
        if physical.search(line) and "/* physical" not in line and not line.startswith("@media"):
            pytest.fail(f"{sheet.name}:{number}: {line.strip()}")


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_sheets_stand_in_layers_and_use_known_tokens(sheet):
    text = sheet.read_text()
    assert text.count("{") == text.count("}")
    assert re.search(r"@layer \w+ \{", text)
    known = set(re.findall(r"--([\w-]+):", (STATIC / "css" / "tokens.css").read_text()))
    assert set(re.findall(r"var\(--([\w-]+)", text)) <= known
    assert not re.findall(r"url\((?!\.\./chevron\.svg|/assets/fonts/)", text)


def test_letters_are_neither_spaced_nor_raised():
    """Arabic has no capitals, no italics and no spaced letters."""
    for sheet in SHEETS:
        text = sheet.read_text()
        assert "text-transform" not in text and "font-style: italic" not in text
        assert set(re.findall(r"letter-spacing: ?([^;]+);", text)) <= {"inherit"}


def test_everything_static_is_ours():
    kinds = {path.suffix for path in STATIC.rglob("*") if path.is_file()}
    assert kinds <= {".css", ".js", ".svg"}
    assert sum(path.stat().st_size for path in STATIC.rglob("*") if path.is_file()) < 140_000


def test_scripts_keep_to_trusted_types():
    forbidden = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|setTimeout\(\s*[\"']"
    )
    for script in STATIC.rglob("*.js"):
        assert not forbidden.search(script.read_text()), script.name
        assert not re.search(r"Africa/|https?://", script.read_text()), script.name
