"""``aigaq-verify package DIR|ZIP`` and ``aigaq-verify receipt FILE``: offline, changing nothing.

Exit: 0 verified, 1 failed, 2 usage or unreadable, 3 not anchored, 4 unknown. Source: PROTOCOL 27.
"""

import argparse
import io
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from aigaq_verify.encoding import parse_time
from aigaq_verify.errors import VerifyError
from aigaq_verify.packages import verify_package
from aigaq_verify.policy import Policy, parse_policy
from aigaq_verify.receipts import MAXIMUM_BYTES, verify_receipt
from aigaq_verify.verdict import USAGE_EXIT, Verdict
from aigaq_verify.words import LANGUAGES, find_language, say


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a verdict and return its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # A terminal that knows no Kazakh shows escapes.
            stream.reconfigure(errors="backslashreplace")
    language = _choose_language(given)
    tell = partial(say, language=language)
    options = _build_parser(tell).parse_args(given)
    try:
        policy = _read_policy(options.policy)
        verdict: Verdict
        if options.what == "package":
            verdict = verify_package(options.path, policy=policy, now=options.at)
        else:
            data = _read(options.path, maximum_bytes=MAXIMUM_BYTES)
            verdict = verify_receipt(data, policy=policy, log=options.log, now=options.at)
    except VerifyError as error:
        print(f"aigaq-verify: {tell('unusable', str(error))}", file=sys.stderr)
        return USAGE_EXIT
    if verdict.steps and verdict.steps[0].code == "files.unreadable":
        print(f"aigaq-verify: {tell('unreadable', str(options.path))}", file=sys.stderr)
        return USAGE_EXIT
    print(verdict.to_json() if options.json else verdict.to_text(language))
    return verdict.exit_code


def _choose_language(given: Sequence[str]) -> str:
    """Return the language for the help, before all that is given is read."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    default = find_language(os.environ)
    parser.add_argument("--language", choices=LANGUAGES, default=default)
    try:
        found, _ = parser.parse_known_args(given)
    except argparse.ArgumentError:  # The whole parser says what is wrong.
        return default
    return str(found.language)


def _build_parser(tell: Callable[[str], str]) -> argparse.ArgumentParser:
    def format_help(prog: str) -> argparse.HelpFormatter:
        return _Formatter(prog, usage=tell("help_usage"))

    parser = argparse.ArgumentParser(
        prog="aigaq-verify",
        description=tell("help_about"),
        epilog=tell("help_exit"),
        formatter_class=format_help,
        add_help=False,
        allow_abbrev=False,
    )
    _add_options(parser, tell)
    whats = parser.add_subparsers(dest="what", required=True, title=tell("help_what"))
    for what in ("package", "receipt"):
        one = whats.add_parser(
            what,
            help=tell(f"help_{what}"),
            description=tell(f"help_{what}"),
            epilog=tell("help_exit"),
            formatter_class=format_help,
            add_help=False,
            allow_abbrev=False,
        )
        given = one.add_argument_group(tell("help_what"))
        given.add_argument("path", type=Path, help=tell("help_path"))
        group = _add_options(one, tell)
        if what == "receipt":
            group.add_argument("--log", type=Path, metavar="DIR", help=tell("help_log"))
        group.add_argument("--at", type=_read_time, metavar="TIME", help=tell("help_at"))
        group.add_argument("--policy", type=Path, metavar="FILE", help=tell("help_policy"))
        group.add_argument("--json", action="store_true", help=tell("help_json"))
    return parser


def _add_options(
    parser: argparse.ArgumentParser, tell: Callable[[str], str]
) -> argparse._ArgumentGroup:
    group = parser.add_argument_group(tell("help_options"))
    group.add_argument("-h", "--help", action="help", help=tell("help_help"))
    group.add_argument(
        "--language",
        choices=LANGUAGES,
        default=argparse.SUPPRESS,  # Before or after what is to be checked.
        help=tell("help_language"),
    )
    return group


class _Formatter(argparse.HelpFormatter):
    """Says *usage* in the language of the help."""

    def __init__(self, prog: str, *, usage: str) -> None:
        super().__init__(prog)
        self._usage_word = usage

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[argparse._MutuallyExclusiveGroup],
        prefix: str | None = None,
    ) -> None:
        super().add_usage(usage, actions, groups, self._usage_word if prefix is None else prefix)


def _read_time(text: str) -> datetime:
    try:
        return parse_time(text, code="usage.bad_time")
    except VerifyError as error:
        raise argparse.ArgumentTypeError(error.code) from None


def _read_policy(path: Path | None) -> Policy | None:
    return None if path is None else parse_policy(_read(path, maximum_bytes=4 * 1024 * 1024))


def _read(path: Path, *, maximum_bytes: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(maximum_bytes + 1)
    except (OSError, ValueError) as error:
        raise VerifyError("files.unreadable", f"{path}: {error}") from None


if __name__ == "__main__":
    sys.exit(main())
