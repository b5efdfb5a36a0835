"""`aigaq evidence export`: items of a report as a package that others can check."""

from pathlib import Path

import click

from aigaq.cli.desk import JSON, tell
from aigaq.cli.local_desk import ask_running_desk
from aigaq.core.home import get_home

#: Gigabytes are read, hashed, perhaps sealed, packed and verified.
EXPORT_SECONDS = 6 * 3600.0


class Numbers(click.ParamType[list[int] | str | None]):
    """``all`` (None), ``allowed`` (what a consent covers), or numbers with commas between."""

    name = "numbers"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> list[int] | str | None:
        """Return the numbers."""
        if value == "all" or value is None:
            return None
        if value == "allowed":
            return "allowed"
        try:
            return [int(one) for one in str(value).split(",")]
        except ValueError:
            self.fail("name items by their numbers, such as 0,2, or say: all, allowed", param, ctx)


@click.group()
def evidence() -> None:
    """Hand out evidence that others can check."""


@evidence.command()
@click.option("--report", "reports", type=int, multiple=True, help="Its number; may be repeated.")
@click.option("--collection", metavar="NAME", help="Every report of a collection of the desk.")
@click.option(
    "--items",
    type=Numbers(),
    default="all",
    show_default=True,
    help="Such as 0,2. `allowed`: what a consent covers, and nothing else.",
)
@click.option("--purpose", default="prove", show_default=True, help="What the consent is for.")
@click.option("--audience", default="court", show_default=True, help="Whom the consent names.")
@click.option(
    "--language",
    "languages",
    type=click.Choice(["kk", "ru", "en"]),
    multiple=True,
    help="Of the papers in it; may be repeated. All three if left out.",
)
@click.option("--sealed-to", metavar="AGE1…", help="Seal each item to this key alone.")
@click.option("--by", metavar="NAME", help="Who hands it out, as custody will say it was said.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A new folder or .zip.")
@JSON
def export(
    reports: tuple[int, ...],
    collection: str | None,
    items: list[int] | str | None,
    purpose: str,
    audience: str,
    languages: tuple[str, ...],
    sealed_to: str | None,
    by: str | None,
    out: Path,
    as_json: bool,
) -> None:
    """Write an evidence package of reports that the running desk holds.

    Only items under a consent for this purpose and audience that nobody took back; our own verifier
    passes the package before it is handed out.
    """
    if bool(reports) == (collection is not None):
        raise click.UsageError("name either --report, once or more, or --collection")
    answer = ask_running_desk(
        get_home(),
        command="export-package",
        answer_seconds=EXPORT_SECONDS,
        reports=list(reports),
        collection=collection,
        items=items,
        purpose=purpose,
        audience=audience,
        languages=list(languages) or None,
        sealed_to=sealed_to,
        by=by,
        out=str(out.absolute()),
    )
    sentence = (
        f"{answer['items']} items of {answer['reports']} reports in {answer['path']}\n"
        + (f"Left out, without a consent: {answer['left_out']}\n" if answer["left_out"] else "")
        + f"SHA-256 of evidence/package.json, to be copied by hand:\n  {answer['control']}\n"
        f"SHA-256 of tagmanifest-sha256.txt, over every file:\n  {answer['seal']}\n"
        "Check it: aigaq-verify package PATH --policy POLICY"
    )
    tell(answer, as_json=as_json, sentence=sentence)


@evidence.command("handed-over")
@click.option("--seal", required=True, metavar="HEX", help="SHA-256 that the export printed last.")
@click.option("--to", required=True, help="Which office or court, and who signed there.")
@click.option("--on", required=True, metavar="DAY", help="Such as 2026-05-04.")
@click.option("--carried-by", required=True, metavar="NAME", help="Who of us handed it over.")
@click.option("--act", required=True, help="The act of handover: its number and day.")
@click.option("--by", metavar="NAME", help="Who writes this down, as custody will say it was said.")
@JSON
def handed_over(
    seal: str, to: str, on: str, carried_by: str, act: str, by: str | None, as_json: bool
) -> None:
    """Write down that a package was really handed over, into the custody of each file in it."""
    answer = ask_running_desk(
        get_home(),
        command="hand-over-package",
        seal=seal,
        to=to,
        on=on,
        carried_by=carried_by,
        act=act,
        by=by,
    )
    sentence = f"Written into the custody of {answer['items']} items: handed over on {on} to {to}"
    tell(answer, as_json=as_json, sentence=sentence)
