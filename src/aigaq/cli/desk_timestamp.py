"""`aigaq desk timestamp|authority`: timestamps, and whom the desk asks for them."""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from aigaq.cli.local_desk import ask_running_desk
from aigaq.cli.options import JSON
from aigaq.core.home import get_home

#: Some authority gave no token: it is asked again by itself.
FAILED_EXIT = 3
#: Two authorities that answer slowly, and their lists of revoked certificates.
ANSWER_SECONDS = 600.0

FAULTS = {
    "timestamp.bad_answer": "What it answers is no timestamp answer. Tell the authority.",
    "timestamp.bad_authority": "Its certificates cannot be read, or no root is among them. Take "
    "them from the authority again.",
    "timestamp.bad_status": "Its server answers with status {status}. Check its address.",
    "timestamp.expired_signer": "A certificate of its chain has ended. Tell the authority, or take "
    "another one.",
    "timestamp.refused": "It refuses. Look at what it says with `aigaq desk timestamp --status`.",
    "timestamp.revoked": "Its signer was revoked. Take another authority.",
    "timestamp.short_lived": "Its certificate ends as soon as the one of the token to be renewed.",
    "timestamp.too_large": "Its answer is too large to be a timestamp. Check its address.",
    "timestamp.too_slow": "It did not answer in time.",
    "timestamp.unknown_root": "Its signer leads to no root that is named for it. Compare the roots "
    "with those that the authority publishes before you name others.",
    "timestamp.unreachable": "It cannot be reached. Check the line, the proxy and its address.",
    "timestamp.wrong_imprint": "Its token is over something else. Do not count on it.",
    "timestamp.wrong_nonce": "Its token was made for another request. Do not count on it.",
    "timestamp.wrong_signature": "The signature of its token is wrong. Do not count on it.",
    "timestamp.wrong_time": "Its time and the time of this computer are more than 15 minutes "
    "apart. Check the clock here first.",
}


@click.command()
@click.option("--item", help="Over this item's hash: REPORT-ID/NUMBER as in custody, or its id.")
@click.option("--status", "is_status", is_flag=True, help="Take none; say how timestamps stand.")
@JSON
def timestamp(item: str | None, is_status: bool, as_json: bool) -> None:
    """Have every timestamp authority stamp the newest cosigned checkpoint, or an item, now.

    Exits with 3 if an authority gave none; for an item it is asked again by itself.
    """
    if is_status:
        answer = ask_running_desk(get_home(), command="timestamp-status")
        _tell(answer, as_json=as_json, tell=tell_status)
        return
    answer = ask_running_desk(
        get_home(), command="timestamp", answer_seconds=ANSWER_SECONDS, item=item or ""
    )
    _tell(answer, as_json=as_json, tell=tell_attempts)
    if any(one["code"] is not None for one in answer["attempts"]):
        sys.exit(FAILED_EXIT)


@click.group()
def authority() -> None:
    """Name timestamp authorities that the desk asks beside those of the card."""


@authority.command()
@click.argument("name")
@click.option("--url", required=True, help="Where it answers: http:// or https://.")
@click.option("--country", required=True, help="Two letters, such as KZ.")
@click.option(
    "--certificates",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Its root, and what stands between, in PEM: from the authority itself.",
)
@JSON
def add(name: str, url: str, country: str, certificates: Path, as_json: bool) -> None:
    """Ask the authority NAME, too, from now on."""
    answer = ask_running_desk(
        get_home(),
        command="authority-add",
        name=name,
        url=url,
        country=country,
        certificates=str(certificates.absolute()),
    )
    _tell(answer, as_json=as_json, tell=_tell_names)


@authority.command()
@click.argument("name")
@JSON
def remove(name: str, as_json: bool) -> None:
    """Ask the authority NAME no more; its tokens stay."""
    answer = ask_running_desk(get_home(), command="authority-remove", name=name)
    _tell(answer, as_json=as_json, tell=_tell_names)


def tell_attempts(answer: Mapping[str, Any]) -> str:
    """Return what came of asking each authority."""
    lines = [f"Over {answer['over']}:"]
    for one in answer["attempts"]:
        if one["code"] is None:
            lines.append(f"{one['authority']}: stamped at {one['stamped_at']}.")
        else:
            fault = FAULTS.get(one["code"], "It gave no token.").format_map(
                {"status": one.get("status", "?")}
            )
            lines.append(f"{one['authority']}: NO TOKEN. {fault} [{one['code']}]")
    return "\n".join(lines)


def tell_status(answer: Mapping[str, Any]) -> str:
    """Return how timestamps stand."""
    if answer["stamped_at"] is None:
        lines = ["The log was never timestamped."]
    else:
        lines = [
            f"Checkpoint {answer['size']}: stamped at {answer['stamped_at']}, "
            f"tokens: {answer['tokens']}."
        ]
    for one in answer["authorities"]:
        place = "card" if one["of_card"] else "this desk"
        line = f"{one['name']} ({one['country']}, {place}): {one['state']}"
        if one["code"]:
            line += f" [{one['code']}]"
        if one["said"]:
            line += f", it says: {one['said']}"
        if one["next_at"]:
            line += f", asked again at {one['next_at']}"
        lines.append(line + ".")
    if len(answer["authorities"]) < 2:
        lines.append("Fewer than two authorities are named. Name two in different countries.")
    lines.append(f"Items that wait: {answer['wishes']}. Renewals due: {answer['due_renewals']}.")
    if answer["without_note"]:
        lines.append(
            f"Stamped checkpoints without their signed note: {answer['without_note']}. Their "
            "tokens are good; no package can carry them as an earlier head."
        )
    return "\n".join(lines)


def _tell_names(answer: Mapping[str, Any]) -> str:
    return "The desk asks: " + (", ".join(answer["authorities"]) or "nobody") + "."


def _tell(
    answer: dict[str, Any], *, as_json: bool, tell: Callable[[Mapping[str, Any]], str]
) -> None:
    click.echo(json.dumps(answer, ensure_ascii=False) if as_json else tell(answer))
