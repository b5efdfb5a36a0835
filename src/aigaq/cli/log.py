"""`aigaq log monitor|fsck|copy|retire|policy`: how a watched log stands; a whole log, checked."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from aigaq.cli.desk import JSON, tell
from aigaq.cli.log_retire import policy, retire
from aigaq.cli.watched_log import CARD, ROOT, open_card, open_folders, open_http
from aigaq.clock import format_time
from aigaq.core.home import get_home
from aigaq.sealing.card import Card, parse_card
from aigaq.sealing.errors import SealingError
from aigaq.sealing.log_entries import PublicEntry, parse_entry
from aigaq.sealing.witnessing import is_independently_witnessed, read_cosigners
from aigaq.tlog import Ed25519Verifier, TlogError, VerifierKey, check_log, parse_verifier_key
from aigaq.watching.copying import copy_log
from aigaq.watching.errors import WatchError
from aigaq.watching.followed_cards import is_same_root, read_kept_card, read_root_key
from aigaq.watching.seeds import name_memory
from aigaq.watching.sources import HttpSource
from aigaq.watching.store import Store

FOLDER = click.Path(file_okay=False, path_type=Path)
SHOWN = 20


@click.group()
def log() -> None:
    """The public log: how it stands, what is wrong with it, a copy; what to do after a seizure."""


log.add_command(retire)
log.add_command(policy)


@log.command()
@click.option("--seed", "seed_file", type=click.Path(path_type=Path), help="A cosigner's seed.")
@click.option("--all", "everything", is_flag=True, help="The whole history.")
@JSON
def monitor(seed_file: Path | None, everything: bool, as_json: bool) -> None:
    """Show what the watcher of this desk, or of `aigaq cosign --seed`, saw. Asks nobody."""
    card, store = _find_watched(seed_file)
    state = store.read_state()
    history = store.read_history()
    alarms = [
        {"at": format_time(one.at), "code": one.code, "details": dict(one.details)}
        | {"files": str(one.folder)}
        for one in store.list_alarms()
    ]
    shown: dict[str, Any] = {
        "alarms": alarms,
        "code": state.code,
        "cosigned": state.cosigned,
        "cosigned_at": state.cosigned_at,
        "cosigners": [one.name for one in read_cosigners(card)],
        "head_at": state.head_at,
        "history": history if everything else history[-SHOWN:],
        "independently_witnessed": is_independently_witnessed(card),
        "log": card.log_origin,
        "looked_at": state.looked_at,
        "read": state.read,
        "root": state.root,
        "size": state.size,
    }
    tell(shown, as_json=as_json, sentence=_say_monitor(shown))


@log.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@ROOT
@CARD
@click.option("--vkey", help="The log's own key as a vkey, instead of a card.")
@JSON
def fsck(
    folder: Path, root: str | None, card_file: Path | None, vkey: str | None, as_json: bool
) -> None:
    """Check a whole log in FOLDER, entry by entry, against its checkpoint."""
    key = _read_log_key(root, card_file=card_file, vkey=vkey)
    counts: dict[str, int] = {}

    def count(index: int, entry: bytes) -> None:
        try:
            parsed = parse_entry(entry)
        except SealingError:
            raise TlogError("log.bad_entries", index=index) from None
        kind = parsed.kind if isinstance(parsed, PublicEntry) else "blinded"
        counts[kind] = counts.get(kind, 0) + 1

    verifier = Ed25519Verifier(key.name, key.public_key)
    checked = check_log(folder, origin=key.name, verifiers=[verifier], on_entry=count)
    told = {
        "entries": counts,
        "root": checked.checkpoint.root.hex(),
        "size": checked.checkpoint.size,
        "unpublished": list(checked.unpublished),
    }
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(counts.items()))
    sentence = f"Whole: {checked.checkpoint.size} entries ({kinds})."
    if checked.unpublished:
        sentence += f" {len(checked.unpublished)} files of a batch that is not published yet."
    tell(told, as_json=as_json, sentence=sentence)


@log.command()
@click.argument("url")
@click.argument("folder", type=FOLDER)
@ROOT
@CARD
@JSON
def copy(
    url: str,
    folder: Path,
    root: str | None,
    card_file: Path | None,
    as_json: bool,
) -> None:
    """Bring the whole log at URL into FOLDER and check it; again later brings what is new."""
    with open_http(url) as http:
        source = HttpSource(http)
        # Beside the copy, not in it: the folder is the log as it is served, and nothing else.
        beside = folder.absolute().with_name(f"{folder.absolute().name}.card")
        followed = open_card(beside, source=source, root=root, card_file=card_file)
        followed.follow(source)
        with _progress(quiet=as_json) as on:
            checked = copy_log(source, folder, card=followed.card, store=Store(beside), on=on)
    told = {"root": checked.checkpoint.root.hex(), "size": checked.checkpoint.size}
    sentence = f"{checked.checkpoint.size} entries in {folder}, each checked up to the checkpoint."
    tell(told, as_json=as_json, sentence=sentence)


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    if quiet:
        yield lambda done, total: None
        return

    def say(done: int, total: int) -> None:
        if done == total or done % 1_000 == 0:
            click.echo(f"{done} of {total} files", err=True)

    yield say


def _find_watched(seed_file: Path | None) -> tuple[Card, Store]:
    """Return card and store of a cosigner's folder, or of this desk."""
    if seed_file is not None:
        folder = name_memory(seed_file)
        followed = read_kept_card(folder)
        return followed.card, open_folders(folder, followed=followed)[1]
    from aigaq.cli.local_desk import start_django

    start_django()
    from aigaq.intake.locked_files import read_locked_files
    from aigaq.intake.log_watch import open_store

    home = get_home()
    card = read_locked_files(home).card
    return card, open_store(home, log_origin=card.log_origin)


def _read_log_key(root: str | None, *, card_file: Path | None, vkey: str | None) -> VerifierKey:
    if vkey is not None:
        return parse_verifier_key(vkey)
    if card_file is None:
        home = get_home()
        if not home.is_set_up():
            raise WatchError("watch.no_card")
        card_file = home.locked / "card.json"
    data = card_file.read_bytes()
    root_key = read_root_key(data)
    if root is not None and not is_same_root(root, root_key=root_key):
        raise WatchError("watch.other_root")
    card = parse_card(data, root_key=root_key)
    return VerifierKey(name=card.log_origin, kind=1, public_key=card.log_key)


def _say_monitor(shown: dict[str, Any]) -> str:
    lines = [
        f"Log:        {shown['log']}",
        f"Entries:    {shown['size']}, the newest head seen {shown['head_at'] or 'never'}",
        f"Cosigned:   up to {shown['cosigned']}, {shown['cosigned_at'] or 'never'}",
        f"Cosigners:  {', '.join(shown['cosigners']) or 'none'}"
        + ("" if shown["independently_witnessed"] else " (not independently witnessed)"),
        f"Looked:     {shown['looked_at'] or 'never'}"
        + (f" ({shown['code']})" if shown["code"] else ""),
    ]
    lines += [f"ALARM       {one['at']} {one['code']}: {one['files']}" for one in shown["alarms"]]
    for one in shown["history"]:
        what = one.get("code") or f"{one['size']} entries, root {one['root'][:16]}…"
        lines.append(f"  {one['at']}  {what}")
    return "\n".join(lines)
