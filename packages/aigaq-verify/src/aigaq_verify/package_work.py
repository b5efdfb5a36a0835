"""What the steps of a package hand on from one to the next."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from aigaq_verify.bag import Bag
from aigaq_verify.cards import Card
from aigaq_verify.contents import Contents
from aigaq_verify.earlier import SeenHead
from aigaq_verify.errors import VerifyError
from aigaq_verify.policy import Policy
from aigaq_verify.sources import Source
from aigaq_verify.words import Told

MAXIMUM_SMALL_BYTES = 1_048_576


@dataclass
class PackageWork:
    """What the steps hand on."""

    source: Source
    policy: Policy | None
    #: The moment for which it is asked whether tokens are still proof.
    now: datetime
    #: What was made after it vouches for nothing.
    until: datetime
    bag: Bag | None = None
    contents: Contents | None = None
    cards: Sequence[Card] = ()
    #: By the file: the package's own head, and earlier ones.
    heads: dict[str, SeenHead] = field(default_factory=dict)
    #: By the item's number in the package: what step 9 says of its custody.
    custody_told: dict[int, list[Told]] = field(default_factory=dict)

    def read(self, name: str, *, maximum_bytes: int = MAXIMUM_SMALL_BYTES) -> bytes:
        """Return a tag file with the bytes that step 1 hashed."""
        if self.bag is None:
            raise VerifyError("files.missing", name)
        return self.bag.read(self.source, name, maximum_bytes=maximum_bytes)

    @property
    def known(self) -> Contents:
        """What step 2 read."""
        if self.contents is None:
            raise VerifyError("package.bad_form")
        return self.contents
