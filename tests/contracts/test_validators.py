"""A validator refuses with ValidationError: WTForms lets any other error through, and the person meets a 500."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]


def is_validator(name: str) -> bool:
    return name in {"pre_validate", "post_validate", "__call__"} or name.startswith("validate_")


def test_validators_refuse_with_the_right_error() -> None:
    guilty = []
    for path in (ROOT / "grants" / "web").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and is_validator(node.name):
                raised = [one.exc for one in ast.walk(node) if isinstance(one, ast.Raise) and one.exc]
                if any("ValueError" in ast.unparse(one) for one in raised):
                    guilty.append(f"{path.relative_to(ROOT)}: {node.name}")
    assert guilty == []
