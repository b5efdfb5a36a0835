"""Secrets on a screen of their own, which no terminal keeps, typed back before they count."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click


def keep_words(title: str, *, words: str) -> None:
    """Show words until Enter, take them from the screen, and have them typed back."""
    from aigaq.accounts.ceremony import check_typed_back
    from aigaq.accounts.errors import CeremonyError
    from aigaq.cli.messages import say

    while True:
        with _own_screen():
            click.echo(f"{title}\n", err=True)
            for number, word in enumerate(words.split(), start=1):
                click.echo(f"  {number:2}. {word}", err=True)
            click.prompt("\nWrite them down, then press Enter", default="", err=True)
        typed = click.prompt("Type the words from your paper", err=True)
        try:
            check_typed_back(typed, shown=words)
        except CeremonyError as error:
            click.echo(say(error), err=True)
            continue
        return


@contextmanager
def _own_screen() -> Iterator[None]:
    """Use the terminal's second screen, which keeps no history."""
    if not sys.stderr.isatty():
        yield
        return
    click.echo("\x1b[?1049h\x1b[H", err=True, nl=False)
    try:
        yield
    finally:
        click.echo("\x1b[2J\x1b[?1049l", err=True, nl=False)
