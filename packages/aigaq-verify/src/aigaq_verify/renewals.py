"""A row of timestamps: a token, and what renewed it before its certificates died.

A certificate ends, and with it what its authority still answers for; what was made under it proves
nothing afterwards unless, before that, another token was taken over it and all that is needed to
judge it. Source: ``spec/evidence-package.md``, "Timestamps"; PROTOCOL 26; RFC 4998 section 5.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from aigaq_verify.encoding import encode_parts
from aigaq_verify.errors import VerifyError
from aigaq_verify.policy import Authority
from aigaq_verify.revocation import is_revoked
from aigaq_verify.tokens import Token, check_token

_LABEL = "aigaq/timestamp-renewal/v1"
_MAXIMUM_COVERED_BYTES = 64 * 1_048_576
REVOKED, EXPIRED = "token.revoked", "token.expired"


@dataclass(frozen=True)
class Stamp:
    """The files of one token. ``name`` and ``list_names`` say where a fault is."""

    name: str
    response: bytes
    chain: bytes
    lists: tuple[bytes, ...]
    list_names: tuple[str, ...]


@dataclass(frozen=True)
class Judged:
    """A token that holds at its own time, and whether a list takes that back."""

    token: Token
    is_revoked: bool


def judge_row(
    row: Sequence[Stamp], *, text: bytes, authorities: Sequence[Authority]
) -> list[Judged]:
    """Return what each token of a row is, the first over ``text``, each other over all before.

    Raises `VerifyError` ``token.*``, with the file in which it was found.
    """
    over, judged = text, []
    for stamp in row:
        try:
            if len(over) > _MAXIMUM_COVERED_BYTES:
                raise VerifyError("token.bad_form")
            token = check_token(
                stamp.response,
                imprint=hashlib.sha256(over).digest(),
                chain_pem=stamp.chain,
                authorities=authorities,
            )
        except VerifyError as error:
            raise error.at(stamp.name) from None
        judged.append(Judged(token, _is_revoked(stamp, token=token)))
        lists = encode_parts(*stamp.lists)
        over = encode_parts(_LABEL, over, stamp.response, stamp.chain, lists)
    return judged


def _is_revoked(stamp: Stamp, *, token: Token) -> bool:
    found = False
    for data, name in zip(stamp.lists, stamp.list_names, strict=True):
        try:
            found |= is_revoked(data, chain=token.chain, at=token.at)
        except VerifyError as error:
            raise error.at(name) from None
    return found


def count_later(row: Sequence[Judged], *, until: datetime) -> int:
    """Return how many tokens of the policy in a row are of after ``until``."""
    return sum(one.token.authority is not None and one.token.at > until for one in row)


def find_anchor(
    row: Sequence[Judged], *, now: datetime, until: datetime
) -> tuple[Token | None, str]:
    """Return the first token of a row that is still proof ``now``, by an authority of the policy.

    One is, if no list takes it back, and its chain has not ended by then or another one that is
    still proof was taken over it before. With it comes the code of why one before it is no proof
    any more, ``token.revoked`` or ``token.expired``, or "". One made after ``until`` counts as
    not there.
    """
    row = [one for one in row if one.token.at <= until]
    anchor, lived_from = None, None
    for one in reversed(row):
        token = one.token
        is_kept = now < token.ends_at or (lived_from is not None and lived_from < token.ends_at)
        is_proof = token.authority is not None and not one.is_revoked and is_kept
        lived_from = token.at if is_proof else None
        anchor = one if is_proof else anchor
    before = row[: row.index(anchor)] if anchor is not None else row
    lost = [one for one in before if one.token.authority is not None]
    code = REVOKED if any(one.is_revoked for one in lost) else EXPIRED if lost else ""
    return (None if anchor is None else anchor.token), code
