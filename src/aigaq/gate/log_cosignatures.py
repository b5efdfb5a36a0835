"""Cosignatures of the card's cosigners: which are valid, and how they are kept.

They come by `POST /log/cosignatures` or in the answer of a cosigner that was asked
(`aigaq.gate.log_cosigners`). Only lines of keys that the card lists are ever kept.
"""

from collections.abc import Iterable

from sqlalchemy import Connection, delete, func, insert, select

from aigaq.gate.log_tables import cosignatures
from aigaq.sealing.card import Card
from aigaq.sealing.witnessing import read_cosigners
from aigaq.tlog import (
    CosignerVerifier,
    Ed25519Verifier,
    Note,
    SignatureLine,
    SignedCheckpoint,
    TlogError,
    open_note,
)

_KEPT_SIZES = 256


def list_valid(
    signed: SignedCheckpoint, lines: Iterable[SignatureLine], *, card: Card
) -> list[SignatureLine]:
    """Return those of ``lines`` by which the card's cosigners signed, each key at most once."""
    verifiers = [key for one in read_cosigners(card) for key in one.verifiers]
    valid: dict[tuple[str, bytes], SignatureLine] = {}
    for line in lines:
        for verifier in verifiers:
            named = (line.name, line.key_id)
            if named == (verifier.name, verifier.key_id) and _is_signed(signed, line, verifier):
                valid[named] = line
    return list(valid.values())


def keep_lines(
    connection: Connection, signed: SignedCheckpoint, lines: Iterable[SignatureLine], *, card: Card
) -> None:
    """Keep valid ``lines`` over ``signed``, which the log's key signed; newer ones replace."""
    log = Ed25519Verifier(card.log_origin, card.log_key)
    # By name too: a stranger's line may have the same four bytes, and would spoil what is served.
    named = (log.name, log.key_id)
    own = next(line for line in signed.note.signatures if (line.name, line.key_id) == named)
    note = Note(text=signed.note.text, signatures=(own,)).encode().decode("utf-8")
    size = signed.checkpoint.size
    for line in lines:
        of_key = (
            cosignatures.c.size == size,
            cosignatures.c.name == line.name,
            cosignatures.c.key_id == line.key_id,
        )
        connection.execute(delete(cosignatures).where(*of_key))
        row = {"size": size, "name": line.name, "key_id": line.key_id, "line": str(line)}
        connection.execute(insert(cosignatures).values(**row, note=note))
    _forget_old(connection, card=card)


def find_cosigned_size(connection: Connection, *, card: Card, by: str | None = None) -> int | None:
    """Return the newest size with a line of each cosigner of ``card``, or of the one named."""
    names = {one.name for one in read_cosigners(card) if by in (None, one.name)}
    if not names:
        return None
    size: int | None = connection.scalar(
        select(cosignatures.c.size)
        .where(cosignatures.c.name.in_(names))
        .group_by(cosignatures.c.size)
        .having(func.count(cosignatures.c.name.distinct()) == len(names))
        .order_by(cosignatures.c.size.desc())
        .limit(1)
    )
    return size


def _forget_old(connection: Connection, *, card: Card) -> None:
    """Drop what no one asks for any more: sizes before the newest that all cosigners signed.

    While one of them does not answer, the newest few are kept all the same, and no more; and the
    newest of each, however old it is.
    """
    newest = select(func.max(cosignatures.c.size)).group_by(cosignatures.c.name)
    sizes = select(cosignatures.c.size).distinct().order_by(cosignatures.c.size.desc())
    oldest = connection.scalar(sizes.offset(_KEPT_SIZES - 1).limit(1)) or 0
    complete = find_cosigned_size(connection, card=card) or 0
    is_old = cosignatures.c.size < max(oldest, complete)
    connection.execute(delete(cosignatures).where(is_old, cosignatures.c.size.not_in(newest)))


def _is_signed(signed: SignedCheckpoint, line: SignatureLine, verifier: CosignerVerifier) -> bool:
    try:
        open_note(Note(text=signed.note.text, signatures=(line,)), verifiers=[verifier])
    except TlogError:
        return False
    return True
