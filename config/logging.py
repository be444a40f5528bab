"""One line of JSON for each record, or a readable line on a terminal; secrets never appear in either."""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any, TextIO

HIDDEN = "***"
SECRETS = (
    (re.compile(r"(?<=://)([^\s:/@]*):[^\s@/]+@"), rf"\1:{HIDDEN}@"),  # user:password@host
    (
        re.compile(
            r"(?i)\b([\w-]*(?:password|passwd|secret|token|api[_-]?key|secret_key|otp))"
            r"(['\"]?\s*[:=]\s*['\"]?)[^\s'\",;&}]+"
        ),
        rf"\1\2{HIDDEN}",
    ),
    (re.compile(r"(?i)\b((?:proxy-)?authorization|(?:set-)?cookie)(['\"]?\s*[:=]\s*).+"), rf"\1\2{HIDDEN}"),
)
QUIET = {  # what these say at INFO is of use to nobody
    "alembic": logging.WARNING,
    "rq": logging.WARNING,
    "rq.worker": logging.WARNING,
    "waitress.queue": logging.ERROR,
    "mail.log": logging.ERROR,
    "fontTools": logging.WARNING,
}
USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def redacted(text: str) -> str:
    """The text with passwords, tokens, cookies and credentials in addresses replaced."""
    for pattern, replacement in SECRETS:
        text = pattern.sub(replacement, text)
    return text


class Readable(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))


class Structured(logging.Formatter):
    """One JSON object a line: at (UTC), level, logger, message, process, exception, and what `extra` gave."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "process": record.process,
            "message": redacted(record.getMessage()),
        }
        for name, value in vars(record).items():
            if name not in USUAL:
                line[name] = value if isinstance(value, int | float | bool | None) else redacted(str(value))
                if redacted(f"{name}=x") != f"{name}=x":
                    line[name] = HIDDEN
        if record.exc_info:
            line["exception"] = redacted(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def configure(level: str, stream: TextIO | None = None) -> None:
    """Send every record of this process to `stream` (standard error)."""
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Readable() if stream.isatty() else Structured())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(True)
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(max(least, logging.getLogger().level))
