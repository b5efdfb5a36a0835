"""The policy by which strangers check our receipts and packages (``aigaq-policy/v1``).

Root key, every log that we had with its retirement, and those who watch. Whoever checks must have
it from elsewhere than from the gate. Any one cosigner that we do not control is enough. While there
is none, the desk's own shows what was before a seizure, and nothing more: anchored is only what two
authorities of different countries stamped. Source: ``spec/policy.md``; PROTOCOL 25, 26, 27.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from aigaq.accounts import selectors as accounts
from aigaq.core.commands import Answer, Arguments
from aigaq.sealing.card import Card, parse_card
from aigaq.sealing.encoding import encode_base64
from aigaq.sealing.fingerprint import format_fingerprint
from aigaq.sealing.witnessing import (
    CardAuthority,
    CardCosigner,
    is_independently_witnessed,
    read_authorities,
    read_cosigners,
)
from aigaq.tlog import VerifierKey
from aigaq.tlog.notes import ED25519
from aigaq_verify.policy import parse_policy

FORMAT = "aigaq-policy/v1"
#: Of different countries, where no cosigner is independent (PROTOCOL 26).
AUTHORITIES_NEEDED = 2


@dataclass(frozen=True)
class LogPolicy:
    """A policy as text, and what it holds."""

    text: str
    logs: tuple[str, ...]
    cosigners: tuple[str, ...]
    retired: int
    #: Whether anybody but the organisation can vouch for what is checked by it.
    is_independent: bool


def build_policy() -> LogPolicy:
    """Return the policy of our cards, read once by the verifier's own rules."""
    root_key = bytes(accounts.get_organisation().root_key)
    cards = [parse_card(one, root_key=root_key) for one in accounts.list_cards()]
    retired = [one.signed for one in accounts.list_retirements()]
    return write_policy(cards, root_key=root_key, retired=retired)


def write_policy(cards: Sequence[Card], *, root_key: bytes, retired: Sequence[str]) -> LogPolicy:
    """Return the policy of ``cards``, the newest last, and of signed retirements."""
    logs = dict.fromkeys(_name_log(card) for card in cards)
    cosigners = _choose_cosigners(cards)
    has_independent = any(one.is_independent for one in read_cosigners(cards[-1]))
    authorities = _choose_authorities(cards[-1], one_a_country=not has_independent)
    require = {"cosigned": True, "timestamps": 0}
    if not has_independent:
        require = {"cosigned": False, "timestamps": AUTHORITIES_NEEDED}
    members = {
        "format": FORMAT,
        "name": cards[-1].names["ru"],
        "require": require,
        "retirements": list(retired),
        "root_fingerprint": format_fingerprint(root_key),
        "root_key": encode_base64(root_key),
        "timestamp_authorities": [
            {"certificates": one.certificates, "name": one.name} for one in authorities
        ],
        "tlog_policy": _write_log_policy(list(logs), cosigners),
    }
    text = json.dumps(members, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    parse_policy(text.encode("utf-8"))
    names = tuple(dict.fromkeys(one.name for one in cosigners))
    is_independent = is_independently_witnessed(cards[-1])
    return LogPolicy(text, tuple(logs), names, len(retired), is_independent)


def run_policy_command(arguments: Arguments) -> Answer:
    """Give the policy to `aigaq log policy`."""
    policy = build_policy()
    return {
        "cosigners": list(policy.cosigners),
        "independently_witnessed": policy.is_independent,
        "logs": list(policy.logs),
        "policy": policy.text,
        "retired": policy.retired,
    }


def _name_log(card: Card) -> str:
    return str(VerifierKey(name=card.log_origin, kind=ED25519, public_key=card.log_key))


def _choose_authorities(card: Card, *, one_a_country: bool) -> list[CardAuthority]:
    """Return the authorities of a card, each root once; two of one country can count for one."""
    chosen: dict[str, CardAuthority] = {}
    for one in read_authorities(card):
        chosen.setdefault(one.country if one_a_country else one.certificates, one)
    return list(chosen.values())


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
