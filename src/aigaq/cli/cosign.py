"""`aigaq cosign`: a partner organisation watches and cosigns a log, with one command.

What is wrong with the log is said at once, kept as files beside the seed, and makes the exit code 1
with ``--once``. Source: ``spec/log.md``, "Watching".
"""

import json
import time
from collections.abc import Sequence
from pathlib import Path

import click

from aigaq.cli.watched_log import CARD, LOG, ROOT, open_card, open_folders, open_http
from aigaq.tlog import Cosigner, Memory
from aigaq.watching.followed_cards import FollowedCard
from aigaq.watching.seeds import describe_cosigner, open_seed_file
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
@click.option("--serve", metavar="HOST:PORT", help="Answer tlog-witness requests instead.")
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
    as_json: bool,
) -> None:
    """Watch another organisation's log, remember it, and cosign what is consistent.

    Needs the log's address and the organisation's fingerprint (from paper or a person, not from
    the same server). Prints what the organisation puts into its card.
    """
    cosigner = open_seed_file(seed_file, name=name)
    folder = seed_file.with_name(f"{seed_file.name}.log")
    with open_http(log_url) as http:
        source = HttpSource(http)
        followed = open_card(folder, source=source, root=root, card_file=card_file)
        memory, store = open_folders(folder, followed=followed)
        _tell_keys(cosigner, as_json=as_json)
        if serve is not None:
            _serve(serve, followed=followed, cosigner=cosigner, memory=memory, store=store)
            return
        while True:
            found = _look(source, followed, cosigner, folder, forgives_gaps=not once)
            _, store = open_folders(folder, followed=followed)
            _tell_round(store, found=found, as_json=as_json)
            if once:
                raise SystemExit(1 if found or store.read_state().code else 0)
            time.sleep(every)


def _look(
    source: HttpSource,
    followed: FollowedCard,
    cosigner: Cosigner,
    folder: Path,
    *,
    forgives_gaps: bool,
) -> list[Alarm]:
    followed.follow(source)
    memory, store = open_folders(folder, followed=followed)
    return Watcher(
        card=followed.card,
        source=source,
        memory=memory,
        store=store,
        cosigner=cosigner,
        forgives_gaps=forgives_gaps,
    ).look()


def _tell_keys(cosigner: Cosigner, *, as_json: bool) -> None:
    """Say what the organisation puts into its card: a file for `aigaq card sign --from`."""
    listed = {"cosigners": [describe_cosigner(cosigner, is_independent=True)]}
    if as_json:
        click.echo(json.dumps(listed))
        return
    click.echo("For the organisation's card (aigaq card sign --from this.json):", err=True)
    click.echo(json.dumps(listed, indent=1), err=True)


def _tell_round(store: Store, *, found: Sequence[Alarm], as_json: bool) -> None:
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
    said = f"{state.looked_at}  {state.size} entries, cosigned up to {state.cosigned}"
    click.echo(said if state.code is None else f"{said}  ({state.code})")


def _serve(
    address: str, *, followed: FollowedCard, cosigner: Cosigner, memory: Memory, store: Store
) -> None:
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.log import LogLevels
    from starlette.types import ASGIApp

    from aigaq.watching.witness_server import Witness, build_witness_app

    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise click.BadParameter("has to look like 127.0.0.1:8480", param_hint="--serve")

    def load(*_: object) -> ASGIApp:
        witness = Witness(
            card_of=lambda: followed.card, cosigner=cosigner, memory=memory, store=store
        )
        return build_witness_app(witness)

    click.echo(f"Answers tlog-witness requests on {address}.", err=True)
    Granian(
        "aigaq.watching.witness_server",
        address=host.strip("[]"),
        port=int(port),
        interface=Interfaces.ASGI,
        workers=1,
        websockets=False,
        http=HTTPModes.http1,
        log_access=False,
        log_level=LogLevels.error,
    ).serve(target_loader=load)
