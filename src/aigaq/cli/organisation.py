"""`aigaq init`, `card show|sign|publish`, `key rotate|passphrase`, `recover`.

Secrets are shown on a screen of their own that the terminal does not keep, and are typed back.
With ``--trial`` nothing is asked and everything is printed, because it is a trial.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aigaq.cli.desk import JSON, PASSPHRASE_FD, tell
from aigaq.cli.local_desk import ask_running_desk, is_running, opened_desk, start_django
from aigaq.core.home import Home, get_home
from aigaq.errors import AigaqError

if TYPE_CHECKING:
    from aigaq.accounts.ceremony import Choices, DrawnSecrets, Founded

FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)
ROOT_FILE = click.option(
    "--root-file", type=FILE, help="File with the root key's words; otherwise they are asked for."
)
ACCEPT = click.option(
    "--accept-unreviewed-texts",
    "accept_unreviewed",
    metavar="REASON",
    default="",
    help="Why live pages ship texts that no native speaker has reviewed; kept in the audit log.",
)
#: So that who tries it sees the log grow.
TRIAL_INTERVAL_SECONDS = 60
TRIAL = {
    "name_kk": "Сынақ ұйымы",
    "name_ru": "Пробная организация",
    "name_en": "Trial organisation",
    "founder": "Сынақ",
    "gate_origin": "http://127.0.0.1:8470",
    "exit_url": "https://www.kazhydromet.kz/",
}
QUESTIONS = {
    "name_kk": "Name of the organisation in Kazakh",
    "name_ru": "Name of the organisation in Russian",
    "name_en": "Name of the organisation in English",
    "founder": "Your name, as colleagues see it",
    "gate_origin": "Address of the reporters' page, such as https://example.org",
    "exit_url": "Where the Exit button leads (a plain page, https)",
}


@click.command()
@click.option("--trial", is_flag=True, help="Ask nothing; root key in a file; print all secrets.")
@click.option("--name-kk", help="Name in Kazakh.")
@click.option("--name-ru", help="Name in Russian.")
@click.option("--name-en", help="Name in English.")
@click.option("--founder", help="Name of the first person at the desk.")
@click.option("--gate-origin", help="Address of the reporters' page.")
@click.option("--exit-url", help="Where the Exit button leads.")
@click.option("--reading-hours", default=24, show_default=True, help="How often reports are read.")
@click.option("--state", type=click.Choice(["trial", "live"]), default="trial", show_default=True)
@click.option("--pack", default="kz", show_default=True, help="Jurisdiction pack of the services.")
@click.option("--root-file", type=FILE, help="Write the root key's words here, not on paper.")
@click.option("--gate-dir", type=FOLDER, help="Folder for what the gate needs: log key and card.")
@ACCEPT
@JSON
def init(
    trial: bool,
    reading_hours: int,
    state: str,
    pack: str,
    root_file: Path | None,
    gate_dir: Path | None,
    accept_unreviewed: str,
    as_json: bool,
    **given: str | None,
) -> None:
    """Found an organisation: keys, passphrase, recovery parts, team card."""
    if trial and state == "live":
        raise AigaqError("init.trial_not_live")
    home = get_home()
    start_django()
    from aigaq.accounts.cards import INTERVAL_SECONDS
    from aigaq.accounts.ceremony import Choices, check_choices, draw_secrets

    answers = {name: _answer(name, given=given[name], trial=trial) for name in QUESTIONS}
    choices = Choices(
        names={language: answers[f"name_{language}"] for language in ("kk", "ru", "en")},
        gate_origin=answers["gate_origin"].rstrip("/"),
        exit_url=answers["exit_url"],
        founder=answers["founder"],
        reading_hours=reading_hours,
        state=state,
        accept_unreviewed=accept_unreviewed,
        interval_seconds=TRIAL_INTERVAL_SECONDS if trial else INTERVAL_SECONDS,
    )
    check_choices(choices)
    drawn = draw_secrets()
    if trial and root_file is None:
        root_file = home.root / "root.words"
    if not trial:
        _show_secrets(drawn, with_root=root_file is None)
    founded = _found(
        home, choices=choices, drawn=drawn, pack=pack, root_file=root_file, gate_dir=gate_dir
    )
    _tell_founded(home, founded=founded, drawn=drawn, trial=trial, as_json=as_json)


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


def _answer(name: str, *, given: str | None, trial: bool) -> str:
    if given is not None:
        return given
    if trial:
        return TRIAL[name]
    asked: str = click.prompt(QUESTIONS[name], err=True)
    return asked


def _show_secrets(drawn: "DrawnSecrets", *, with_root: bool) -> None:
    """Show each secret once and have it typed back."""
    click.echo("Have a pen and five sheets of paper ready. Do not photograph the screen.", err=True)
    steps = [("The passphrase: it opens the desk every day", drawn.passphrase)]
    if with_root:
        steps.append(("The root key: keep it away from this computer", drawn.root_words))
    for number, part in enumerate(drawn.recovery_parts, start=1):
        steps.append((f"Recovery part {number} of 3: a sheet of its own, for someone else", part))
    for title, words in steps:
        keep_words(title, words=words)


def keep_words(title: str, *, words: str) -> None:
    """Show words until Enter, take them from the screen, and have them typed back."""
    from aigaq.accounts.ceremony import check_typed_back
    from aigaq.accounts.errors import CeremonyError
    from aigaq.cli.messages import say

    while True:
        with _own_screen():
            click.echo(f"{title}\n", err=True)
            for number, word in enumerate(words.split(), start=1):
                click.echo(f"  {number:2}. {word}", err=True)
            click.prompt("\nWrite them down, then press Enter", default="", err=True)
        typed = click.prompt("Type the words from your paper", err=True)
        try:
            check_typed_back(typed, shown=words)
        except CeremonyError as error:
            click.echo(say(error), err=True)
            continue
        return


@contextmanager
def _own_screen() -> Iterator[None]:
    """Use the terminal's second screen, which keeps no history."""
    if not sys.stderr.isatty():
        yield
        return
    click.echo("\x1b[?1049h\x1b[H", err=True, nl=False)
    try:
        yield
    finally:
        click.echo("\x1b[2J\x1b[?1049l", err=True, nl=False)


def _found(
    home: Home,
    *,
    choices: "Choices",
    drawn: "DrawnSecrets",
    pack: str,
    root_file: Path | None,
    gate_dir: Path | None,
) -> "Founded":
    from aigaq.accounts.ceremony import found_organisation
    from aigaq.core.folder_lock import holding_folder
    from aigaq.core.sqlcipher.base import drop_keys
    from aigaq.jurisdictions.services import load_card_services

    services = load_card_services(pack=pack)
    with holding_folder(home):
        try:
            return found_organisation(
                home=home,
                choices=choices,
                drawn=drawn,
                services=services.services,
                windows=services.windows,
                root_file=root_file,
                gate_folder=gate_dir or home.gate,
            )
        finally:
            drop_keys()


def _tell_founded(
    home: Home, *, founded: "Founded", drawn: "DrawnSecrets", trial: bool, as_json: bool
) -> None:
    from aigaq.sealing.fingerprint import format_fingerprint
    from aigaq.sealing.signatures import public_bytes

    root = public_bytes(_root_key(drawn))
    told: dict[str, Any] = {"fingerprint": format_fingerprint(root), "home": str(home.folder)}
    if trial:
        told["passphrase"] = drawn.passphrase
        told["recovery_parts"] = list(drawn.recovery_parts)
    lines = [
        f"The organisation is founded in {home.folder}.",
        f"Fingerprint: {told['fingerprint']}",
    ]
    if trial:
        lines.append(f"Passphrase of this trial: {drawn.passphrase}")
    lines.append("Next: `aigaq desk serve`, and `aigaq gate serve` on the public server.")
    tell(told, as_json=as_json, sentence="\n".join(lines))


def _root_key(drawn: "DrawnSecrets") -> Any:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(drawn.root_seed)


def _read_gate(home: Home) -> dict[str, str]:
    from aigaq.errors import AigaqError

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
