"""Vectors of the file form: one tar that is right, and many that any tar program would take."""

import io
import tarfile
from dataclasses import dataclass

from scripts.vector_sources.fixtures import Vector, b64, to_file

from aigaq.sealing.container import BLOCK, END, build_tar_header
from aigaq.sealing.header import HEADER, KEY, MANIFEST, item_name

CONTENT = {
    item_name(0): b"item",
    item_name(1): b"",
    MANIFEST: b"m" * 512,
    KEY: b"key",
    HEADER: b"{}",
}


def build() -> dict[str, bytes]:
    """Return the files of this format, by path under spec/vectors."""
    return {"container/containers.json": to_file(_containers())}


@dataclass(frozen=True)
class Piece:
    """A member as it stands in a tar: its header block and its content, padded."""

    header: bytes
    content: bytes

    def __bytes__(self) -> bytes:
        return self.header + self.content + bytes(-len(self.content) % BLOCK)


def piece(name: str, content: bytes) -> Piece:
    """Return a member of the right form."""
    return Piece(header=build_tar_header(name, size=len(content)), content=content)


def build_tar(members: dict[str, bytes]) -> bytes:
    """Return a container of ``members`` in their order, whatever that is."""
    return b"".join(bytes(piece(name, content)) for name, content in members.items()) + END


def reform(header: bytes, *, offset: int, data: bytes) -> bytes:
    """Return a tar header with bytes changed and its checksum made right again."""
    changed = header[:offset] + data + header[offset + len(data) :]
    blank = changed[:148] + b" " * 8 + changed[156:]
    return blank[:148] + b"%06o\0 " % sum(blank) + blank[156:]


def _containers() -> list[Vector]:
    good = build_tar(CONTENT)
    wire = build_tar({name: CONTENT[name] for name in (MANIFEST, KEY, HEADER)})
    vectors: list[Vector] = [
        _vector("two items", good, members=CONTENT),
        _vector("no item", wire, members={n: CONTENT[n] for n in (MANIFEST, KEY, HEADER)}),
    ]
    vectors.extend(_vector(name, data, error=error) for name, data, error in _orders())
    vectors.extend(_vector(name, data, error=error) for name, data, error in _headers())
    vectors.extend(_vector(name, data, error=error) for name, data, error in _ends(good))
    return vectors


def _vector(
    name: str, data: bytes, *, members: dict[str, bytes] | None = None, error: str | None = None
) -> Vector:
    vector: Vector = {"name": name, "tar": b64(data), "error": error}
    if members is not None:
        vector["members"] = [{"name": n, "content": b64(c)} for n, c in members.items()]
    return vector


def _orders() -> list[tuple[str, bytes, str]]:
    def of(*names: str) -> bytes:
        return b"".join(bytes(piece(n, CONTENT.get(n, b""))) for n in names) + END

    code = "container.bad_order"
    first, second = item_name(0), item_name(1)
    return [
        ("items in another order", of(second, first, MANIFEST, KEY, HEADER), code),
        ("a gap between items", of(first, item_name(2), MANIFEST, KEY, HEADER), code),
        ("an item twice", of(first, first, MANIFEST, KEY, HEADER), code),
        ("items that begin with 1", of(second, MANIFEST, KEY, HEADER), code),
        ("an item behind the manifest", of(MANIFEST, first, KEY, HEADER), code),
        ("header first", of(HEADER, MANIFEST, KEY), code),
        ("no header", of(MANIFEST, KEY), code),
        ("no key", of(MANIFEST, HEADER), code),
        ("manifest twice", of(MANIFEST, MANIFEST, KEY, HEADER), code),
        ("only the end", END, code),
    ]


def _headers() -> list[tuple[str, bytes, str]]:
    """Return tars whose first item has a header that is not ours, checksum right."""
    good = build_tar_header(item_name(0), size=4)
    tar, name = "container.bad_tar", "container.bad_name"
    cases = [
        ("a path upwards", 0, b"../item-0000.age", name),
        ("an absolute path", 0, b"/item-0000.age", name),
        ("a folder in front", 0, b"./item-0000.age", name),
        ("another name", 0, b"passwords.age", name),
        ("a name in other letter case", 0, b"ITEM-0000.AGE", name),
        ("a fifth digit", 0, b"item-00000.age", name),
        ("something behind a NUL in the name", 14, b"x", name),
        ("a name that is not ASCII", 0, "іtem-0000.age".encode(), name),
        ("mode 0755", 100, b"0000755\0", tar),
        ("a user", 108, b"0001750\0", tar),
        ("a group", 116, b"0001750\0", tar),
        ("a size in spaces", 124, b"          4\0", tar),
        ("a size in base 256", 124, b"\x80" + bytes(10) + b"\x04", tar),
        ("a size with a minus", 124, b"-0000000004\0", tar),
        ("a time", 136, b"14706534420\0", tar),
        ("a hard link", 156, b"1", tar),
        ("a symbolic link", 156, b"2", tar),
        ("a device", 156, b"3", tar),
        ("a folder", 156, b"5", tar),
        ("an extension header", 156, b"x", tar),
        ("a long name of GNU", 156, b"L", tar),
        ("the old type NUL", 156, b"\0", tar),
        ("a link name", 157, b"/etc/passwd", tar),
        ("the magic of GNU", 257, b"ustar  \0", tar),
        ("a user name", 265, b"root", tar),
        ("a device number", 329, b"0000001\0", tar),
        ("a prefix", 345, b"..", tar),
        ("a byte behind the prefix", 511, b"x", tar),
    ]
    rest = b"".join(bytes(piece(n, CONTENT[n])) for n in (MANIFEST, KEY, HEADER)) + END
    content = b"item" + bytes(BLOCK - 4)
    result = [
        (title, reform(good, offset=offset, data=data) + content + rest, code)
        for title, offset, data, code in cases
    ]
    wrong_sum = good[:148] + b"000000\0 " + good[156:]
    result.append(("a wrong checksum", wrong_sum + content + rest, tar))
    hidden = good + b"item" + bytes(BLOCK - 5) + b"x" + rest
    result.append(("a byte in the padding", hidden, tar))
    lying = build_tar_header(item_name(0), size=8 * 1024**3 - 1)
    result.append(("a size that lies", lying + content + rest, "container.truncated"))
    result.append(("a size that is too small", _with_size(3) + content + rest, tar))
    result.append(("a tar of GNU", _by_python(tarfile.GNU_FORMAT), tar))
    result.append(("a tar of PAX with an extension", _by_python(tarfile.PAX_FORMAT), name))
    return result


def _with_size(size: int) -> bytes:
    return build_tar_header(item_name(0), size=size)


def _by_python(form: int) -> bytes:
    """Return the members as Python's tarfile writes them."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as tar:
        for name, content in CONTENT.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            if form == tarfile.PAX_FORMAT:
                info.pax_headers = {"comment": "hidden"}
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def _ends(good: bytes) -> list[tuple[str, bytes, str]]:
    trailing, truncated = "container.trailing_data", "container.truncated"
    end = len(END)
    return [
        ("a third zero block", good + bytes(BLOCK), trailing),
        ("padded to 10,240 bytes, as tar programs do", good.ljust(10_240, b"\0"), trailing),
        ("a byte behind the end", good + b"x", trailing),
        ("a second container behind", good + good, trailing),
        ("a member where the end should be", good[:-end] + good, trailing),
        ("one zero block only", good[:-BLOCK], truncated),
        ("no end", good[:-end], truncated),
        ("cut within a header", good[:300], truncated),
        ("cut within a content", good[: 3 * BLOCK - 9], truncated),
        ("nothing", b"", truncated),
    ]
