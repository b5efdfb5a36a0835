"""The keys of the open desk: the one place in the process that holds them.

Nothing else keeps a copy. A generation number rises each time the keys are dropped, so that
whoever opened something with them can see that it is stale. Keys are 32 bytes, each derived from
the master key by HKDF-SHA512 with an empty salt and its label.
"""

import threading

from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from aigaq.core.errors import DeskLocked

KEY_BYTES = 32
DATABASE_LABEL = b"aigaq/desk/database/v1"
BLOBS_LABEL = b"aigaq/desk/blobs/v1"


def derive_key(*, secret: bytes, label: bytes, length: int = KEY_BYTES) -> bytes:
    """Return ``length`` bytes of HKDF-SHA512(secret, empty salt, label)."""
    return HKDF(algorithm=SHA512(), length=length, salt=None, info=label).derive(secret)


class HeldKeys:
    """Holds the keys while the desk is open; overwrites and drops them when it locks."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._keys: dict[bytes, bytearray] = {}
        self._generation = 0

    @property
    def generation(self) -> int:
        """The number of times that keys were dropped."""
        return self._generation

    @property
    def is_open(self) -> bool:
        """Tell whether the desk is open now."""
        return bool(self._keys)

    def hold(self, *, master: bytes) -> None:
        """Derive and keep the keys of ``master``, and not ``master`` itself."""
        if len(master) != KEY_BYTES:
            raise ValueError("a master key has 32 bytes")
        with self._guard:
            for label in (DATABASE_LABEL, BLOBS_LABEL):
                self._keys[label] = bytearray(derive_key(secret=master, label=label))

    def drop(self) -> None:
        """Overwrite the keys, forget them, and make every connection opened with them stale."""
        with self._guard:
            self._generation += 1
            for key in self._keys.values():
                key[:] = bytes(len(key))
            self._keys.clear()

    def get(self, *, label: bytes) -> tuple[bytes, int]:
        """Return the key of ``label`` and the generation it belongs to. Raises `DeskLocked`."""
        with self._guard:
            if label not in self._keys:
                raise DeskLocked
            return bytes(self._keys[label]), self._generation


#: The keys of this process. STYLE forbids such singletons; Django's database backend is made by
#: Django and can be handed nothing, so this one stands, and only here.
HELD = HeldKeys()
