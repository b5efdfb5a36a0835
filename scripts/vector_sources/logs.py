"""Vectors of the evidence log: notes, checkpoints, keys, entries, openings, proofs, a small tree.

Those with ML-DSA-44 signatures are random and stand apart, in `build_random`.
"""

import hashlib
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from scripts.vector_sources.fixtures import (
    AT,
    LOG,
    LOG_ORIGIN,
    Vector,
    b64,
    card_bytes,
    key,
    seed,
    to_file,
)

from aigaq.sealing.encoding import encode_parts
from aigaq.sealing.log_entries import (
    AUDIT_HEAD,
    CHAFF,
    CUSTODY_HEAD,
    PUBLIC,
    REGISTER_HEAD,
    Opening,
    build_blinded,
    build_opening,
    build_public,
    encode_head,
)
from aigaq.sealing.signatures import public_bytes
from aigaq.tlog import (
    EMPTY_ROOT,
    Checkpoint,
    Cosigner,
    LogWriter,
    Note,
    ProofFile,
    SignatureLine,
    VerifierKey,
    add_signatures,
    build_proof_file,
    hash_entry,
    sign_checkpoint,
    sign_note,
)
from aigaq.tlog.notes import ED25519

LOG_KEY = VerifierKey(LOG_ORIGIN, ED25519, public_bytes(LOG))
OTHER_KEY = VerifierKey(LOG_ORIGIN, ED25519, public_bytes(key("other log")))
COSIGNER = Cosigner(name="partner.example/cosigner", seed=seed("cosigner"))
HEAD = Checkpoint(LOG_ORIGIN, 300, seed("root"))
COSIGNED_AT = int(AT.timestamp())
TREE_SIZE, TREE_BATCHES = 300, (2, 16, 16, 238, 28)


def build() -> dict[str, bytes]:
    """Return the files whose bytes are always the same, by path under spec/vectors."""
    return {
        "log/notes/notes.json": to_file(_notes()),
        "log/notes/checkpoints.json": to_file(_checkpoints()),
        "log/notes/keys.json": to_file(_keys()),
        "log/entries/entries.json": to_file(_entries()),
        "log/entries/openings.json": to_file(_openings()),
        "log/proofs/proofs.json": to_file(_proofs()),
        **_tree(),
    }


def build_random() -> dict[str, bytes]:
    """Return the files that are other bytes each time."""
    return {"log/cosignatures/cosignatures.json": to_file(_cosignatures())}


def _note(name: str, data: bytes, *, error: str | None = None, **changes: Any) -> Vector:
    return {"name": name, "note": b64(data), "keys": [str(LOG_KEY)], "error": error} | changes


def _notes() -> list[Vector]:
    note = sign_checkpoint(HEAD, key=LOG)
    own, good = note.signatures[0], note.encode()
    stranger = sign_note(note.text, name="stranger.example", key=key("stranger"))
    wrong = replace(own, signature=bytes(64))
    alike = SignatureLine("stranger.example", own.key_id, bytes(64))
    other = sign_note(note.text, name=LOG_ORIGIN, key=key("other log"))

    def with_lines(*lines: SignatureLine) -> bytes:
        return Note(note.text, tuple(lines)).encode()

    def changed(old: str, new: str) -> bytes:
        text = good.decode()
        assert old in text
        return text.replace(old, new, 1).encode()

    form = "note.bad_form"
    cases: list[tuple[str, bytes, str | None]] = [
        ("signed by the log", good, None),
        ("a stranger's line before the log's", with_lines(stranger, own), None),
        ("a stranger's line with the log's key id", with_lines(alike, own), None),
        ("the log's line twice", with_lines(own, own), None),
        ("64 lines", with_lines(own, *[stranger] * 63), None),
        ("65 lines", with_lines(own, *[stranger] * 64), form),
        ("signed by a stranger alone", with_lines(stranger), "note.not_signed"),
        ("signed by another key under the same name", with_lines(other), "note.not_signed"),
        ("a wrong line beside the right one", with_lines(own, wrong), "note.wrong_signature"),
        ("another size under the signature", changed("\n300\n", "\n301\n"), "note.wrong_signature"),
        ("a signature of 63 bytes", with_lines(replace(own, signature=own.signature[:63])), None),
        ("no signature", note.text.encode() + b"\n", form),
        ("no empty line", note.text.encode() + str(own).encode(), form),
        ("no last line feed", good[:-1], form),
        ("a hyphen for the dash", changed("— ", "- "), form),
        ("two spaces", changed("— ", "—  "), form),
        ("a carriage return", changed("\n300\n", "\r\n300\n"), form),
        ("a tabulator", changed("\n300\n", "\n300\t\n"), form),
        ("base64 with bits left over", _unpad(good), form),
        ("a line of four bytes", with_lines(replace(own, signature=b"")), form),
        ("no UTF-8", good + b"\xff", form),
        ("empty", b"", form),
        ("262,145 bytes", good.rjust(262_145, b"x"), form),
    ]
    errors = {"a signature of 63 bytes": "note.wrong_signature"}
    vectors = [_note(name, data, error=errors.get(name, code)) for name, data, code in cases]
    stranger_key = VerifierKey("stranger.example", ED25519, public_bytes(key("stranger")))
    both = [str(LOG_KEY), str(stranger_key)]
    vectors.append(_note("signed by two", with_lines(own, stranger), keys=both))
    return [one | {"signers": _signers(one)} for one in vectors]


def _signers(vector: Vector) -> list[str]:
    return [] if vector["error"] else vector["keys"]


def _unpad(note: bytes) -> bytes:
    """Set a bit behind the last byte of the signature, which base64 decoders may overlook."""
    assert note.endswith(b"=\n")
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    at = len(note.rstrip(b"=\n")) - 1
    return note[:at] + alphabet[alphabet.index(note[at]) + 1 :][:1] + note[at + 1 :]


def _checkpoints() -> list[Vector]:
    good, root, empty = HEAD.text, b64(HEAD.root), b64(EMPTY_ROOT)
    form = "checkpoint.bad_form"
    largest = good.replace("\n300\n", f"\n{2**53 - 1}\n")
    cases: list[tuple[str, str, str | None]] = [
        ("good", good, None),
        ("an empty log", f"{LOG_ORIGIN}\n0\n{empty}\n", None),
        ("the largest size", largest, None),
        ("a size above it", good.replace("\n300\n", f"\n{2**53}\n"), form),
        ("an empty log with another root", f"{LOG_ORIGIN}\n0\n{root}\n", form),
        ("a zero before the size", good.replace("\n300\n", "\n0300\n"), form),
        ("a plus before the size", good.replace("\n300\n", "\n+300\n"), form),
        ("a negative size", good.replace("\n300\n", "\n-300\n"), form),
        ("a size in other digits", good.replace("\n300\n", "\n٣٠٠\n"), form),
        ("no origin", f"\n300\n{root}\n", form),
        ("a space in the origin", f"gate example\n300\n{root}\n", form),
        ("an extension line", f"{good}extension\n", form),
        ("no last line feed", good[:-1], form),
        ("a root of 31 bytes", f"{LOG_ORIGIN}\n300\n{b64(HEAD.root[:31])}\n", form),
        ("a root in hex", f"{LOG_ORIGIN}\n300\n{HEAD.root.hex()}\n", form),
    ]
    vectors = []
    for name, text, error in cases:
        lines = text.split("\n")
        value = {} if error else {"origin": lines[0], "size": int(lines[1]), "root": lines[2]}
        vectors.append({"name": name, "text": text, "error": error, **value})
    return vectors


def _keys() -> list[Vector]:
    bad = "note.bad_key"
    good = str(LOG_KEY)
    name, key_id, encoded = good.split("+", 2)
    ed25519, ml_dsa = map(str, COSIGNER.keys)
    cases: list[tuple[str, str, str | None]] = [
        ("a log's key", good, None),
        ("a cosigner's Ed25519 key", ed25519, None),
        ("a cosigner's ML-DSA-44 key", ml_dsa, None),
        ("another id", f"{name}+00000000+{encoded}", bad),
        ("an id in capitals", f"{name}+{key_id.upper()}+{encoded}", bad),
        ("no name", f"+{key_id}+{encoded}", bad),
        ("a space in the name", good.replace(name, "a log"), bad),
        ("no key", f"{name}+{key_id}+", bad),
        ("base64 that was cut off", good[:-1], bad),
        ("one part", "gate.example", bad),
    ]
    return [{"name": one, "key": text, "error": error} for one, text, error in cases]


def _entries() -> list[Vector]:
    value, text = seed("commitment"), "Үлгі мәтін.\n"
    public = build_public(kind="card", text=text)
    long_text = "x" * 65_535
    form = "entry.bad_form"

    def crafted(kind: bytes, body: bytes) -> bytes:
        return PUBLIC + encode_parts(kind, body)

    longest = "x" * (65_535 - 1 - 8 - len("card") - 8)
    cases: list[tuple[str, bytes, dict[str, Any] | str]] = [
        ("blinded", build_blinded(value), {"value": value.hex()}),
        ("public", public, {"kind": "card", "text": text}),
        (
            "the longest text",
            build_public(kind="card", text=longest),
            {"kind": "card", "text": longest},
        ),
        (
            "a text that does not fit",
            build_public(kind="bundle_manifest", text=long_text),
            {
                "kind": "bundle_manifest",
                "text": '{"format":"aigaq/large-text/v1","sha256":"'
                + hashlib.sha256(long_text.encode()).hexdigest()
                + '","size":65535}',
                "large_text": long_text,
            },
        ),
        ("empty", b"", form),
        ("blinded with 31 bytes", b"\x01" + value[:31], form),
        ("blinded with 33 bytes", b"\x01" + value + b"\x00", form),
        ("another type", b"\x03" + value, form),
        ("public of an unknown kind", crafted(b"secret", text.encode()), form),
        ("public with a byte behind", public + b"\x00", form),
        ("public cut off", public[:-1], form),
        ("public without a text", PUBLIC + encode_parts("card"), form),
        ("public that is no UTF-8", crafted(b"card", b"\xff"), form),
        ("public of 65,536 bytes", crafted(b"card", b"x" * (len(longest) + 1)), form),
        ("a length that lies", PUBLIC + b"\xff" * 8 + b"card", form),
    ]
    vectors: list[Vector] = []
    for name, entry, expected in cases:
        error = expected if isinstance(expected, str) else None
        more = expected if isinstance(expected, dict) else {}
        leaf = {} if error else {"leaf": hash_entry(entry).hex()}
        vectors.append({"name": name, "entry": b64(entry), "error": error, **leaf, **more})
    return vectors


def _openings() -> list[Vector]:
    head = encode_head(count=7, head=seed("head"))
    good = [
        Opening(CHAFF, seed("salt"), seed("chaff")),
        Opening(REGISTER_HEAD, seed("salt"), head),
        Opening(CUSTODY_HEAD, seed("salt"), head),
        Opening(AUDIT_HEAD, seed("salt"), head),
    ]
    vectors: list[Vector] = [
        {"name": one.kind, "opening": build_opening(one), "blinded": one.blinded.hex()}
        | {"error": None}
        for one in good
    ]
    first = build_opening(good[0])
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("an unknown kind", first | {"kind": "report"}),
        ("another format", first | {"format": "aigaq/opening/v2"}),
        ("a salt of 31 bytes", first | {"salt": b64(bytes(31))}),
        ("an unknown member", first | {"x": 1}),
        ("a missing member", {name: one for name, one in first.items() if name != "value"}),
        ("a salt in hex", first | {"salt": seed("salt").hex()}),
    ]
    vectors += [
        {"name": name, "opening": opening, "error": "entry.bad_opening"} for name, opening in wrong
    ]
    return vectors


def _cosignatures() -> list[Vector]:
    note = sign_checkpoint(HEAD, key=LOG)
    vectors: list[Vector] = []

    def add(
        name: str,
        verifier: VerifierKey,
        line: SignatureLine,
        *,
        head: Checkpoint = HEAD,
        error: str | None = None,
    ) -> None:
        cosigned = add_signatures(sign_checkpoint(head, key=LOG), [line]).encode()
        good = {} if error else {"at": COSIGNED_AT}
        row = {"name": name, "note": b64(cosigned), "key": str(verifier), "error": error}
        vectors.append(row | good)

    wrong = "note.wrong_signature"
    lines = COSIGNER.cosign(HEAD, at=COSIGNED_AT)
    labels = ("Ed25519", "ML-DSA-44")
    for label, verifier, line in zip(labels, COSIGNER.keys, lines, strict=True):
        data = line.signature
        add(f"{label}", verifier, line)
        changes = [
            ("another time", bytes(8) + data[8:]),
            ("a changed bit", data[:-1] + bytes([data[-1] ^ 1])),
            ("a byte too few", data[:-1]),
            ("a byte too many", data + b"\0"),
            ("a time above 2^63", b"\x80" + data[1:]),
        ]
        for name, signature in changes:
            changed = replace(line, signature=signature)
            add(f"{label}, {name}", verifier, changed, error=wrong)
        add(f"{label}, another size", verifier, line, head=replace(HEAD, size=301), error=wrong)
        other_root, other_log = replace(HEAD, root=seed("x")), replace(HEAD, origin="a.example")
        add(f"{label}, another root", verifier, line, head=other_root, error=wrong)
        add(f"{label}, another log", verifier, line, head=other_log, error=wrong)
    timeless = COSIGNER.cosign(HEAD, at=0)[1]
    add("ML-DSA-44, over the time 0", COSIGNER.keys[1], timeless, error=wrong)
    plain = sign_note(note.text, name=COSIGNER.name, key=LOG)
    name = "a plain signature where a cosignature must be"
    add(name, COSIGNER.keys[0], plain, error="note.not_signed")
    return vectors


def _make_entries() -> list[bytes]:
    public = [
        build_public(kind="card", text=card_bytes().decode()),
        build_public(kind="bundle_manifest", text='{"files":[],"format":"aigaq/bundle/v1"}\n'),
    ]
    return public + [build_blinded(seed(f"blinded {n}")) for n in range(2, TREE_SIZE)]


def _proofs() -> list[Vector]:
    entries = _make_entries()
    with tempfile.TemporaryDirectory() as folder, _grow(Path(folder)) as log:
        tree, note = log.tree(), (Path(folder) / "checkpoint").read_bytes()
        older = {index: tuple(tree.prove_inclusion(index)) for index in (0, 255, 256, 299)}
    vectors: list[Vector] = []

    def add(name: str, data: bytes, *, index: int = 255, error: str | None = None) -> None:
        entry = b64(entries[index])
        row = {"name": name, "proof": b64(data), "entry": entry, "key": str(LOG_KEY)}
        vectors.append(row | {"error": error})

    for index, hashes in older.items():
        add(f"entry {index} of 300", _file(index, hashes, note), index=index)
    hashes = older[255]
    good = _file(255, hashes, note)
    swapped = (hashes[1], hashes[0], *hashes[2:])
    form, root = "proof.bad_form", "proof.wrong_root"
    add("of another entry", good, index=256, error=root)
    add("another index", _file(254, hashes, note), error=root)
    add("an index outside", _file(300, hashes, note), error="proof.wrong_index")
    add("a hash too few", _file(255, hashes[:-1], note), error="proof.wrong_length")
    add("a hash too many", _file(255, (*hashes, bytes(32)), note), error="proof.wrong_length")
    add("hashes in another order", _file(255, swapped, note), error=root)
    add("a changed hash", _file(255, (bytes(32), *hashes[1:]), note), error=root)
    add("64 hashes", _file(255, (bytes(32),) * 64, note), error=form)
    add("a hash of 31 bytes", _file(255, (bytes(31), *hashes[1:]), note), error=form)
    add("another version", good.replace(b"@v1", b"@v2", 1), error=form)
    add("an extra line", good.replace(b"\nindex", b"\nextra AA==\nindex", 1), error=form)
    add("an index with a zero in front", good.replace(b"index 255", b"index 0255"), error=form)
    add("no index", good.replace(b"index 255\n", b"", 1), error=form)
    add("no checkpoint", good.partition(b"\n\n")[0] + b"\n\n", error="note.bad_form")
    add("nothing", b"", error=form)
    wrong = note.replace(b"\n300\n", b"\n301\n")
    add("a checkpoint that was changed", _file(255, hashes, wrong), error="note.wrong_signature")
    return vectors


def _file(index: int, hashes: tuple[bytes, ...], note: bytes) -> bytes:
    return build_proof_file(ProofFile(index=index, hashes=hashes, checkpoint=note))


def _grow(folder: Path) -> LogWriter:
    """Return the open writer of the sample log, grown in its batches."""
    entries = _make_entries()
    log = LogWriter(folder, origin=LOG_ORIGIN, key=LOG)
    for count in TREE_BATCHES:
        start = log.checkpoint.size
        log.append(entries[start : start + count], start=start)
    assert log.checkpoint.size == TREE_SIZE
    return log


def _tree() -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _grow(folder).close()
        files = {
            f"log/tree/{path.relative_to(folder)}": path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file() and not path.name.startswith(".")
        }
    return files | {"log/tree/key.txt": f"{LOG_KEY}\n".encode()}
