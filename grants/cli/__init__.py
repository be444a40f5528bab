"""The `grants` command. Each subcommand lives in a module of this package and is imported when it is called."""

from importlib import import_module
from importlib.util import find_spec

import click

# Every command and its module; the module holds a click command of the same name (import: `import_`).
COMMANDS = {
    "up": "operate",
    "serve": "operate",
    "migrate": "operate",
    "mailsink": "operate",
    "worker": "jobs",
    "clock": "jobs",
    "sweep": "jobs",
    "reminders": "jobs",
    "admin": "people",
    "access": "access",
    "seed": "seed",
    "ledger": "ledger",
    "audit": "ledger",
    "import": "imports",
    "doctor": "doctor",
}


class Commands(click.Group):
    """Looks a command up in COMMANDS, so that starting one does not import all of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, module in COMMANDS.items() if find_spec(f"{__name__}.{module}")]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module = import_module(f"{__name__}.{COMMANDS[cmd_name]}")
        name = "import_" if cmd_name == "import" else cmd_name
        command: click.Command = getattr(module, name)
        return command


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def grants() -> None:
    """Grant management for innovation funds."""
