"""``aigaq gate …``: the public server. All rules are in `aigaq.gate`."""

from pathlib import Path

import click

from aigaq.gate.serve import serve_gate
from aigaq.gate.settings import (
    DEFAULT_HOST,
    DEFAULT_PORT,
    DEFAULT_RESERVE_BYTES,
    Settings,
)
from aigaq.sealing.encoding import decode_base64

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)
_MIB = 1024 * 1024
_OWN_BUNDLE = Path(__file__).parents[1] / "gate" / "bundle"


@click.group()
def gate() -> None:
    """The public server: takes sealed reports and keeps mailboxes."""


@gate.command()
@click.option("--card", type=_FILE, required=True, help="The signed team card.")
@click.option("--root", required=True, help="The root public key, base64.")
@click.option("--log-key", type=_FILE, required=True, help="The log's private key, a file.")
@click.option("--data", type=_FOLDER, required=True, help="Where everything is kept.")
@click.option("--bundle", type=_FOLDER, default=_OWN_BUNDLE, help="The stamped pages.")
@click.option("--host", default=DEFAULT_HOST, show_default=True)
@click.option("--port", type=click.IntRange(1, 65_535), default=DEFAULT_PORT, show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True)
@click.option(
    "--reserve-mib",
    type=click.IntRange(0),
    default=DEFAULT_RESERVE_BYTES // _MIB,
    show_default=True,
    help="Free space that uploads leave alone.",
)
def serve(
    card: Path,
    root: str,
    log_key: Path,
    data: Path,
    bundle: Path,
    host: str,
    port: int,
    workers: int,
    reserve_mib: int,
) -> None:
    """Run the gate in the foreground until it is stopped."""
    serve_gate(
        Settings(
            card=card,
            root_key=decode_base64(root),
            log_key=log_key,
            data=data.absolute(),
            bundle=bundle,
            host=host,
            port=port,
            workers=workers,
            reserve_bytes=reserve_mib * _MIB,
        )
    )
