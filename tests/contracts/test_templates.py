"""The law of templates: they compile, hold no style and no script, and every word passes through gettext."""

import ast
import re
from html.parser import HTMLParser
from pathlib import Path

import lucide
import pytest
from jinja2 import Environment, FileSystemLoader, nodes

from grants.web import errors

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "templates"
PAGES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.html"))
SPOKEN = {"alt", "aria-label", "placeholder", "title", "label", "aria-description", "aria-roledescription", "content"}
SAID_ALREADY = {"ICS", "PDF", "CSV", "XLSX", "JSON", "Excel", "JavaScript", "MAD", "DZD", "XOF", "Tamwil", "bdi"}
LETTERS = re.compile(r"[^\W\d_]{2,}")
HOLE = "\ue000"


@pytest.fixture(scope="module")
def environment() -> Environment:
    made = Environment(loader=FileSystemLoader(FOLDER), autoescape=True, extensions=["jinja2.ext.i18n"])
    known = [
        "amount",
        "bdi",
        "clock",
        "countdown",
        "day",
        "filesize",
        "moment",
        "money",
        "number",
        "pct",
        "plain",
        "ref",
    ]
    made.filters.update(dict.fromkeys([*known, "words"], str))
    return made


def literal(node: nodes.Node) -> str:
    """The page as the template spells it, with a hole wherever something is computed.

    Both arms of an `if` are kept, loops run once, macros are opened. A text constant printed by an expression that is
    no gettext call (`{{ "Save" if x }}`) is kept too: it is as untranslated as bare text.
    """
    match node:
        case nodes.TemplateData():
            return node.data
        case nodes.Output():
            return "".join(literal(one) if isinstance(one, nodes.TemplateData) else printed(one) for one in node.nodes)
        case nodes.Template() | nodes.Block() | nodes.For() | nodes.Macro() | nodes.CallBlock() | nodes.Scope():
            rest = "".join(map(literal, getattr(node, "else_", [])))
            return "".join(map(literal, node.body)) + rest
        case nodes.If():
            return "".join(map(literal, [*node.body, *node.elif_, *node.else_]))
        case nodes.With() | nodes.FilterBlock() | nodes.AssignBlock() | nodes.ScopedEvalContextModifier():
            return "".join(map(literal, node.body))
    return ""


def printed(node: nodes.Node) -> str:
    """Text constants that reach the page directly from an expression; the rest is a hole."""
    match node:
        case nodes.Const() if isinstance(node.value, str):
            return node.value
        case nodes.CondExpr():
            return printed(node.expr1) + (printed(node.expr2) if node.expr2 else "")
        case nodes.Concat():
            return "".join(map(printed, node.nodes))
        case nodes.Or() | nodes.And() | nodes.Add():
            return printed(node.left) + printed(node.right)
    return HOLE


class Reading(HTMLParser):
    """Collects the words a person would meet, and what the policy of the pages forbids."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.forbidden: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag == "style" or (tag == "script" and not values.get("src")):
            self.forbidden.append(f"<{tag}>")
        if tag in {"script", "style", "kbd"}:
            self.silent += 1
        for name, value in attributes:
            if name == "style" or name.startswith("on"):
                self.forbidden.append(f"{tag} {name}=")
            if (value or "").strip().lower().startswith(("javascript:", "data:")):
                self.forbidden.append(f"{tag} {name}={value}")
            if re.match(r"https?:|//", value or ""):
                self.forbidden.append(f"{tag} {name}={value}: not ours")
            speaks = name in SPOKEN and not (tag == "meta" and name == "content")
            if speaks and LETTERS.search(value or ""):
                self.words.append(f"{name}={value}")

    def handle_endtag(self, tag):
        if tag in {"script", "style", "kbd"}:
            self.silent -= 1

    def handle_data(self, data):
        if not self.silent and set(LETTERS.findall(data)) - SAID_ALREADY:
            self.words.append(" ".join(data.split()))


def read(environment: Environment, name: str) -> Reading:
    reading = Reading()
    reading.feed(literal(environment.parse((FOLDER / name).read_text())))
    reading.close()
    return reading


def test_every_template_compiles(shared_app):
    for name in shared_app.jinja_env.list_templates(filter_func=lambda one: not one.startswith(".")):
        shared_app.jinja_env.get_template(name)


@pytest.mark.parametrize("name", [one for one in PAGES if not one.startswith(("mail/", "documents/"))])
def test_no_style_no_inline_script_nothing_from_elsewhere(environment, name):
    assert read(environment, name).forbidden == []


@pytest.mark.parametrize("name", PAGES)
def test_every_word_passes_through_gettext(environment, name):
    assert read(environment, name).words == []


@pytest.mark.parametrize("name", PAGES)
def test_icons_exist(environment, name):
    tree = environment.parse((FOLDER / name).read_text())
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "icon" and isinstance(call.args[0], nodes.Const):
            lucide._render_icon(call.args[0].value, 16)


@pytest.mark.parametrize("name", PAGES)
def test_forms_that_change_something_carry_a_token(name):
    """Every POST form holds the token, in itself or through a macro that does."""
    text = (FOLDER / name).read_text()
    for form in re.findall(r"<form\b(?:[^>]|(?<=-)>)*method=\"post\".*?</form>", text, re.S):
        assert re.search(r"csrf_token|hidden_tag|hidden_fields", form), form[:200]


def test_the_law_itself_notices():
    made = Environment(autoescape=True)
    for source in (
        "<p>Save</p>",
        '<a title="Save">{{ x }}</a>',
        '{{ "Save" }}',
        '{{ "Save" if x else _("Save") }}',
        "{% if x %}Save{% endif %}",
        '<input placeholder="Save {{ x }}">',
    ):
        reading = Reading()
        reading.feed(literal(made.parse(source)))
        reading.close()
        assert reading.words, source
    for source in (
        '<p style="x">',
        "<script>x</script>",
        '<p onclick="x">',
        '<a href="javascript:x">',
        '<img src="//x">',
    ):
        reading = Reading()
        reading.feed(source)
        assert reading.forbidden, source
    reading = Reading()
    reading.feed(literal(made.parse('<p class="{{ "Save" if x }}">{{ _("Save") }} <bdi>(ICS)</bdi></p>')))
    assert reading.words == [] and reading.forbidden == []


def test_icons_named_in_code_exist():
    for path in [*ROOT.glob("grants/web/**/*.py"), *ROOT.glob("workflows/*.py")]:
        for call in ast.walk(ast.parse(path.read_text())):
            named = isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in {"Tag", "Item"}
            if named and len(call.args) > 2 and isinstance(call.args[2], ast.Constant) and call.args[2].value:
                lucide._render_icon(call.args[2].value, 16)
    for name in errors.ICONS.values():
        lucide._render_icon(name, 16)
