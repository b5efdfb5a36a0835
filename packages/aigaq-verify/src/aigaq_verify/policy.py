"""Whom a verifier trusts: ``aigaq-policy/v1``, with a C2SP tlog-policy in it.

Obtained elsewhere than from who gives the package. Sources: ``spec/policy.md``;
https://c2sp.org/tlog-policy.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aigaq_verify.certificates import Certificate, parse_certificates
from aigaq_verify.encoding import Form, format_time, parse_any_json
from aigaq_verify.errors import VerifyError
from aigaq_verify.notes import (
    COSIGNATURE_ED25519,
    COSIGNATURE_ML_DSA_44,
    ED25519,
    NoteKey,
    parse_vkey,
)
from aigaq_verify.signatures import open_signed_json
from aigaq_verify.words import Told

_BAD = "policy.bad_form"
_MAXIMUM_BYTES = 4 * 1024 * 1024
_COSIGNATURES = (COSIGNATURE_ED25519, COSIGNATURE_ML_DSA_44)
_NAMES = {"format", "name", "retirements", "timestamp_authorities", "tlog_policy"}
_OPTIONAL = {"root_key", "root_fingerprint", "require"}
_MAXIMUM_KEYS = 64
_MAXIMUM_GROUP_DEPTH = 16
_LINE = re.compile(r"[\t\x20-\x7e\x80-\U0010ffff]*\Z")


@dataclass(frozen=True)
class Quorum:
    """A witness by name (no members), or how many of which members must have cosigned."""

    name: str
    needed: int = 1
    members: tuple["Quorum", ...] = ()

    @property
    def depth(self) -> int:
        """How many groups stand within each other."""
        return 1 + max((member.depth for member in self.members), default=0)

    def is_met(self, cosigned: frozenset[str]) -> bool:
        """Tell whether the witnesses named in ``cosigned`` are enough."""
        if not self.members:
            return self.name in cosigned
        return sum(member.is_met(cosigned) for member in self.members) >= self.needed


@dataclass(frozen=True)
class LogPolicy:
    """The logs, the witnesses by name, and the quorum; None for ``quorum none``."""

    logs: tuple[NoteKey, ...]
    witnesses: Mapping[str, NoteKey]
    quorum: Quorum | None


@dataclass(frozen=True)
class Retirement:
    """That signatures of a log key count only under a head that was witnessed before."""

    log_key: bytes
    log_origin: str
    new_log_origin: str
    last_checkpoint: str | None
    retired_at: datetime


@dataclass(frozen=True)
class Authority:
    """A timestamp authority: its name and its roots."""

    name: str
    certificates: tuple[Certificate, ...]


@dataclass(frozen=True)
class Policy:
    """What a verifier was told to trust."""

    name: str
    root_key: bytes | None
    fingerprint: tuple[int, ...] | None
    log: LogPolicy
    retirement_texts: tuple[str, ...]
    authorities: tuple[Authority, ...]
    needs_quorum: bool
    needed_timestamps: int

    def describe(self, *, at: datetime) -> list[Told]:
        """Tell which policy this is, and for which moment it is asked."""
        return [("policy_used", self.name, format_time(at))]

    def check_root(self, root_key: bytes) -> None:
        """Raise `VerifyError` (``policy.other_root``) unless ``root_key`` is the one it trusts."""
        if self.root_key is not None and self.root_key != root_key:
            raise VerifyError("policy.other_root")
        if self.fingerprint is not None and self.fingerprint != fingerprint(root_key):
            raise VerifyError("policy.other_root")


def fingerprint(root_key: bytes) -> tuple[int, ...]:
    """Return the first 88 bits of SHA-256 of a root key, as eight numbers of 11 bits."""
    bits = int.from_bytes(hashlib.sha256(root_key).digest()[:11], "big")
    return tuple(bits >> shift & 2047 for shift in range(77, -1, -11))


def parse_policy(data: bytes) -> Policy:
    """Return the policy in ``data``. Raises `VerifyError` (``policy.bad_form``)."""
    if len(data) > _MAXIMUM_BYTES:
        raise VerifyError(_BAD)
    members = parse_any_json(data, code=_BAD)
    if not isinstance(members, dict) or not {"root_key", "root_fingerprint"} & members.keys():
        raise VerifyError(_BAD)
    form = Form(members, names=_NAMES | (_OPTIONAL & members.keys()), code=_BAD)
    if form.text("format") != "aigaq-policy/v1":
        raise VerifyError(_BAD)
    require = (
        form.form("require", names=("cosigned", "timestamps")) if "require" in members else None
    )
    log = parse_log_policy(form.text("tlog_policy"))
    needs_quorum = require.boolean("cosigned") if require is not None else True
    needed = require.integer("timestamps") if require is not None else 0
    if not needs_quorum and not needed:  # Then nothing outside of the organisation would stand.
        raise VerifyError(_BAD)
    retirements = form.values("retirements")
    if not all(isinstance(one, str) for one in retirements):
        raise VerifyError(_BAD)
    return Policy(
        name=form.text("name"),
        root_key=form.base64("root_key") if "root_key" in members else None,
        fingerprint=_read_fingerprint(form) if "root_fingerprint" in members else None,
        log=log,
        retirement_texts=tuple(retirements),
        authorities=_read_authorities(form),
        needs_quorum=needs_quorum,
        needed_timestamps=needed,
    )


def _read_authorities(form: Form) -> tuple[Authority, ...]:
    """Return the authorities; none stands twice, or one token would count for two."""
    authorities = tuple(
        Authority(
            one.text("name"),
            tuple(parse_certificates(one.text("certificates").encode("utf-8"), code=_BAD)),
        )
        for one in form.forms("timestamp_authorities", names=("certificates", "name"))
    )
    roots = [root for one in authorities for root in set(one.certificates)]
    if len({one.name for one in authorities}) != len(authorities) or len(set(roots)) != len(roots):
        raise VerifyError(_BAD)
    return authorities


def _read_fingerprint(form: Form) -> tuple[int, ...]:
    """Return the numbers of ``abandon 0000 · ability 0001 · …``; the words are for people."""
    numbers = re.findall(r"\b([0-9]{4})\b", form.text("root_fingerprint"), re.ASCII)
    if len(numbers) != 8 or any(int(one) > 2047 for one in numbers):
        raise VerifyError(_BAD)
    return tuple(map(int, numbers))


def parse_log_policy(text: str) -> LogPolicy:
    """Return a C2SP tlog-policy. Raises `VerifyError` (``policy.bad_form``)."""
    logs: list[NoteKey] = []
    witnesses: dict[str, NoteKey] = {}
    known: dict[str, Quorum] = {}
    quorums: list[Quorum | None] = []
    used: set[str] = set()
    if text and not text.endswith("\n"):
        raise VerifyError(_BAD)
    for line in text.split("\n"):
        words = line.replace("\t", " ").split(" ")
        words = [word for word in words if word]
        if not _LINE.match(line):
            raise VerifyError(_BAD)
        if not words or words[0].startswith("#"):
            continue
        keyword, rest = words[0], words[1:]
        if keyword == "log" and len(rest) in (1, 2):
            logs.append(_read_key(rest[0], kinds=(ED25519,), others=logs))
        elif keyword == "witness" and len(rest) in (2, 3):
            _check_new(rest[0], known)
            others = list(witnesses.values())
            witnesses[rest[0]] = _read_key(rest[1], kinds=_COSIGNATURES, others=others)
            known[rest[0]] = Quorum(rest[0])
        elif keyword == "group" and len(rest) >= 3:
            _check_new(rest[0], known)
            known[rest[0]] = _read_group(rest, known=known, used=used)
        elif keyword == "quorum" and len(rest) == 1 and not quorums:
            if rest[0] != "none" and rest[0] not in known:
                raise VerifyError(_BAD)
            quorums.append(known.get(rest[0]))
        else:
            raise VerifyError(_BAD)
    if not quorums:
        raise VerifyError(_BAD)
    return LogPolicy(logs=tuple(logs), witnesses=witnesses, quorum=quorums[0])


def _check_new(name: str, known: Mapping[str, Quorum]) -> None:
    if name == "none" or name in known:
        raise VerifyError(_BAD)


def _read_key(text: str, *, kinds: tuple[int, ...], others: list[NoteKey]) -> NoteKey:
    if len(others) >= _MAXIMUM_KEYS:
        raise VerifyError(_BAD)
    key = parse_vkey(text, code=_BAD)
    if key.kind not in kinds or any(key.public_key == one.public_key for one in others):
        raise VerifyError(_BAD)
    return key


def _read_group(rest: list[str], *, known: Mapping[str, Quorum], used: set[str]) -> Quorum:
    name, count, *names = rest
    if any(one not in known or one in used for one in names) or len(set(names)) != len(names):
        raise VerifyError(_BAD)
    if any(known[one].depth >= _MAXIMUM_GROUP_DEPTH for one in names):
        raise VerifyError(_BAD)
    used.update(names)
    if count not in ("any", "all") and not re.fullmatch(r"[1-9][0-9]{0,3}", count):
        raise VerifyError(_BAD)
    needed = {"any": 1, "all": len(names)}.get(count) or int(count)
    if not 1 <= needed <= len(names):
        raise VerifyError(_BAD)
    return Quorum(name, needed, tuple(known[one] for one in names))


def parse_retirement(text: str, *, root_key: bytes) -> Retirement:
    """Return a retirement under ``root_key``. Raises `VerifyError`: ``retirement.*``."""
    members: Any = open_signed_json(
        text.encode("utf-8", errors="replace"),
        format_name="aigaq/key-retirement/v1",
        public_key=root_key,
        area="retirement",
    )
    names = (
        "format",
        "last_checkpoint",
        "log_key",
        "log_origin",
        "new_log_origin",
        "retired_at",
        "team_id",
    )
    form = Form(members, names=names, code="retirement.bad_form")
    return Retirement(
        log_key=form.base64("log_key"),
        log_origin=form.text("log_origin"),
        new_log_origin=form.text("new_log_origin"),
        last_checkpoint=form.optional_text("last_checkpoint"),
        retired_at=form.time("retired_at"),
    )
