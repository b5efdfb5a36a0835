"""`aigaq restore`: a desk from its second place, on a new computer."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from aigaq.cli.desk import JSON, PASSPHRASE_FD, tell
from aigaq.cli.local_desk import read_passphrase, start_django
from aigaq.core.home import get_home

if TYPE_CHECKING:
    from aigaq.core.vault import Vault


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--recovery", is_flag=True, help="Open with two of the three recovery parts.")
@PASSPHRASE_FD
@JSON
def restore(folder: Path, recovery: bool, passphrase_fd: int | None, as_json: bool) -> None:
    """Bring a desk back into AIGAQ_HOME from its second place FOLDER."""
    start_django()
    from aigaq.intake.restore import restore_desk

    def open_vault(vault: "Vault") -> bytes:
        if recovery:
            first = click.prompt("First part, 20 words", err=True)
            second = click.prompt("Second part, 20 words", err=True)
            return vault.open_with_recovery((first, second))
        return vault.open_with_passphrase(read_passphrase(passphrase_fd))

    count = restore_desk(folder=folder.absolute(), home=get_home(), open_vault=open_vault)
    sentence = f"The desk is back, with {count} reports. Start it with `aigaq desk serve`."
    tell({"reports": count}, as_json=as_json, sentence=sentence)
