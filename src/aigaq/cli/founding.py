"""`aigaq init`: founds an organisation.

Secrets are shown on a screen of their own that the terminal does not keep, and are typed back.
With ``--trial`` nothing is asked and everything is printed, because it is a trial.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aigaq.cli.desk import tell
from aigaq.cli.kept_words import keep_words
from aigaq.cli.local_desk import start_django
from aigaq.cli.options import ACCEPT, FILE, JSON
from aigaq.core.home import Home, get_home
from aigaq.errors import AigaqError

if TYPE_CHECKING:
    from aigaq.accounts.ceremony import Choices, DrawnSecrets, Founded

FOLDER = click.Path(file_okay=False, path_type=Path)
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
