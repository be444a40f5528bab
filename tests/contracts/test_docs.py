"""What the README, the changelog and the decisions say is so.

The README's table of settings is written from `config/settings.py`: `python -m tests.contracts.test_docs` rewrites it.
"""

import re
from dataclasses import fields
from pathlib import Path

import click
import pytest

from config.settings import ROOT, Settings
from grants.cli import COMMANDS, grants
from grants.cli.demo_story import PASSWORD, PEOPLE

README = ROOT / "README.md"
DOCS = ROOT / "grants" / "docs"
PAGES = [README, DOCS / "CHANGELOG.md", *sorted((DOCS / "decisions").glob("*.md"))]
TARGETS = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.M))
BETWEEN = re.compile(r"(<!-- settings -->\n).*(<!-- /settings -->)", re.S)


def settings_table() -> str:
    """Every setting, what stands when nothing is said, and its meaning, as Markdown."""
    lines = ["| setting | default | meaning |", "|---|---|---|"]
    for one in fields(Settings):
        default = one.default.relative_to(ROOT) if isinstance(one.default, Path) else one.default
        shown = f"`{default}`" if default != "" else ""
        lines.append(f"| `GRANTS_{one.name.upper()}` | {shown} | {one.metadata['meaning'].replace('|', '&#124;')} |")
    return "\n".join(lines) + "\n"


def with_settings(text: str) -> str:
    return BETWEEN.sub(lambda found: found[1] + settings_table() + found[2], text)


def test_the_settings_are_those_of_the_code() -> None:
    text = README.read_text()
    assert BETWEEN.search(text)
    assert text == with_settings(text), "run: python -m tests.contracts.test_docs"


def spoken_of(text: str) -> list[list[str]]:
    """The words of every command of ours between backticks, without `grants`."""
    return [found.split()[1:] for found in re.findall(r"`(grants [^`]+)`", text) if "…" not in found]


@pytest.mark.parametrize("page", PAGES, ids=lambda one: one.name)
def test_commands_exist_with_their_options(page: Path) -> None:
    context = click.Context(grants)
    for words in spoken_of(page.read_text()):
        command: click.Command = grants
        options = set(re.findall(r"--[a-z-]+", " ".join(words)))
        while isinstance(command, click.Group) and words:
            found = command.get_command(context, words[0])
            assert found is not None, (page.name, words)
            command, words = found, words[1:]
        known = {name for one in command.params for name in one.opts}
        assert options <= known, (page.name, command.name)


def test_every_command_is_in_the_readme() -> None:
    named = {words[0] for words in spoken_of(README.read_text())}
    hidden = {name for name in COMMANDS if getattr(grants.get_command(click.Context(grants), name), "hidden", False)}
    assert named == COMMANDS.keys() - hidden


@pytest.mark.parametrize("page", PAGES, ids=lambda one: one.name)
def test_targets_exist(page: Path) -> None:
    assert set(re.findall(r"(?:`|    )make ([a-z-]+)", page.read_text())) <= TARGETS


@pytest.mark.parametrize("page", PAGES, ids=lambda one: one.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_paths_exist() -> None:
    """What looks like a path of this repository, between backticks, is one."""
    for name in re.findall(r"`((?:config|grants|workflows|templates|migrations|tests)/[^`]*)`", README.read_text()):
        assert (ROOT / name).exists(), name


def test_everybody_of_the_tour_can_sign_in() -> None:
    text = README.read_text()
    assert f"`{PASSWORD}`" in text
    known = {one.email for one in PEOPLE.values()}
    assert set(re.findall(r"`([a-z0-9]+@demo\.example)`", text)) <= known
    assert all(one.email.split("@")[0] + "@" in text for one in PEOPLE.values())


def test_decisions_are_numbered_and_whole() -> None:
    decisions = sorted((DOCS / "decisions").glob("*.md"))
    assert len({path.name[:4] for path in decisions}) == len(decisions)
    for path in decisions:
        text = path.read_text()
        assert text.startswith(f"# {path.name[:4]} · ")
        assert [part in text for part in ("**Context.**", "**Choice.**", "**What we gave up.**")] == [True] * 3


if __name__ == "__main__":
    README.write_text(with_settings(README.read_text()))
