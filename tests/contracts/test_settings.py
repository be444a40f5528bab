"""Every setting says what it is and is used; every queue is worked; every promise finds who keeps it."""

import ast
import json
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from config.settings import Settings
from grants.messages.models import Queue

ROOT = Path(__file__).parents[2]
SETTINGS = fields(Settings)
CODE = [path for part in ("config", "grants", "workflows") for path in (ROOT / part).rglob("*.py")]
PROSE = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "Makefile", *(ROOT / "templates").rglob("*.html")]


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda one: one.name)
def test_a_setting_says_what_it_is(setting) -> None:
    meaning = setting.metadata["meaning"]
    assert meaning[0].isupper() or meaning.startswith("smtp://")
    assert meaning.endswith(".") and len(meaning) > 20


def test_every_setting_is_used() -> None:
    read = {node.attr for path in CODE for node in ast.walk(ast.parse(path.read_text())) if type(node) is ast.Attribute}
    assert {one.name for one in SETTINGS} <= read


def test_every_setting_that_is_spoken_of_exists() -> None:
    known = {f"GRANTS_{one.name.upper()}" for one in SETTINGS}
    for path in [*CODE, *PROSE]:
        assert set(re.findall(r"\bGRANTS_[A-Z_]*[A-Z]\b", path.read_text())) <= known, path


def test_every_queue_is_worked_by_what_starts_everything() -> None:
    worked = []
    for node in ast.walk(ast.parse((ROOT / "grants" / "cli" / "operate.py").read_text())):
        match node:
            case ast.Call(args=[_, ast.Constant(value="worker"), ast.Constant(value=queue)]):
                worked.append(queue)
    assert sorted(worked) == sorted(queue.value for queue in Queue)


def test_a_worker_knows_every_job() -> None:
    """What `grants worker` imports declares every job that any module declares: else its promises wait for ever."""
    declared = {
        node.name
        for path in (ROOT / "workflows").glob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and any(declares_a_job(one) for one in node.decorator_list)
    }
    command = "import json, grants.cli.jobs, grants.app, workflows.outbox as o; print(json.dumps(sorted(o.JOBS)))"
    run = subprocess.run([sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=True)
    assert len(declared) > 10
    assert declared <= set(json.loads(run.stdout))


def declares_a_job(decorator: ast.expr) -> bool:
    named = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(named, ast.Name) and named.id in {"job", "letter"}
