"""Asks for a fresh receipt code back, before anything is sealed under it (PROTOCOL 5).

It is shown, written on paper, cleared off the terminal, and typed from the paper; after three wrong
tries it is shown again. Nobody can give it again: a slip on the paper would close the mailbox.
"""

import hmac
import sys

import click

from aigaq.sealing.errors import SealingError
from aigaq.sealing.receipt_code import format_code, read_typed_code

TRIES = 3
#: Clears the screen and what was scrolled off it.
CLEAR = "\033[2J\033[3J\033[H"


def can_ask() -> bool:
    """Tell whether a person sits at a terminal that shows the code and takes it back."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask_back(code: str) -> None:
    """Show a code until it was typed back whole. Raises `click.Abort` when the person leaves."""
    while True:
        click.echo(f"Receipt code: {format_code(code)}", err=True)
        click.prompt(
            "Write it on paper, then press Enter",
            default="",
            show_default=False,
            err=True,
        )
        click.echo(CLEAR, err=True, nl=False)
        for _try in range(TRIES):
            typed: str = click.prompt("Type it from the paper", err=True)
            if _is_same(typed, code=code):
                return
            click.echo("This is another code. Look at the paper once more.", err=True)


def _is_same(typed: str, *, code: str) -> bool:
    try:
        return hmac.compare_digest(read_typed_code(typed), code)
    except SealingError:
        return False
