"""`aigaq pack`: read, check, compare and sign jurisdiction packs."""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from aigaq.cli.options import JSON
from aigaq.jurisdictions.citing import cite_article
from aigaq.jurisdictions.errors import PackError
from aigaq.jurisdictions.loading import PackFaults, find_pack, list_pack_ids, load_pack_file
from aigaq.jurisdictions.pack_faults import say_pack_fault
from aigaq.jurisdictions.pack_shapes import Pack, Rule

FAULTY = 1
WRONG = 2
FILE = click.Path(path_type=Path)
LANGUAGES = ("kk", "ru", "en")
LANGUAGE = click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True)


@click.group()
def pack() -> None:
    """Read, check, compare and sign jurisdiction packs (spec/jurisdiction-pack.md)."""


@pack.command("list")
@JSON
def list_packs(as_json: bool) -> None:
    """List the packs of this installation."""
    packs = [load_pack_file(find_pack(name)) for name in list_pack_ids()]
    rows = [
        {
            "id": one.facts.id,
            "version": one.facts.version,
            "status": one.facts.status,
            "reviewed": one.facts.review is not None,
            "names": one.facts.names,
        }
        for one in packs
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for one in packs:
        review = "" if one.facts.review else ", unreviewed"
        facts = one.facts
        click.echo(f"{facts.id:8} {facts.version:10} {facts.status}{review}  {facts.names['en']}")


@pack.command()
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option("--signer", metavar="VKEY", help="Check the signature beside each file too.")
@JSON
def check(files: tuple[Path, ...], signer: str | None, as_json: bool) -> None:
    """Find every fault of packs, with file and line. Exit 1 if there is one."""
    from aigaq.jurisdictions.pack_checks import check_pack_file
    from aigaq.jurisdictions.pack_signatures import check_signature

    shown = []
    for file in files:
        try:
            faults = [(one.line, one) for one in check_pack_file(file)]
        except PackError as error:
            click.echo(f"{file}:1: {error.code}", err=True)
            sys.exit(WRONG)
        for line, fault in faults:
            shown.append({"file": str(file), "line": line, "code": fault.code})
            if not as_json:
                click.echo(f"{file}:{line}: {fault.code}: {say_pack_fault(fault)}")
        if signer is not None and not faults:
            try:
                check_signature(file, verifier_key=signer)
            except PackError as error:
                shown.append({"file": str(file), "line": 1, "code": error.code})
                if not as_json:
                    click.echo(f"{file}:1: {error.code}: this key does not stand for these bytes")
    if as_json:
        click.echo(json.dumps(shown, indent=1))
    sys.exit(FAULTY if shown else 0)


@pack.command()
@click.argument("name")
@click.option("--rule", metavar="ID", help="One rule alone, with all that it stands on.")
@LANGUAGE
def show(name: str, rule: str | None, language: str) -> None:
    """Show a pack (its id, or a file): every rule with article, source and confidence."""
    found = _load(name)
    click.secho(f"{found.facts.names[language]}, {found.facts.version}", bold=True)
    if found.facts.review is None:
        click.secho("! No advocate has reviewed this pack.", fg="magenta")
    is_shown = False
    if rule is not None and rule in found.former_ids:
        click.echo(f"“{rule}” is called “{found.former_ids[rule]}” now", err=True)
        rule = found.former_ids[rule]
    for section, rules in _list_sections(found):
        of_section = [
            one for versions in rules.values() for one in versions if rule in (None, one.id)
        ]
        if of_section:
            click.secho(f"\n{section}", bold=True)
        for one in of_section:
            is_shown = True
            _show_rule(one, pack=found, language=language)
    if rule is not None and not is_shown:
        click.echo(f"the pack has no rule “{rule}”", err=True)
        sys.exit(WRONG)


@pack.command()
@click.argument("old")
@click.argument("new")
@JSON
def diff(old: str, new: str, as_json: bool) -> None:
    """Say what changed between two packs (ids or files), rule by rule. Exit 1 if anything did."""
    from aigaq.jurisdictions.pack_differences import compare_packs

    found = compare_packs(_load(old), new=_load(new))
    if as_json:
        rows = [
            {"section": one.section, "id": one.id, "kind": one.kind, "fields": list(one.fields)}
            for one in found
        ]
        click.echo(json.dumps(rows, indent=1))
    else:
        colours = {"added": "green", "removed": "red", "changed": "yellow"}
        for one in found:
            what = f" ({', '.join(one.fields)})" if one.fields else ""
            click.secho(f"{one.kind:8} {one.section} {one.id}{what}", fg=colours[one.kind])
        if not found:
            click.echo("Nothing changed.")
    sys.exit(FAULTY if found else 0)


@pack.command()
@click.argument("file", type=FILE)
@click.option("--key", "key_file", required=True, type=FILE, help="Made when missing.")
@click.option("--name", help="Under which you sign, for a new key.")
def sign(file: Path, key_file: Path, name: str | None) -> None:
    """Stand for the bytes of a pack with your key: writes FILE.sig."""
    from aigaq.jurisdictions.pack_checks import check_pack_file
    from aigaq.jurisdictions.pack_signatures import open_pack_key, sign_pack

    faults = check_pack_file(file)
    if faults:
        click.echo(
            f"{file} has {len(faults)} faults; nothing was signed: aigaq pack check", err=True
        )
        sys.exit(FAULTY)
    key = open_pack_key(key_file, name=name)
    click.echo(sign_pack(file, key=key))
    click.echo(f"Others check it with: aigaq pack check {file} --signer '{key.verifier_key}'")


def _load(name: str) -> Pack:
    try:
        is_file = name.endswith((".yaml", ".yml"))
        return load_pack_file(Path(name) if is_file else find_pack(name))
    except PackFaults as wrong:
        for fault in wrong.faults:
            click.echo(
                f"{wrong.file}:{fault.line}: {fault.code}: {say_pack_fault(fault)}", err=True
            )
        sys.exit(WRONG)
    except PackError as error:
        click.echo(f"{name}: {error.code}; see: aigaq pack list", err=True)
        sys.exit(WRONG)


def _list_sections(pack: Pack) -> Iterator[tuple[str, Mapping[str, tuple[Rule, ...]]]]:
    yield "duties", pack.duties
    yield "windows", pack.windows
    yield "remedies", pack.remedies
    yield "routing", pack.routing
    yield "offences", pack.offences
    yield "pressure", pack.pressure
    for section, rules in pack.advice.items():
        yield section, {rule.id: (rule,) for rule in rules}


def _show_rule(one: Rule, *, pack: Pack, language: str) -> None:
    ground = one.ground
    click.secho(f"  {one.id}: {one.title[language]}", fg="yellow")
    if one.text != one.title:
        click.echo(f"    {one.text[language]}")
    review = "reviewed" if ground.reviewed else "unreviewed"
    memory = ", from memory" if ground.is_from_memory else ""
    article = cite_article(ground.article or ground.basis, language=language, pack=pack)
    sure = f"{ground.confidence:.0%} sure{memory}, {review}"
    sources = "; ".join(pack.sources[name].title for name in ground.sources)
    period = ""
    if ground.effective_from or ground.effective_to:
        period = f", in force {ground.effective_from or '…'} to {ground.effective_to or '…'}"
    origin = "" if ground.from_pack == pack.facts.id else f", from {ground.from_pack}"
    click.secho(f"    {article}; {sure}{period}{origin}; {sources}", dim=True)
