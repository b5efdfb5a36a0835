"""The policy by which strangers check our receipts and packages (``aigaq-policy/v1``).

Root key, every log that we had with its retirement, and those who watch. Whoever checks must have
it from elsewhere than from the gate. Any one cosigner that we do not control is enough; the desk's
own counts only while there is no other. Source: ``spec/policy.md``; PROTOCOL 25, 27.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from aigaq.accounts import selectors as accounts
from aigaq.core.commands import Answer, Arguments
from aigaq.sealing.card import Card, parse_card
from aigaq.sealing.encoding import encode_base64
from aigaq.sealing.fingerprint import format_fingerprint
from aigaq.sealing.witnessing import CardCosigner, read_authorities, read_cosigners
from aigaq.tlog import VerifierKey
from aigaq.tlog.notes import ED25519
from aigaq_verify.policy import parse_policy

FORMAT = "aigaq-policy/v1"


@dataclass(frozen=True)
class LogPolicy:
    """A policy as text, and what it holds."""

    text: str
    logs: tuple[str, ...]
    cosigners: tuple[str, ...]
    retired: int


def build_policy() -> LogPolicy:
    """Return the policy of our cards, read once by the verifier's own rules."""
    root_key = bytes(accounts.get_organisation().root_key)
    cards = [parse_card(one, root_key=root_key) for one in accounts.list_cards()]
    logs = dict.fromkeys(_name_log(card) for card in cards)
    cosigners = _choose_cosigners(cards)
    retired = [one.signed for one in accounts.list_retirements()]
    authorities = {
        one.certificates: {"certificates": one.certificates, "name": one.name}
        for one in read_authorities(cards[-1])
    }
    members = {
        "format": FORMAT,
        "name": cards[-1].names["ru"],
        "require": {"cosigned": True, "timestamps": 0},
        "retirements": retired,
        "root_fingerprint": format_fingerprint(root_key),
        "root_key": encode_base64(root_key),
        "timestamp_authorities": list(authorities.values()),
        "tlog_policy": _write_log_policy(list(logs), cosigners),
    }
    text = json.dumps(members, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    parse_policy(text.encode("utf-8"))
    names = tuple(dict.fromkeys(one.name for one in cosigners))
    return LogPolicy(text, tuple(logs), names, len(retired))


def run_policy_command(arguments: Arguments) -> Answer:
    """Give the policy to `aigaq log policy`."""
    policy = build_policy()
    return {
        "cosigners": list(policy.cosigners),
        "logs": list(policy.logs),
        "policy": policy.text,
        "retired": policy.retired,
    }


def _name_log(card: Card) -> str:
    return str(VerifierKey(name=card.log_origin, kind=ED25519, public_key=card.log_key))


def _choose_cosigners(cards: Sequence[Card]) -> list[CardCosigner]:
    """Return every cosigner that a card ever named; if any is independent now, only such."""
    named = {
        (one.name, tuple(str(key.key) for key in one.verifiers)): one
        for card in cards
        for one in read_cosigners(card)
    }
    independent = {one.name for one in read_cosigners(cards[-1]) if one.is_independent}
    return [one for one in named.values() if not independent or one.name in independent]


def _write_log_policy(logs: Sequence[str], cosigners: Sequence[CardCosigner]) -> str:
    lines, groups, seen = [f"log {log}" for log in logs], [], set()
    for number, one in enumerate(cosigners, start=1):
        keys = [key for key in (str(it.key) for it in one.verifiers) if key not in seen]
        seen.update(keys)
        names = [f"c{number}k{place}" for place in range(1, len(keys) + 1)]
        lines += [f"witness {name} {key}" for name, key in zip(names, keys, strict=True)]
        if names:
            lines.append(f"group c{number} any {' '.join(names)}")
            groups.append(f"c{number}")
    if not groups:
        return "\n".join([*lines, "quorum none", ""])
    return "\n".join([*lines, f"group cosigners any {' '.join(groups)}", "quorum cosigners", ""])
