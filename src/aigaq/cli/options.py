"""Options that many commands of the desk share."""

import click

JSON = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
PASSPHRASE_FD = click.option(
    "--passphrase-fd", type=int, help="Read the passphrase from this file descriptor."
)
