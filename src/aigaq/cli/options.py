"""Options that many commands of the desk share."""

from pathlib import Path

import click

JSON = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
PASSPHRASE_FD = click.option(
    "--passphrase-fd", type=int, help="Read the passphrase from this file descriptor."
)
FILE = click.Path(dir_okay=False, path_type=Path)
ACCEPT = click.option(
    "--accept-unreviewed-texts",
    "accept_unreviewed",
    metavar="REASON",
    default="",
    help="Why live pages ship texts that no native speaker has reviewed; kept in the audit log.",
)
