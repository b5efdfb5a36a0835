"""C2SP CCTV: the age test vectors that every implementation shares, all 143 of them."""

import hashlib
import io
import zlib
from dataclasses import dataclass
from pathlib import Path

import pytest

from aigaq import age
from aigaq.age.binary import Source, read_fully
from aigaq.age.header import build_header, parse_header

FOLDER = Path(__file__).parents[3] / "spec" / "vectors" / "age" / "cctv"
FILES = sorted(path for path in FOLDER.iterdir() if path.name != "README.md")
KEYS = {
    "armored",
    "comment",
    "compressed",
    "expect",
    "file key",
    "identity",
    "passphrase",
    "payload",
}

# What each expectation of CCTV is called here: an exact class, so that one failure cannot pass for
# another.
EXPECTED_ERRORS: dict[str, type[age.AgeError] | None] = {
    "success": None,
    "no match": age.NotForMeError,
    "HMAC failure": age.HeaderMacError,
    "header failure": age.HeaderError,
    "payload failure": age.PayloadError,
    "armor failure": age.ArmorError,
}


@dataclass(frozen=True)
class Vector:
    expect: str
    identities: list[age.Identity]
    armored: bool
    payload_sha256: str | None
    file: bytes


def read_vector(path: Path) -> Vector:
    """Return the vector in ``path``; a key or a value that we do not know is an error."""
    text, _, file = path.read_bytes().partition(b"\n\n")
    pairs = [line.split(": ", 1) for line in text.decode().split("\n")]
    facts = dict(pairs)
    assert set(facts) <= KEYS
    assert facts.get("compressed", "zlib") == "zlib"
    assert facts.get("armored", "yes") == "yes"
    identities: list[age.Identity] = []
    for key, value in pairs:
        if key == "identity":
            identities.append(age.parse_identity(value))
        if key == "passphrase":
            identities.append(age.ScryptIdentity(value))
    return Vector(
        expect=facts["expect"],
        identities=identities,
        armored="armored" in facts,
        payload_sha256=facts.get("payload"),
        file=zlib.decompress(file) if "compressed" in facts else file,
    )


def test_all_143_vectors_are_here() -> None:
    assert len(FILES) == 143


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_vector_ends_as_expected(path: Path) -> None:
    vector = read_vector(path)
    expected = EXPECTED_ERRORS[vector.expect]
    reader = age.armor.Decoder(io.BytesIO(vector.file)) if vector.armored else None
    released = io.BytesIO()
    outcome: type[age.AgeError] | None = None
    try:
        age.decrypt(reader or io.BytesIO(vector.file), released, identities=vector.identities)
    except age.AgeError as error:
        outcome = type(error)
    assert outcome is expected
    if vector.expect in ("success", "payload failure"):
        assert hashlib.sha256(released.getvalue()).hexdigest() == vector.payload_sha256
    elif not vector.armored:
        assert released.getvalue() == b""


SUCCESSES = [path for path in FILES if b"expect: success\n" in path.read_bytes()]


@pytest.mark.parametrize("path", SUCCESSES, ids=lambda path: path.name)
def test_a_good_header_is_written_again_byte_for_byte(path: Path) -> None:
    vector = read_vector(path)
    file = vector.file
    if vector.armored:
        file = age.armor.decode_bytes(file)
    source = Source(io.BytesIO(file))
    header = parse_header(source)
    file_key = next(
        key for one in vector.identities if (key := one.unwrap(header.stanzas)) is not None
    )
    written = build_header(header.stanzas, file_key=file_key)
    assert file.startswith(written)
    assert len(file) == len(written) + len(read_fully(source, size=len(file)))
