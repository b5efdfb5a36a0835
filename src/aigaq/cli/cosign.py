"""`aigaq cosign`: a partner organisation watches and cosigns a log, with one command.

What is wrong with the log is said at once, kept as files beside the seed, and makes the exit code 1
with ``--once``. Source: ``spec/log.md``, "Watching".
"""

import json
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import click

from aigaq.cli.messages import say
from aigaq.cli.watched_log import CARD, LOG, ROOT, open_card, open_folders, open_http
from aigaq.errors import AigaqError
from aigaq.sealing.witnessing import read_cosigners
from aigaq.tlog import Cosigner, Memory
from aigaq.watching.followed_cards import FollowedCard
from aigaq.watching.seeds import check_memory, describe_cosigner, name_memory, open_seed_file
from aigaq.watching.sources import HttpSource
from aigaq.watching.store import Alarm, Store
from aigaq.watching.watcher import Watcher

SEED = click.Path(dir_okay=False, path_type=Path)


@click.command()
@LOG
@ROOT
@CARD
@click.option("--seed", "seed_file", type=SEED, required=True, help="Our key; made when missing.")
@click.option("--name", help="Our name in the log's card, for a new seed file.")
@click.option("--every", type=click.IntRange(10, 86_400), default=60, show_default=True)
@click.option("--once", is_flag=True, help="One round, for a timer; exit 1 if anything is wrong.")
@click.option("--serve", metavar="HOST:PORT", help="Cosign what the gate asks for (tlog-witness).")
@click.option("--begin-anew", is_flag=True, help="What this seed remembered is gone for good.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a round.")
def cosign(
    log_url: str,
    root: str | None,
    card_file: Path | None,
    seed_file: Path,
    name: str | None,
    every: int,
    once: bool,
    serve: str | None,
    begin_anew: bool,
    as_json: bool,
) -> None:
    """Watch another organisation's log, remember it, and cosign what is consistent.

    Needs the log's address and the organisation's fingerprint (from paper or a person, not from
    the same server). Until the card names us it prints what the organisation puts into it.
    """
    cosigner = open_seed_file(seed_file, name=name)
    check_memory(seed_file, begin_anew=begin_anew)
    address = None if serve is None else _read_address(serve)
    folder = name_memory(seed_file)
    with open_http(log_url) as http:
        source = HttpSource(http)
        followed = open_card(folder, source=source, root=root, card_file=card_file)
    if as_json or not _is_listed(cosigner, followed=followed):
        _tell_keys(cosigner, as_json=as_json)
    rounds = Rounds(log_url, followed=followed, seed_file=seed_file, as_json=as_json)
    if address is not None:
        _serve(address, rounds=rounds, cosigner=cosigner, every=every)
        return
    while True:
        is_wrong = rounds.look(cosigner=cosigner, forgives_gaps=not once)
        if once:
            raise SystemExit(1 if is_wrong else 0)
        time.sleep(every)


class Rounds:
    """Looks at one log, again and again, under its card as it is followed."""

    def __init__(
        self, log_url: str, *, followed: FollowedCard, seed_file: Path, as_json: bool
    ) -> None:
        self.followed = followed
        self._log_url = log_url
        self._seed_file = seed_file
        self._as_json = as_json

    def open(self) -> tuple[Memory, Store]:
        """Return memory and store of the log that the card names now."""
        return open_folders(name_memory(self._seed_file), followed=self.followed)

    def look(self, *, cosigner: Cosigner | None, forgives_gaps: bool) -> bool:
        """Do one round and tell of it; return whether anything is wrong.

        Raises `WatchError` ``watch.memory_lost``.
        """
        check_memory(self._seed_file)
        with open_http(self._log_url) as http:
            source = HttpSource(http)
            self.followed.follow(source)
            memory, store = self.open()
            found = Watcher(
                card=self.followed.card,
                source=source,
                memory=memory,
                store=store,
                cosigner=cosigner,
                forgives_gaps=forgives_gaps,
            ).look()
        signs = cosigner is not None
        _tell_round(store, found=found, signs=signs, as_json=self._as_json)
        return bool(found or store.read_state().code)


def _is_listed(cosigner: Cosigner, *, followed: FollowedCard) -> bool:
    keys = {str(key.key) for one in read_cosigners(followed.card) for key in one.verifiers}
    return {str(key) for key in cosigner.keys} <= keys


def _tell_keys(cosigner: Cosigner, *, as_json: bool) -> None:
    """Say what the organisation puts into its card: a file for `aigaq card sign --from`."""
    listed = {"cosigners": [describe_cosigner(cosigner, is_independent=True)]}
    if as_json:
        click.echo(json.dumps(listed))
        return
    click.echo("For the organisation's card (aigaq card sign --from this.json):", err=True)
    click.echo(json.dumps(listed, indent=1), err=True)


def _tell_round(store: Store, *, found: Sequence[Alarm], signs: bool, as_json: bool) -> None:
    state = store.read_state()
    if as_json:
        alarms = [
            {"code": one.code, "details": dict(one.details), "files": str(one.folder)}
            for one in found
        ]
        told = {"code": state.code, "cosigned": state.cosigned, "size": state.size}
        click.echo(json.dumps({**told, "at": state.looked_at, "alarms": alarms}))
        return
    for one in found:
        click.echo(f"ALARM {one.code}: the files that show it lie in {one.folder}", err=True)
    said = f"{state.looked_at}  {state.size} entries"
    if signs:  # A round beside a server leaves that to the server.
        said += f", cosigned up to {state.cosigned}"
    click.echo(said if state.code is None else f"{said}  ({state.code})")


def _read_address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal():
        raise click.BadParameter("has to look like 127.0.0.1:8480", param_hint="--serve")
    return host.strip("[]"), int(port)


def _serve(address: tuple[str, int], *, rounds: Rounds, cosigner: Cosigner, every: int) -> None:
    """Answer the gate, and look at the log in rounds of our own: its card, entries and pages."""
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.log import LogLevels
    from starlette.types import ASGIApp

    from aigaq.watching.witness_server import Witness, build_witness_app

    def look_for_ever() -> None:
        while True:
            try:
                rounds.look(cosigner=None, forgives_gaps=True)
            except AigaqError as error:
                click.echo(f"aigaq: {say(error)}", err=True)
            time.sleep(every)

    def load(*_: object) -> ASGIApp:  # In the process that answers, which is not this one.
        threading.Thread(target=look_for_ever, name="rounds", daemon=True).start()
        witness = Witness(
            card_of=lambda: rounds.followed.card,
            cosigner=cosigner,
            memory=rounds.open()[0],
            store_of=lambda: rounds.open()[1],
        )
        return build_witness_app(witness)

    host, port = address
    click.echo(f"Answers tlog-witness requests on {host}:{port}, and looks by itself.", err=True)
    Granian(
        "aigaq.watching.witness_server",
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        workers=1,
        websockets=False,
        http=HTTPModes.http1,
        log_access=False,
        log_level=LogLevels.error,
    ).serve(target_loader=load)
