import io
import json
import logging
from collections.abc import Iterator

import pytest

from config.logging import configure, redacted


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    logging.captureWarnings(False)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("postgresql://grants_app:s3cret@/grants?host=/tmp", "postgresql://grants_app:***@/grants?host=/tmp"),
        ("smtp://user:p%40ss@mail.example.org:587 refused", "smtp://user:***@mail.example.org:587 refused"),
        ("password=hunter2&next=/", "password=***&next=/"),
        ("{'new_password': 'hunter2', 'email': 'a@b.ma'}", "{'new_password': '***', 'email': 'a@b.ma'}"),
        ("GRANTS_SECRET_KEY=abc def", "GRANTS_SECRET_KEY=*** def"),
        ("csrf_token: IjY4", "csrf_token: ***"),
        ("Cookie: session=eyJ; lang=fr", "Cookie: ***"),
        ("Authorization: Bearer eyJ", "Authorization: ***"),
        ("https://example.org/a:b@c", "https://example.org/a:b@c"),
        ("12 applications, 3 reviews", "12 applications, 3 reviews"),
    ],
)
def test_secrets_are_hidden(said: str, shown: str) -> None:
    assert redacted(said) == shown


def test_a_machine_reads_one_object_a_line() -> None:
    out = io.StringIO()
    configure("INFO", out)
    try:
        raise ValueError("token=abc")
    except ValueError:
        logging.getLogger("grants.web").exception(
            "Refused %s", "password=x", extra={"call": "MNC-1", "token": "t", "n": 3}
        )
    logging.getLogger("grants.web").debug("unheard")
    (line,) = out.getvalue().splitlines()
    record = json.loads(line)
    assert record["message"] == "Refused password=***"
    assert (record["level"], record["logger"], record["call"], record["n"]) == ("ERROR", "grants.web", "MNC-1", 3)
    assert record["token"] == "***"
    assert "ValueError" in record["exception"] and "abc" not in line


def test_a_person_reads_a_line() -> None:
    out = Terminal()
    configure("WARNING", out)
    logging.getLogger("grants.web").warning("Slow: %s s", 3)
    assert out.getvalue().endswith("WARNING grants.web: Slow: 3 s\n")
