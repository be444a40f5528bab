"""Every knob, typed, in one place; read once, from the environment only."""

import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parent.parent


def knob(default: Any, meaning: str) -> Any:
    """A setting with its default and the sentence that documents it."""
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one installation. `GRANTS_<NAME>` in the environment overrides a default."""

    database_url: str = knob("", "PostgreSQL 15 or later, the application's role. Empty: the embedded server.")
    database_owner_url: str = knob(
        "", "The same database as the owner of its tables, for migrations. Empty: database_url."
    )
    redis_url: str = knob("", "Redis 6.2 or later. Empty: the embedded server.")
    instance: Path = knob(ROOT / "instance", "Private directory of the embedded servers, keys, fonts and files.")
    secret_key: str = knob("", "Signs cookies and links. Empty: made once and kept in the instance directory.")
    base_url: str = knob(
        "http://localhost:8000", "The address the world sees; used in mails and to decide on secure cookies."
    )
    listen: str = knob("127.0.0.1", "The address the web server binds.")
    port: int = knob(8000, "The port the web server binds.")
    web_processes: int = knob(2, "Web server processes sharing the port.")
    web_threads: int = knob(4, "Threads in each web server process.")
    proxies: int = knob(0, "How many reverse proxies in front may set X-Forwarded-*.")
    smtp_url: str = knob("", "smtp://[user:password@]host:port or smtps://…; empty: mails wait in the outbox.")
    mail_from: str = knob("Tamwil <no-reply@example.org>", "Sender of every mail.")
    support_email: str = knob("aide@example.org", "Where people are told to write for help.")
    mailbox: str = knob(
        "", "Directory of the demo's mail sink; when set, a public page lists what was sent. Never in production."
    )
    storage_url: str = knob(
        "",
        "Where uploaded files are kept: s3://bucket/prefix?region=…&endpoint=… (keys from AWS_* in the environment), "
        "or any address obstore knows. Empty: files/ in the instance directory.",
    )
    clamav_url: str = knob(
        "",
        "The ClamAV daemon that scans every file before it is kept: tcp://host:3310 or unix:/path. Empty: files are "
        "kept and said to be not scanned.",
    )
    upload_limit_mb: int = knob(10, "Largest file a person may upload, in megabytes.")
    import_rows_limit: int = knob(50_000, "Most rows a workbook import may hold.")
    grace_minutes: int = knob(0, "Minutes after closing during which a submission still counts.")
    session_hours: int = knob(12, "Hours without a click after which a person signs in again.")
    sign_in_per_minute: int = knob(10, "Sign-in attempts a minute for one account from one address.")
    disk_reserve_mb: int = knob(256, "Below this much free disk, writes are refused and reading goes on.")
    outbox_attempts: int = knob(12, "Attempts at a promise before a person is called.")
    outbox_wait_seconds: int = knob(10, "Wait before a second attempt; each further one is three times longer.")
    outbox_grace_hours: int = knob(72, "A promise later than this waits for a person's confirmation.")
    tick_seconds: int = knob(15, "How often the clock looks for what is due.")
    log_level: str = knob("INFO", "DEBUG, INFO, WARNING or ERROR.")

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Read `GRANTS_*`; an unknown or unreadable setting is refused by name."""
        known = {f"GRANTS_{one.name.upper()}": one.name for one in fields(cls)}
        if unknown := {key for key in env if key.startswith("GRANTS_")} - known.keys():
            raise ValueError(f"Unknown settings: {', '.join(sorted(unknown))}")
        kinds = typing.get_type_hints(cls)
        values: dict[str, Any] = {}
        for key, name in known.items():
            if key not in env:
                continue
            kind = kinds[name] if not isinstance(kinds[name], types.UnionType) else str
            try:
                values[name] = kind(env[key])
            except ValueError as error:
                raise ValueError(f"{key}: {env[key]!r} is not a {kind.__name__}") from error
        return cls(**values)

    @property
    def embedded_database(self) -> bool:
        return not self.database_url

    @property
    def embedded_redis(self) -> bool:
        return not self.redis_url

    @property
    def secure(self) -> bool:
        return self.base_url.startswith("https://")
