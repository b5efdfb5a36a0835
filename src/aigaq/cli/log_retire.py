"""`aigaq log retire`: what to do when the gate was seized; `aigaq log policy`: how others check us.

Nothing is asked of the gate, which may be in other hands. Before anything is signed it says what
stays proven and what does not, and asks. Source: PROTOCOL 25; docs/how-to/after-a-seizure.md.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from aigaq import clock
from aigaq.blobs import write_durably
from aigaq.cli.desk import JSON, PASSPHRASE_FD, tell
from aigaq.cli.local_desk import ask_running_desk, is_running, opened_desk
from aigaq.core.home import get_home
from aigaq.errors import AigaqError

FILE = click.Path(dir_okay=False, path_type=Path)
Ask = Callable[..., dict[str, Any]]


@click.command()
@click.option(
    "--seized-at",
    metavar="TIME",
    help="When the gate fell into other hands, as 2026-05-04T09:00:00Z (UTC); otherwise now. "
    "Nothing that only the gate signed after it counts.",
)
@click.option("--yes", is_flag=True, help="Do not ask whether to go on.")
@click.option("--root-file", type=FILE, help="File with the root key's words.")
@PASSPHRASE_FD
@JSON
def retire(
    seized_at: str | None,
    yes: bool,
    root_file: Path | None,
    passphrase_fd: int | None,
    as_json: bool,
) -> None:
    """After a seizure: retire the log's key and make what a new gate needs.

    Whoever took the gate has the key of its log, and can sign with any date. After this command
    that key counts for nothing but what others saw before. Asks nothing of the gate.
    """
    retired_at = clock.format_time(_read_time(seized_at))
    with asking_desk(passphrase_fd) as ask:
        plan = ask("log.plan-retirement", retired_at=retired_at)
        words = ""
        if plan["unfinished"]:
            click.echo("The retirement was signed before; making what the gate needs.", err=True)
        else:
            _tell_plan(plan, retired_at=retired_at)
            if not yes:
                click.confirm("Retire the key of this log for ever?", abort=True, err=True)
            words = _read_root_words(root_file)
            click.echo("Signing, and making key, card and pages of the new gate …", err=True)
        done = ask("log.retire", retired_at=retired_at, root_words=words)
    told = {**done, "proven": plan["proven"], "retired": plan["log"], "waiting": plan["waiting"]}
    tell(told, as_json=as_json, sentence=_say_done(done))


@click.command()
@click.option("--out", type=FILE, required=True, help="File to write; must not be there yet.")
@PASSPHRASE_FD
@JSON
def policy(out: Path, passphrase_fd: int | None, as_json: bool) -> None:
    """Write the policy by which others check our receipts and packages, retired keys included.

    It is worth only as much as the way by which it comes: hand it over in person, or have the
    fingerprint in it compared with the one on paper.
    """
    if out.exists():
        raise AigaqError("policy.file_exists", file=str(out))
    with asking_desk(passphrase_fd) as ask:
        made = ask("log.policy")
    write_durably(out, made.pop("policy").encode("utf-8"), mode=0o644)
    sentence = (
        f"{out} names {len(made['logs'])} logs, {made['retired']} of them retired, and these "
        f"cosigners: {', '.join(made['cosigners']) or 'none'}. Use it with "
        "`aigaq-verify receipt FILE --policy`."
    )
    if not made["independently_witnessed"]:
        sentence += (
            "\nNot independently witnessed: by this policy nothing is better than *not anchored*."
            " Let a partner cosign (`aigaq cosign`), or name two timestamp authorities in "
            "different countries."
        )
    tell({**made, "file": str(out)}, as_json=as_json, sentence=sentence)


@contextmanager
def asking_desk(passphrase_fd: int | None) -> Iterator[Ask]:
    """Give a function that runs commands: in the running desk, or in the folder opened once."""
    home = get_home()
    if is_running(home):
        yield lambda command, **arguments: ask_running_desk(home, command=command, **arguments)
        return
    with opened_desk(home, passphrase_fd=passphrase_fd):
        from aigaq.core.commands import get_command

        yield lambda command, **arguments: get_command(command).run(arguments)


def _read_time(text: str | None) -> datetime:
    if text is None:
        return clock.now()
    try:
        return clock.parse_time(text)
    except AigaqError:
        raise click.BadParameter(
            "has to look like 2026-05-04T09:00:00Z", param_hint="--seized-at"
        ) from None


def _read_root_words(root_file: Path | None) -> str:
    if root_file is not None:
        return root_file.read_text("utf-8").strip()
    typed: str = click.prompt("The 24 words of the root key", hide_input=True, err=True)
    return typed


def _tell_plan(plan: dict[str, Any], *, retired_at: str) -> None:
    """Say what is kept and what is lost, before anything is."""
    if plan["last_size"]:
        kept = (
            f"It counts up to entry {plan['last_size']}, which this desk saw at {plan['seen_at']}. "
            f"The proofs of {plan['proven']} reports stand under that and stay good."
        )
    else:
        kept = "This desk never saw a head of it, so nothing under it stays proven."
    lines = (
        f"The key of the log {plan['log']} stops counting from {retired_at} on.",
        kept,
        f"{plan['waiting']} reports have no such proof; they are entered into the new log.",
        "This cannot be taken back. No report is lost by it: what the desk has, it keeps.",
        "Afterwards: carry a folder to a new server, start the gate there "
        "(docs/how-to/after-a-seizure.md).",
    )
    for line in lines:
        click.echo(line, err=True)


def _say_done(done: dict[str, Any]) -> str:
    return (
        f"The old key is retired. Version {done['version']} of the card names the new log "
        f"{done['log']}.\n"
        f"Next: carry {done['folder']} (log.key, card.json, bundle/) to a server that nobody "
        "else had, and start the gate there. Then give partners and lawyers a new policy: "
        "`aigaq log policy --out FILE`.\n"
        "Until the new gate answers, the desk says that card, pages and log differ: that is so."
    )
