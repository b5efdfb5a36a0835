"""`aigaq …`: every capability is reachable without a browser. ``--help`` is the map.

A command's module is imported only when it runs, so that `aigaq gate serve` never loads Django.
An error says what to do, on stderr, and exits with 1; wrong usage exits with 2.
"""

import importlib
import json
import sys

import click

from aigaq.cli.messages import say
from aigaq.errors import AigaqError

#: name: (module, attribute, one line of help). Whoever writes a command adds its line here.
COMMANDS = {
    "init": ("aigaq.cli.founding", "init", "Found an organisation: keys, passphrase, card."),
    "up": ("aigaq.cli.up", "up", "Run gate and desk of a trial on this computer."),
    "desk": ("aigaq.cli.desk", "desk", "Run, open, lock and ask the desk."),
    "gate": ("aigaq.cli.gate", "gate", "Run the public server."),
    "card": ("aigaq.cli.organisation", "card", "Show, sign and publish the team card."),
    "key": ("aigaq.cli.organisation", "key", "Rotate the team's key."),
    "recover": ("aigaq.cli.organisation", "recover", "New passphrase from two recovery parts."),
    "restore": ("aigaq.cli.intake", "restore", "Bring a desk back from its second place."),
    "seal": ("aigaq.cli.report", "seal", "Seal a report into a file."),
    "send": ("aigaq.cli.report", "send", "Send a report to a gate."),
    "open": ("aigaq.cli.report", "open_report", "Open a report file at the desk."),
    "import": ("aigaq.cli.report", "import_group", "Take in a report that came as a file."),
    "cosign": ("aigaq.cli.cosign", "cosign", "Watch and cosign another organisation's log."),
    "log": ("aigaq.cli.log", "log", "Monitor, check, copy and retire the public log."),
    "evidence": ("aigaq.cli.evidence", "evidence", "Hand out an evidence package."),
    "pack": ("aigaq.cli.pack", "pack", "Read, check, compare and sign jurisdiction packs."),
    "clocks": ("aigaq.cli.clocks", "clocks", "Legal clocks of a case file: who owes what by when."),
    "mailbox": ("aigaq.cli.mailbox", "mailbox", "Read and answer in a mailbox with its code."),
}


class LazyGroup(click.Group):
    """Knows its commands by name and imports one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _help = COMMANDS[cmd_name]
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)  # noqa: S101 - for the type only.
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the map without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_m, _a, line) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="aigaq")
def aigaq() -> None:
    """Sealed reports, from a phone to a caseworker and back.

    AIGAQ_HOME names the folder of desk, gate and root key (default ~/.local/share/aigaq).
    """


def main() -> None:
    """Run the command line; turn an error of ours into a sentence and exit code 1."""
    try:
        aigaq()
    except AigaqError as error:
        if "--json" in sys.argv:
            click.echo(json.dumps({"error": error.code}))
        else:
            click.echo(f"aigaq: {say(error)}", err=True)
        sys.exit(1)
