"""The receipt code: digits that open a reporter's mailbox, and the keys that grow from them.

20 digits are drawn by the reporter's own device, 24 by the gate for the path without JavaScript.
A code is a ``str`` of ASCII digits; it is never logged and never part of an error. Source:
spec/receipt-code.md, ISO/IEC 7064 (MOD 11,10 and MOD 97-10), RFC 9106 (Argon2id).
"""

import secrets
import unicodedata
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from aigaq.age import HybridIdentity
from aigaq.sealing.encoding import hash_parts
from aigaq.sealing.errors import SealingError
from aigaq.sealing.signatures import public_bytes

SALT_LABEL = "aigaq/receipt/v1"
IDENTITY_LABEL, MAILBOX_LABEL = b"identity", b"mailbox"
CODE_DIGITS, SERVER_CODE_DIGITS = 20, 24
CHECK_DIGITS = {CODE_DIGITS: 1, SERVER_CODE_DIGITS: 2}
MEMORY_KIB, ITERATIONS, LANES, KEY_BYTES = 19_456, 2, 1, 64
# Characters with Unicode's White_Space property, spelled out since languages differ in what a space
# is, and the signs that people put between groups.
WHITE_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009"
)
DROPPED = frozenset(WHITE_SPACE + "\u200a\u2028\u2029\u202f\u205f\u3000" + "-–.")


@dataclass(frozen=True)
class MailboxKeys:
    """The keys of one mailbox: its age identity and its Ed25519 mailbox key."""

    identity: HybridIdentity
    key: Ed25519PrivateKey

    @property
    def public_key(self) -> bytes:
        """Return the 32 bytes that name the mailbox."""
        return public_bytes(self.key)

    @property
    def recipient(self) -> str:
        """Return the mailbox recipient, ``age1pq1…``."""
        return str(self.identity.recipient)


def draw_code() -> str:
    """Return a new code of 20 digits, drawn on the device of the one who will keep it."""
    digits = "".join(str(secrets.randbelow(10)) for _ in range(CODE_DIGITS - 1))
    return digits + mod_11_10_digit(digits)


def build_server_code(drawn: int) -> str:
    """Return the code of 24 digits that begins with the last 22 of ``drawn``.

    The server that drew it has known it.
    """
    length = SERVER_CODE_DIGITS - 2
    digits = f"{drawn % 10**length:0{length}d}"
    return digits + mod_97_10_digits(digits)


def mod_11_10_digit(digits: str) -> str:
    """Return the ISO 7064 MOD 11,10 check digit of ``digits``."""
    product = 10
    for digit in digits:
        total = (product + int(digit)) % 10 or 10
        product = total * 2 % 11
    return str((11 - product) % 10)


def mod_97_10_digits(digits: str) -> str:
    """Return the two ISO 7064 MOD 97-10 check digits of ``digits``."""
    return f"{98 - int(digits) * 100 % 97:02d}"


def read_typed_code(typed: str) -> str:
    """Return the code in what a person typed.

    White space, hyphens, dashes and dots are dropped; digits of any script count. Raises
    `SealingError`: ``receipt_code.not_a_digit``, ``.wrong_length``, ``.wrong_check_digit``.
    """
    signs = [sign for sign in typed if sign not in DROPPED]
    if any(unicodedata.category(sign) != "Nd" for sign in signs):
        raise SealingError("receipt_code.not_a_digit")
    code = "".join(str(unicodedata.decimal(sign)) for sign in signs)
    if len(code) not in CHECK_DIGITS:
        raise SealingError("receipt_code.wrong_length")
    _check_digits(code)
    return code


def format_code(code: str) -> str:
    """Return a code in groups of four, as it is shown and written down."""
    return " ".join(code[start : start + 4] for start in range(0, len(code), 4))


def is_known_to_server(code: str) -> bool:
    """Tell whether the server drew this code and so knew it."""
    return len(code) == SERVER_CODE_DIGITS


def stretch_code(code: str, *, team_id: bytes) -> bytes:
    """Return k, the 64 bytes of Argon2id over the digits without the check. Takes about 30 ms."""
    return Argon2id(
        salt=hash_parts(SALT_LABEL, team_id)[:16],
        length=KEY_BYTES,
        iterations=ITERATIONS,
        lanes=LANES,
        memory_cost=MEMORY_KIB,
    ).derive(_without_check(code).encode("ascii"))


def derive_mailbox_keys(code: str, *, team_id: bytes) -> MailboxKeys:
    """Return the keys of the mailbox that ``code`` opens at this team."""
    k = stretch_code(code, team_id=team_id)
    return MailboxKeys(
        identity=HybridIdentity.from_seed(expand(k, label=IDENTITY_LABEL)),
        key=Ed25519PrivateKey.from_private_bytes(expand(k, label=MAILBOX_LABEL)),
    )


def expand(key: bytes, *, label: bytes) -> bytes:
    """Return 32 bytes of HKDF-SHA512 with an empty salt and ``info`` = label."""
    return HKDF(algorithm=SHA512(), length=32, salt=None, info=label).derive(key)


def _check_digits(code: str) -> None:
    if len(code) == CODE_DIGITS:
        fits = mod_11_10_digit(code[:-1]) == code[-1]
    else:
        fits = int(code) % 97 == 1
    if not fits:
        raise SealingError("receipt_code.wrong_check_digit")


def _without_check(code: str) -> str:
    return code[: -CHECK_DIGITS[len(code)]]
