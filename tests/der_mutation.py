"""Changes in the tree of a DER value: parts left out, doubled, moved; other tags, lengths, forms.

Random bits mostly break the outermost form; these reach what stands within, and every length
outside of what was changed is right again.
"""

from dataclasses import dataclass, field
from random import Random

from tests.token_maker import der

_TAGS = (0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0A, 0x0C, 0x13, 0x17, 0x18, 0x30, 0x31, 0xA0, 0xA1)
_CONTENTS = (b"", b"\x00", b"\x7f", b"\x80", b"\xff", b"\x00\x80", b"\x00\x01", b"\xff\xff")
_ENDS = (b"\x00", b"\x05\x00", b"\xff")
_TIMES = (
    (0x18, b"20260230000000Z"),
    (0x18, b"20260101240000Z"),
    (0x18, b"00000101000000Z"),
    (0x18, b"00500101000000Z"),
    (0x18, b"20260504093000.0Z"),
    (0x18, b"20260504093000.123456789Z"),
    (0x18, b"20260504093060Z"),
    (0x18, b"99991231235959Z"),
    (0x17, b"490101000000Z"),
    (0x17, b"2601010000Z"),
)


@dataclass
class Node:
    """A value: its content is ``lead`` and either ``parts`` or ``data``."""

    tag: int
    data: bytes = b""
    lead: bytes = b""
    parts: "list[Node] | None" = None
    #: What stands there instead, if it shall be no DER.
    raw: bytes | None = field(default=None)

    @property
    def content(self) -> bytes:
        if self.parts is None:
            return self.data
        return self.lead + b"".join(one.encode() for one in self.parts)

    def encode(self) -> bytes:
        return der(self.tag, self.content) if self.raw is None else self.raw

    def fix(self, data: bytes) -> None:
        """Have this content from now on, whatever stood there."""
        self.data, self.parts = data, None


def parse(data: bytes) -> list[Node]:
    found, at = [], 0
    while at < len(data):
        tag, size, start = data[at], data[at + 1], at + 2
        if size & 0x80:
            count = size & 0x7F
            size, start = int.from_bytes(data[start : start + count], "big"), start + count
        content = data[start : start + size]
        if len(content) != size:
            raise ValueError
        found.append(_parse_one(tag, content))
        at = start + size
    return found


def _parse_one(tag: int, content: bytes) -> Node:
    lead = content[:1] if tag == 0x03 else b""
    if tag & 0x20 or tag in (0x03, 0x04):
        try:
            parts = parse(content[len(lead) :])
        except (ValueError, IndexError):
            parts = []
        node = Node(tag, lead=lead, parts=parts)
        if node.content == content and (tag & 0x20 or parts):
            return node
    return Node(tag, content)


def list_places(nodes: list[Node]) -> list[tuple[list[Node], int]]:
    found = []
    for at, one in enumerate(nodes):
        found.append((nodes, at))
        found += list_places(one.parts or [])
    return found


def mutate(data: bytes, *, chance: Random) -> bytes:
    """Return ``data``, a row of DER values, with one to three changes."""
    tree = parse(data)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        places = list_places(tree)
        if places:
            nodes, at = chance.choice(places)
            _change(nodes, at, chance=chance)
    return b"".join(one.encode() for one in tree)


def _change(nodes: list[Node], at: int, *, chance: Random) -> None:
    one = nodes[at]
    content = one.content
    match chance.randrange(11):
        case 0:
            nodes.pop(at)
        case 1:
            nodes.insert(at, one)
        case 2:
            chance.shuffle(nodes)
        case 3:
            one.tag = chance.choice((*_TAGS, one.tag ^ 0x20, 0x1F, 0x80, 0x82))
        case 4:
            one.fix(chance.choice(_CONTENTS))
        case 5:
            broken = bytearray(content or b"\x00")
            broken[chance.randrange(len(broken))] ^= 1 << chance.randrange(8)
            one.fix(bytes(broken))
        case 6:
            count = chance.choice((0, 2, 3, 4, 5))
            length = bytes([0x80 | count]) + len(content).to_bytes(max(count, 2), "big")[-count:]
            one.raw = bytes([one.tag]) + length + content
        case 7:
            nodes.insert(at, Node(chance.choice(_TAGS), chance.choice((b"", b"\x05", b"\xff"))))
        case 8:
            one.fix(content + chance.choice(_ENDS))
        case 9:
            one.fix(content[:-1])
        case 10 if one.tag in (0x17, 0x18):
            one.tag, moment = chance.choice(_TIMES)
            one.fix(moment)
        case _:
            one.fix(content)
