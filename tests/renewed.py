"""Timestamps that were renewed: over a checkpoint, then over the token and all that judges it."""

from collections.abc import Sequence
from datetime import datetime

from tests.token_maker import Maker

from aigaq.evidence.package_shapes import PackagedToken
from aigaq.sealing.encoding import encode_parts

#: As the format says it (spec/evidence-package.md).
LABEL = "aigaq/timestamp-renewal/v1"


def cover(over: bytes, token: PackagedToken) -> bytes:
    """Return what a renewal of ``token``, which is over ``over``, is taken over."""
    lists = encode_parts(*token.lists)
    return encode_parts(LABEL, over, token.response, token.chain, lists)


def stamp(maker: Maker, over: bytes, *, at: datetime, lists: Sequence[bytes] = ()) -> PackagedToken:
    """Return a token with its chain and lists as a package carries it."""
    return PackagedToken(maker.name, maker.stamp(over, at=at), maker.chain, tuple(lists))


def renew(
    row: Sequence[PackagedToken], maker: Maker, *, text: bytes, at: datetime
) -> PackagedToken:
    """Return the token that renews the last of ``row``, whose first is over ``text``."""
    over = text
    for one in row:
        over = cover(over, one)
    return stamp(maker, over, at=at)
