"""What can be seen of a sealed item from outside: that it is an age file to one X25519 key.

What is in it, and whether the named key opens it, only who has that key can see. So a ciphertext of
the gate, which is to a hybrid key, does not pass for one, nor does a file that cannot hold as many
bytes as the item has. Sources: https://c2sp.org/age, sections Header and Payload; BIP 173;
``spec/evidence-package.md``.
"""

import re

from aigaq_verify.errors import VerifyError

#: One stanza, written in the one way that unpadded base64 of 32 bytes has.
_VALUE = rb"[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]"
_HEADER = re.compile(
    rb"age-encryption\.org/v1\n-> X25519 %b\n%b\n--- %b\n" % (_VALUE, _VALUE, _VALUE)
)
HEADER_BYTES = 168
_NONCE_BYTES, _TAG_BYTES, _CHUNK_BYTES = 16, 16, 65_536
_LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_RECIPIENT = re.compile(rf"age1[{_LETTERS}]{{58}}\Z")
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def check_sealed(beginning: bytes, *, file_size: int, item_size: int, recipient: str) -> None:
    """Check a sealed item by the first `HEADER_BYTES` bytes of its file and the file's size.

    ``item_size`` is that of what it holds. Raises `VerifyError`: ``item.not_sealed``,
    ``item.wrong_size``.
    """
    if not _is_x25519(recipient) or not _HEADER.fullmatch(beginning[:HEADER_BYTES]):
        raise VerifyError("item.not_sealed")
    chunks = max(1, -(-item_size // _CHUNK_BYTES))
    if file_size != HEADER_BYTES + _NONCE_BYTES + item_size + chunks * _TAG_BYTES:
        raise VerifyError("item.wrong_size")


def _is_x25519(recipient: str) -> bool:
    """Tell whether ``recipient`` is the Bech32 of 32 bytes under the prefix ``age``."""
    if not _RECIPIENT.match(recipient):
        return False
    values = [_LETTERS.index(one) for one in recipient[4:]]
    # 32 bytes are 51 letters and one bit; the other four bits are none.
    if values[51] & 0x0F:
        return False
    prefix = [ord(one) >> 5 for one in "age"] + [0] + [ord(one) & 31 for one in "age"]
    checksum = 1
    for value in prefix + values:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value
        for place, generator in enumerate(_GENERATOR):
            checksum ^= generator if top >> place & 1 else 0
    return checksum == 1
