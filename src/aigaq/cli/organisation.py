"""`aigaq card show|sign|publish`, `key rotate|passphrase`, `recover`."""

import json
from pathlib import Path
from typing import Any

import click

from aigaq.cli.desk import tell
from aigaq.cli.kept_words import keep_words
from aigaq.cli.local_desk import ask_running_desk, is_running, opened_desk, start_django
from aigaq.cli.options import ACCEPT, FILE, JSON, PASSPHRASE_FD
from aigaq.core.home import Home, get_home
from aigaq.errors import AigaqError

ROOT_FILE = click.option(
    "--root-file", type=FILE, help="File with the root key's words; otherwise they are asked for."
)


@click.group()
def card() -> None:
    """Show, sign and publish the team card."""


@card.command()
@JSON
def show(as_json: bool) -> None:
    """Show the card that lies open at the desk, checked under the pinned root key."""
    from aigaq.sealing.card import parse_card
    from aigaq.sealing.encoding import decode_base64
    from aigaq.sealing.fingerprint import format_fingerprint

    signed, root_key = _read_open_card(get_home()), _read_gate(get_home())["root_key"]
    ours = parse_card(signed, root_key=decode_base64(root_key))
    if as_json:
        click.echo(signed.split(b"\n")[0].decode("utf-8"))
        return
    lines = {
        "Organisation": " · ".join(ours.names.values()),
        "State": ours.state,
        "Version": f"{ours.version}, signed {ours.signed_at:%Y-%m-%d %H:%M} UTC",
        "Gate": ours.gate_origin,
        "Log": ours.log_origin,
        "Read": f"at least every {ours.reading_hours} hours",
        "Services": ", ".join(one.number for one in ours.services),
        "Fingerprint": format_fingerprint(decode_base64(root_key)),
    }
    for name, value in lines.items():
        click.echo(f"{name + ':':14}{value}")


@card.command()
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="Change one thing, such as exit_url=https://… or names.ru=…; several times.",
)
@click.option(
    "--from", "file", type=FILE, help="Change what stands in this JSON file, by the same names."
)
@click.option("--yes", is_flag=True, help="Do not ask whether the changes are right.")
@ACCEPT
@ROOT_FILE
@PASSPHRASE_FD
@JSON
def sign(
    settings: tuple[str, ...],
    file: Path | None,
    yes: bool,
    accept_unreviewed: str,
    root_file: Path | None,
    passphrase_fd: int | None,
    as_json: bool,
) -> None:
    """Sign the next version of the card with the root key, changed or as it is."""
    changes = _read_changes(settings, file=file, yes=yes)
    _with_root(
        "card.sign",
        root_file=root_file,
        passphrase_fd=passphrase_fd,
        as_json=as_json,
        changes=changes,
        accept_unreviewed=accept_unreviewed,
    )


def _read_changes(settings: tuple[str, ...], *, file: Path | None, yes: bool) -> dict[str, Any]:
    """Return the changes after they were shown against the card that lies open, and agreed to."""
    start_django()
    from aigaq.accounts.card_changes import (
        change_card,
        list_differences,
        parse_changes_file,
        parse_settings,
    )
    from aigaq.sealing.card import parse_card
    from aigaq.sealing.encoding import decode_base64

    changes = parse_changes_file(file.read_text("utf-8")) if file is not None else {}
    changes |= parse_settings(settings)
    if not changes:
        return changes
    home = get_home()
    before = parse_card(_read_open_card(home), root_key=decode_base64(_read_gate(home)["root_key"]))
    for line in list_differences(before, change_card(before, changes)) or ["Nothing differs."]:
        click.echo(line, err=True)
    if not yes:
        click.confirm("Sign the card with these changes?", abort=True, err=True)
    return changes


@card.command()
@ACCEPT
@PASSPHRASE_FD
@JSON
def publish(accept_unreviewed: str, passphrase_fd: int | None, as_json: bool) -> None:
    """Put the newest card at the gate, and make the pages that hold it for carrying there."""
    answer = _run("card.publish", passphrase_fd=passphrase_fd, accept_unreviewed=accept_unreviewed)
    sentence = (
        f"The gate has version {answer['version']}. Phones take it from the pages: carry "
        f"{answer['pages']} to the gate and start the gate again. Until then the desk says "
        "that the pages differ."
    )
    tell(answer, as_json=as_json, sentence=sentence)


@click.group()
def key() -> None:
    """Rotate the team's key; change the passphrase."""


@key.command()
@ROOT_FILE
@PASSPHRASE_FD
@JSON
def rotate(root_file: Path | None, passphrase_fd: int | None, as_json: bool) -> None:
    """Make a new team identity and card; old reports still open. Then: `aigaq card publish`."""
    _with_root("key.rotate", root_file=root_file, passphrase_fd=passphrase_fd, as_json=as_json)


@key.command()
@PASSPHRASE_FD
def passphrase(passphrase_fd: int | None) -> None:
    """Give the desk a new passphrase. An old copy of the disk still opens with the old one."""
    home = get_home()
    from aigaq.cli.local_desk import read_passphrase

    start_django()
    from aigaq.core.vault import Vault

    master = Vault(home.keys).open_with_passphrase(read_passphrase(passphrase_fd))
    _renew(home, master=master, service="change_passphrase")


@click.command()
def recover() -> None:
    """Give the desk a new passphrase from two of the three recovery parts."""
    home = get_home()
    start_django()
    from aigaq.core.vault import Vault

    first = click.prompt("First part, 20 words")
    second = click.prompt("Second part, 20 words")
    master = Vault(home.keys).open_with_recovery((first, second))
    _renew(home, master=master, service="recover_passphrase")


def _read_gate(home: Home) -> dict[str, str]:

    try:
        gate: dict[str, str] = json.loads((home.locked / "gate.json").read_bytes())
    except FileNotFoundError:
        raise AigaqError("accounts.no_organisation") from None
    return gate


def _read_open_card(home: Home) -> bytes:
    _read_gate(home)
    return (home.locked / "card.json").read_bytes()


def _with_root(
    command: str,
    *,
    root_file: Path | None,
    passphrase_fd: int | None,
    as_json: bool,
    **arguments: Any,
) -> None:
    """Run a command that needs the root key's words."""
    if root_file is not None:
        words = root_file.read_text("utf-8").strip()
    else:
        words = click.prompt("The 24 words of the root key", hide_input=True, err=True)
    answer = _run(command, passphrase_fd=passphrase_fd, root_words=words, **arguments)
    version = json.loads(answer["card"].split("\n")[0])["version"]
    sentence = f"Version {version} of the card is signed. Next: `aigaq card publish`."
    tell({"version": version}, as_json=as_json, sentence=sentence)


def _run(command: str, *, passphrase_fd: int | None, **arguments: Any) -> dict[str, Any]:
    """Have the running desk do it, or open the folder here."""
    home = get_home()
    if is_running(home):
        return ask_running_desk(home, command=command, **arguments)
    with opened_desk(home, passphrase_fd=passphrase_fd):
        from aigaq.core.commands import get_command

        return get_command(command).run(arguments)


def _renew(home: Home, *, master: bytes, service: str) -> None:
    """Draw a new passphrase, have it typed back, and only then wrap the master key by it."""
    from aigaq.accounts import rotation
    from aigaq.core.folder_lock import holding_folder
    from aigaq.core.held_keys import HELD
    from aigaq.core.schema import migrate
    from aigaq.core.sqlcipher.base import drop_keys
    from aigaq.core.words import draw_passphrase

    with holding_folder(home):
        drawn = draw_passphrase()
        keep_words("The new passphrase; the old one will open this desk no more", words=drawn)
        HELD.hold(master=master)
        try:
            migrate()
            getattr(rotation, service)(home=home, master=master, passphrase=drawn)
        finally:
            drop_keys()
    click.echo("The desk has a new passphrase.")
