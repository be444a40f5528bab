"""Running the product: `up`, `serve`, `migrate`, `mailsink`.

The supervisor is small and up at once: what only its children need is imported in them.
"""

import os
import socket
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import fields, replace
from pathlib import Path

import click

from config import logging
from config.settings import ROOT, Settings
from grants.cli.context import build_app, plainly, read_settings
from grants.operate.listening import Visitor, inherited, listen
from grants.operate.processes import Program, Running, ServerProblem, end_with_parent
from grants.operate.servers import servers, sole, started
from grants.operate.supervisor import Supervisor


@click.command()
@click.option("--demo", is_flag=True, help="With demo data, and a mail server that keeps every mail to read.")
@click.option("--with-parent", is_flag=True, hidden=True, help="End when whoever started us dies (make does).")
def up(demo: bool, with_parent: bool) -> None:
    """Run everything in the foreground: servers, web, workers, clock. Ctrl-C ends it all."""
    if with_parent:
        end_with_parent()
    settings = _with_address(read_settings())
    supervisor = Supervisor()
    with (
        plainly(),
        supervisor.signals(),
        sole(settings) as place,
        closing(listen(settings.listen, settings.port)) as web,
        started(settings, place) as own,
        _children(supervisor, own.running),
    ):
        settings = _with_mail(supervisor, own.settings) if demo else own.settings
        _to_its_end(supervisor, _program(settings, "migrate"))
        for program in [
            *_web_programs(settings, web),
            _program(settings, "worker", "mail"),
            _program(settings, "worker", "work"),
            _program(settings, "clock"),
        ]:
            supervisor.add(program)
        accounts = _to_its_end(supervisor, _program(settings, "seed", "demo")) if demo else ""
        supervisor.wait_for(Visitor(settings).was_answered, "The web server")
        if not supervisor.stopping:
            click.echo(f"{accounts}\nReady at {settings.base_url} (Ctrl-C ends everything)")
        supervisor.run()


@click.command()
@click.option("--socket", "number", type=int, hidden=True, help="A listening socket we inherited.")
def serve(number: int | None) -> None:
    """Answer the web: GRANTS_WEB_PROCESSES processes on one port."""
    settings = read_settings()
    if number is not None:
        _serve(settings, inherited(number))
        return
    supervisor = Supervisor()
    with (
        plainly(),
        supervisor.signals(),
        closing(listen(settings.listen, settings.port)) as web,
        servers(settings) as ready,
        _children(supervisor),
    ):
        for program in _web_programs(ready, web):
            supervisor.add(program)
        supervisor.run()


@click.command()
def migrate() -> None:
    """Bring the database to this version, as the owner of its tables."""
    from grants.core import schema

    with plainly(), servers(read_settings()) as settings:
        logging.configure(settings.log_level)
        schema.upgrade(settings)


@click.command(hidden=True)
@click.option("--socket", "number", type=int, required=True)
def mailsink(number: int) -> None:
    """Take mails into GRANTS_MAILBOX (the demo's mail server)."""
    from grants.operate.mailsink import receive

    receive(inherited(number), Path(read_settings().mailbox))


def _serve(settings: Settings, listening: socket.socket) -> None:
    from grants.cli.serving import serve as answer

    logging.configure(settings.log_level)
    app = build_app(settings)
    answer(app, settings, listening)


def _with_address(settings: Settings) -> Settings:
    """A port chosen by hand is also the address in the mails, unless that was chosen too."""
    standard = Settings()
    if settings.base_url == standard.base_url and settings.port != standard.port:
        return replace(settings, base_url=f"http://localhost:{settings.port}")
    return settings


def _with_mail(supervisor: Supervisor, settings: Settings) -> Settings:
    """Settings that send to a mail server of our own, which is started."""
    listening = listen("127.0.0.1", 0)
    settings = replace(
        settings,
        smtp_url=f"smtp://127.0.0.1:{listening.getsockname()[1]}",
        mailbox=settings.mailbox or str(settings.instance / "mailbox"),
    )
    number = listening.detach()
    supervisor.add(_program(settings, "mailsink", "--socket", str(number), sockets=(number,)))
    return settings


def _web_programs(settings: Settings, web: socket.socket) -> list[Program]:
    number = web.fileno()
    return [
        _program(settings, "serve", "--socket", str(number), name=f"web {one + 1}", sockets=(number,))
        for one in range(settings.web_processes)
    ]


def _program(settings: Settings, *command: str, name: str = "", sockets: tuple[int, ...] = ()) -> Program:
    """One of our own commands, in this interpreter, with these settings and no others."""
    words = [word for word in command if not word.startswith("-") and not word.isdecimal()]
    return Program(
        name=name or " ".join(words),
        argv=(sys.executable, "-m", "grants", *command),
        env=environment(settings),
        cwd=ROOT,
        sockets=sockets,
    )


def environment(settings: Settings) -> dict[str, str]:
    """Ours, with exactly these settings."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("GRANTS_")}
    standard = Settings()
    for one in fields(settings):
        if (value := getattr(settings, one.name)) != getattr(standard, one.name):
            ours[f"GRANTS_{one.name.upper()}"] = str(value)
    return ours


def _to_its_end(supervisor: Supervisor, program: Program) -> str:
    """Run a program to its end, while watching the others; what it printed. Its failure is ours."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        running = Running(replace(program, output=output.fileno()))
        while not running.ended and not supervisor.stopping:
            supervisor.look()
            time.sleep(0.01)
        running.finish(patience=0)
        if supervisor.stopping:
            raise click.exceptions.Exit(0)
        output.seek(0)
        printed = output.read()
    if running.process.returncode:
        reason = f"`grants {program.name}` failed ({running.how_it_ended()}); its reason stands above."
        raise ServerProblem(f"{printed.strip()}\n{reason}".strip())
    return printed


@contextmanager
def _children(supervisor: Supervisor, servers: Sequence[Running] = ()) -> Iterator[None]:
    """Watches the servers too, and on the way out ends everything but them: whoever started them does."""
    for running in servers:
        supervisor.watch(running)
    try:
        yield
    finally:
        supervisor.stop(excluded=servers)
