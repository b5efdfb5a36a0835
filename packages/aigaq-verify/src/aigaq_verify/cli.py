"""``aigaq-verify package DIR|ZIP`` and ``aigaq-verify receipt FILE``: offline, changing nothing.

Exit: 0 verified, 1 failed, 2 usage or unreadable, 3 not anchored, 4 unknown. Source: PROTOCOL 27.
"""

import argparse
import io
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from aigaq_verify.encoding import parse_time
from aigaq_verify.errors import VerifyError
from aigaq_verify.packages import verify_package
from aigaq_verify.policy import Policy, parse_policy
from aigaq_verify.receipts import MAXIMUM_BYTES, verify_receipt
from aigaq_verify.verdict import USAGE_EXIT, Verdict


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a verdict and return its exit code."""
    options = _build_parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # A terminal that knows no Kazakh shows escapes.
            stream.reconfigure(errors="backslashreplace")
    try:
        policy = _read_policy(options.policy)
        verdict: Verdict
        if options.what == "package":
            verdict = verify_package(options.path, policy=policy, now=options.at)
        else:
            data = _read(options.path, maximum_bytes=MAXIMUM_BYTES)
            verdict = verify_receipt(data, policy=policy, log=options.log, now=options.at)
    except VerifyError as error:
        print(f"aigaq-verify: {error}", file=sys.stderr)
        return USAGE_EXIT
    if verdict.steps and verdict.steps[0].code == "files.unreadable":
        print(f"aigaq-verify: {options.path}: nothing that can be read", file=sys.stderr)
        return USAGE_EXIT
    print(verdict.to_json() if options.json else verdict.to_text())
    return verdict.exit_code


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="aigaq-verify",
        description="Check what Aigaq hands out, offline, trusting nobody here.",
        epilog="Exit: 0 verified, 1 failed, 2 unreadable, 3 not anchored, 4 unknown. "
        "A policy names whom you trust; get it from elsewhere than the package.",
    )
    whats = parser.add_subparsers(dest="what", required=True)
    package = whats.add_parser("package", help="an evidence package, a folder or a ZIP")
    receipt = whats.add_parser("receipt", help="a reporter's receipt file")
    receipt.add_argument("--log", type=Path, metavar="DIR", help="a copy of the log")
    for one in (package, receipt):
        one.add_argument("path", type=Path)
        one.add_argument(
            "--at",
            type=_read_time,
            metavar="TIME",
            help="as of 2026-05-04T09:00:00Z: what was still proof then, what was due; else now",
        )
        one.add_argument("--policy", type=Path, metavar="FILE", help="whom you trust")
        one.add_argument("--json", action="store_true", help="for machines")
    return parser


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
