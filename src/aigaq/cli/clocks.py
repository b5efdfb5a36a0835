"""`aigaq clocks`: what each authority owes by when, and where to complain next.

Reads a file and prints an answer; stores nothing, sends nothing, and needs neither desk nor
database. Form of file and answer: ``spec/clocks.md``.
"""

import json
import os
import shutil
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NoReturn

import click

from aigaq.cli.options import JSON
from aigaq.jurisdictions.errors import PackError
from aigaq.jurisdictions.loading import PackFaults, load_pack, load_pack_file
from aigaq.jurisdictions.marked_yaml import FileFault
from aigaq.jurisdictions.pack_shapes import Pack, Rule, get_in_force
from aigaq.jurisdictions.zones import load_zone
from aigaq.reckoning.answer_json import show_due, show_ground, show_steps, to_json
from aigaq.reckoning.calendar_text import (
    wrap,
    write_answer,
    write_due,
    write_ground,
    write_step_article,
)
from aigaq.reckoning.case_files import (
    CaseFileFaults,
    parse_document,
    parse_instant,
    read_case,
    read_pack_id,
)
from aigaq.reckoning.due_dates import Rules
from aigaq.reckoning.evaluation import Answer, evaluate
from aigaq.reckoning.faults import say_fault
from aigaq.reckoning.single_terms import list_facts, reckon_rule

WRONG = 2
LANGUAGES = ("kk", "ru", "en")
#: No line is wider, on whatever screen.
WIDEST = 100
COLOURS = {
    "title": {"bold": True},
    "late": {"fg": "red", "bold": True},
    "soon": {"fg": "yellow"},
    "running": {},
    "done": {"dim": True},
    "warning": {"fg": "magenta"},
    "detail": {"dim": True},
    "plain": {},
}


class FileOrCommand(click.Group):
    """Takes `term` and `ics` as commands, and everything else as a case file to evaluate."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the command in front that a file alone means."""
        if args and args[0] not in (*self.commands, "-h", "--help"):
            args = ["file", *args]
        return super().parse_args(ctx, args)


class Instant(click.ParamType[datetime]):
    """A moment with its offset."""

    name = "datetime"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Return the moment."""
        if isinstance(value, datetime):
            return value
        instant = parse_instant(value)
        if instant is None:
            self.fail("give it with its offset, like 2026-05-04T09:00:00+05:00", param, ctx)
        return instant


LANGUAGE = click.option(
    "--language", type=click.Choice(LANGUAGES), help="kk, ru or en; by default that of LANG."
)
PACK_FILE = click.option(
    "--pack", "pack_name", metavar="ID|FILE", help="Another pack than the file names."
)


@click.group(
    cls=FileOrCommand,
    invoke_without_command=False,
    subcommand_metavar="FILE.yaml | COMMAND [ARGS]...",
)
def clocks() -> None:
    """Say what is owed by when, and where to complain next.

    `aigaq clocks FILE.yaml` evaluates a case file (form: spec/clocks.md; a story: docs/tutorial).
    Nothing is stored and nothing is sent.
    """


@clocks.command("file", hidden=True)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--as-of", type=Instant(), help="Judge as of this moment; by default the file's.")
@click.option("--how", "with_steps", is_flag=True, help="Show how each date was reckoned.")
@PACK_FILE
@LANGUAGE
@JSON
def evaluate_file(
    file: Path,
    as_of: datetime | None,
    with_steps: bool,
    pack_name: str | None,
    language: str | None,
    as_json: bool,
) -> None:
    """Evaluate a case file."""
    answer = _evaluate(file, pack_name=pack_name, as_of=as_of)
    if as_json:
        click.echo(json.dumps(to_json(answer), ensure_ascii=False, indent=1))
        return
    for style, text in write_answer(
        answer, language=language or _guess_language(), with_steps=with_steps
    ):
        _print(text, style=style)


@clocks.command()
@click.option("--pack", "pack_name", required=True, metavar="ID|FILE")
@click.option("--rule", required=True, metavar="ID", help="A duty, remedy or window of the pack.")
@click.option("--from", "start", required=True, type=Instant(), help="When it starts.")
@click.option("--when", "facts", multiple=True, metavar="FACT", help="What holds, such as minor.")
@click.option("--region", metavar="CODE", help="The place, if not the pack's own time.")
@LANGUAGE
@JSON
def term(
    pack_name: str,
    rule: str,
    start: datetime,
    facts: tuple[str, ...],
    region: str | None,
    language: str | None,
    as_json: bool,
) -> None:
    """Print when one term ends, and why."""
    pack = _load(pack_name)
    language = language or _guess_language()
    if rule in pack.former_ids:
        click.echo(f"“{rule}” is called “{pack.former_ids[rule]}” now", err=True)
        rule = pack.former_ids[rule]
    found: tuple[Rule, ...] = (
        pack.duties.get(rule) or pack.remedies.get(rule) or pack.windows.get(rule) or ()
    )
    if not found:
        _fail(f"the pack {pack.facts.id} has no duty, remedy or window “{rule}”")
    zone_name = pack.facts.timezone
    if region is not None:
        if region not in pack.regions:
            _fail(f"the pack {pack.facts.id} has no region “{region}”")
        zone_name = pack.regions[region].timezone or zone_name
    zone = load_zone(zone_name)
    in_force = get_in_force(found, on=start.astimezone(zone).date())
    if in_force is None:
        _fail(f"“{rule}” was not in force on that day")
    known = list_facts(in_force)
    for fact in facts:
        if fact not in known:
            asked = f"it asks for {', '.join(known)}" if known else "it has one term alone"
            _fail(f"“{fact}” chooses no term of “{rule}”: {asked}")
    rules = Rules(counting=pack.counting, calendar=pack.calendar, zone=zone, as_of=start)
    due = reckon_rule(in_force, start=start, rules=rules, facts=frozenset(facts))
    if as_json:
        shown = {
            "rule": rule,
            "starts_at": start.astimezone(zone).isoformat(),
            "due": show_due(due),
            **show_ground(in_force.ground),
            "how": show_steps(due.how if due else ()),
        }
        click.echo(json.dumps(shown, ensure_ascii=False, indent=1))
        return
    _print(in_force.title[language], style="title")
    _print(write_due(due, language=language), style="soon")
    for step in due.how if due else ():
        article = write_step_article(step, language=language, pack=pack)
        _print(f"  · {step.text[language]}{article}", style="plain")
    _print(write_ground(in_force.ground, language=language, pack=pack), style="detail")


@clocks.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A new .ics file.")
@click.option(
    "--titles",
    type=click.Choice(["disguised", "plain"]),
    default="disguised",
    show_default=True,
    help="Plain titles name duties; whoever sees the phone can read them.",
)
@click.option("--as-of", type=Instant(), help="Judge as of this moment; by default the file's.")
@PACK_FILE
@LANGUAGE
def ics(
    file: Path,
    out: Path,
    titles: str,
    as_of: datetime | None,
    pack_name: str | None,
    language: str | None,
) -> None:
    """Write the dates that someone must act on as a calendar."""
    from aigaq.reckoning.calendar_feed import build_feed

    answer = _evaluate(file, pack_name=pack_name, as_of=as_of)
    feed = build_feed(
        answer, language=language or _guess_language(), is_disguised=titles == "disguised"
    )
    try:
        with out.open("xb") as target:
            target.write(feed)
    except FileExistsError:
        _fail(f"{out}: something lies there already; nothing was written")
    except OSError as error:
        _fail(f"{out}: {error.strerror}; nothing was written")
    click.echo(f"{out}")


def _evaluate(file: Path, *, pack_name: str | None, as_of: datetime | None) -> Answer:
    try:
        document = parse_document(file.read_bytes())
        pack = _load(pack_name or read_pack_id(document), near=file)
        return evaluate(read_case(document, pack=pack, as_of=as_of), pack=pack)
    except OSError as error:
        _fail(f"{file}:1: the file cannot be read ({error.strerror})")
    except CaseFileFaults as wrong:
        _fail_all(wrong.faults, file=str(file))


def _load(name: str, *, near: Path | None = None) -> Pack:
    """Return a pack by its path, or by its id: the program's, else one beside the case file."""
    try:
        if name.endswith((".yaml", ".yml")):
            return load_pack_file(Path(name))
        return load_pack(name, folders=(near.parent,) if near else ())
    except PackFaults as wrong:
        _fail_all(wrong.faults, file=wrong.file)
    except PackError as error:
        line = f"{near}:1: " if near else ""
        _fail(f"{line}there is no pack “{name}” ({error.code}); see: aigaq pack list")


def _print(text: str, *, style: str) -> None:
    """Print a line no wider than the terminal; without colours where NO_COLOR asks for none."""
    width = min(shutil.get_terminal_size().columns, WIDEST)
    colour = False if os.environ.get("NO_COLOR") else None
    click.secho(wrap(text, width=width), color=colour, **COLOURS[style])  # type: ignore[arg-type]


def _guess_language() -> str:
    wanted = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return wanted[:2] if wanted[:2] in LANGUAGES else "en"


def _fail_all(faults: Sequence[FileFault], *, file: str) -> NoReturn:
    for fault in faults:
        click.echo(f"{file}:{fault.line}: {say_fault(fault)}", err=True)
    sys.exit(WRONG)


def _fail(sentence: str) -> NoReturn:
    click.echo(sentence, err=True)
    sys.exit(WRONG)
