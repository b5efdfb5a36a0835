"""Every parser of what comes from outside: its good inputs, and how it is called.

A target's ``run`` lets pass what a parser may raise, its package's own error, and nothing else.
What a signature guards is signed again after it was changed, or nothing behind it would be reached.
"""

import atexit
import io
import json
import shutil
import tempfile
import zipfile
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from hashlib import sha256
from pathlib import Path

from scripts.vector_sources.fixtures import ROOT, card_bytes
from tests.courthouse import Authority, Court

from aigaq.errors import AigaqError
from aigaq.gate.reports import parse_envelope
from aigaq.sealing.bundle import parse_bundle_manifest
from aigaq.sealing.canonical_json import parse_json
from aigaq.sealing.card import parse_card
from aigaq.sealing.container import index_container, iterate_container
from aigaq.sealing.encoding import encode_base64
from aigaq.sealing.header import parse_header
from aigaq.sealing.log_entries import parse_entry, parse_opening
from aigaq.sealing.mailbox_requests import parse_mailbox_request
from aigaq.sealing.manifest import build_manifest, parse_manifest
from aigaq.sealing.receipts import parse_filing_receipt, parse_promise, parse_receipt_file
from aigaq.sealing.retirement import parse_retirement
from aigaq.tlog import (
    AddCheckpoint,
    CosignerVerifier,
    Ed25519Verifier,
    build_add_checkpoint,
    build_bundle,
    open_note,
    parse_add_checkpoint,
    parse_bundle,
    parse_checkpoint,
    parse_note,
    parse_proof_file,
    parse_tile_path,
    parse_verifier_key,
)
from aigaq_verify import (
    bag,
    cards,
    certificates,
    consent,
    contents,
    custody,
    notes,
    policy,
    receipts,
    tokens,
)
from aigaq_verify.archives import Archive
from aigaq_verify.errors import VerifyError
from aigaq_verify.sources import Source

OWN_ERRORS = (AigaqError, VerifyError)
VECTORS = Path(__file__).parents[2] / "spec/vectors"
#: The root of the sample card, so that what is signed again is still a card of its own root.
KEY = ROOT
PUBLIC = KEY.public_key().public_bytes_raw()


@dataclass(frozen=True)
class Target:
    """A parser under fuzz, or a few of one format."""

    seeds: Callable[[], Sequence[bytes]]
    run: Callable[[bytes], None]


def attempt(call: Callable[..., object], *given: object, **named: object) -> None:
    """Call a parser; its own errors are an answer."""
    with suppress(*OWN_ERRORS):
        call(*given, **named)


def _make_folder() -> Path:
    """Return a folder that goes when this process ends."""
    folder = Path(tempfile.mkdtemp(prefix="aigaq-fuzz-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def court() -> tuple[Court, Path]:
    """Return a fictional court, and a package that it wrote."""
    folder = _make_folder()
    made = Court(folder)
    made.add_report([("a.jpg", b"\xff\xd8" + bytes(500)), ("голос.ogg", b"OggS" * 70)])
    made.publish()
    return made, made.write(folder / "package")


def read_vectors(path: str, name: str) -> list[bytes]:
    """Return one member of all vectors in a file: base64, or else the text itself."""
    found = []
    for vector in json.loads((VECTORS / path).read_bytes()):
        value = vector[name]
        if not isinstance(value, str):
            found.append(json.dumps(value).encode())
            continue
        try:
            found.append(b64decode(value, validate=True))
        except ValueError:
            found.append(value.encode())
    return found


def sign_again(data: bytes) -> bytes:
    """Return signed JSON whose signature is over what now stands there."""
    signed = data.partition(b"\n")[0] + b"\n"
    return signed + encode_base64(KEY.sign(signed)).encode() + b"\n"


def _text(data: bytes) -> str:
    """Return text, also such as no UTF-8 has: JSON may bring it."""
    try:
        return data.decode("utf-8", errors="surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", errors="replace")


def _envelope_seeds() -> list[bytes]:
    tars = [one.read_bytes() for one in sorted((VECTORS / "report").glob("*/report.tar"))[:6]]
    return [*read_vectors("container/containers.json", "tar"), *tars]


def _run_envelope(data: bytes) -> None:
    team_id = bytes(16)
    attempt(parse_envelope, data, team_id=team_id)
    attempt(parse_header, data, team_id=team_id)


def _run_tar(data: bytes) -> None:
    for with_items in (True, False):
        attempt(_read_members, data, with_items=with_items)
    attempt(index_container, io.BytesIO(data))


def _read_members(data: bytes, *, with_items: bool) -> None:
    for one in iterate_container(io.BytesIO(data), with_items=with_items):
        one.read()


def _manifest_seeds() -> list[bytes]:
    made = [build_manifest(one.report.manifest) for one in court()[0].sealed]
    return [*made, *read_vectors("commitment/commitments.json", "manifest")]


def _run_manifest(data: bytes) -> None:
    attempt(parse_manifest, data)
    attempt(parse_bundle_manifest, data)


def _note_seeds() -> list[bytes]:
    notes_ = read_vectors("log/notes/notes.json", "note")
    cosigned = read_vectors("log/cosignatures/cosignatures.json", "note")
    request = build_add_checkpoint(AddCheckpoint(7, (bytes(32),), notes_[0]))
    checkpoints = read_vectors("log/notes/checkpoints.json", "text")
    keys = read_vectors("log/notes/keys.json", "key")
    bundle = build_bundle([b"\x01" + bytes(32)] * 3)
    return [*notes_, *cosigned, *checkpoints, *keys, request, bundle, b"tile/entries/x001/234.p/7"]


@cache
def _cosigner_keys() -> tuple[str, ...]:
    return tuple(
        {one.decode() for one in read_vectors("log/cosignatures/cosignatures.json", "key")}
    )


def _run_note(data: bytes) -> None:
    text = _text(data)
    log = Ed25519Verifier("127.0.0.1:8470/log", PUBLIC)
    own: list[Ed25519Verifier | CosignerVerifier] = [log]
    own += [CosignerVerifier(parse_verifier_key(one)) for one in _cosigner_keys()]
    attempt(lambda: open_note(parse_note(data), verifiers=own))
    attempt(parse_checkpoint, text)
    attempt(lambda: CosignerVerifier(parse_verifier_key(text)))
    attempt(parse_add_checkpoint, data)
    attempt(parse_bundle, data, width=3)
    attempt(parse_tile_path, text)
    keys = [notes.parse_vkey(one, code="x") for one in _cosigner_keys()]
    keys.append(notes.NoteKey(log.name, notes.ED25519, PUBLIC))
    attempt(lambda: notes.find_signers(notes.parse_note(data), keys))
    attempt(notes.parse_checkpoint, text)
    attempt(notes.parse_vkey, text, code="note.bad_key")


def _run_entry(data: bytes) -> None:
    attempt(parse_entry, data)
    attempt(lambda: parse_opening(parse_json(data)))


def _entry_seeds() -> list[bytes]:
    openings = read_vectors("log/entries/openings.json", "opening")
    return [*read_vectors("log/entries/entries.json", "entry"), *openings]


def _run_proof(data: bytes) -> None:
    attempt(parse_proof_file, data)
    attempt(notes.parse_proof, data)


@cache
def _tokens() -> tuple[Authority, bytes]:
    authority = Authority(_make_folder() / "authority")
    return authority, authority.stamp(b"a text")


def _token_seeds() -> list[bytes]:
    authority, response = _tokens()
    ders = certificates.parse_certificates(authority.chain.encode(), code="x")
    return [response, response + authority.chain.encode(), *(one.der for one in ders)]


def _run_token(data: bytes) -> None:
    authority, response = _tokens()
    at = data.find(b"-----BEGIN")
    token, chain = (data, authority.chain.encode()) if at < 0 else (data[:at], data[at:])
    check = partial(tokens.check_token, imprint=sha256(b"a text").digest(), authorities=())
    attempt(check, token, chain_pem=chain)
    attempt(check, response, chain_pem=chain)
    attempt(certificates.parse_certificate, data, code="x")


class Memory(Source):
    """The files of a package in memory."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        super().__init__(tuple(sorted(files, key=lambda name: name.encode("utf-8"))))

    def blocks(self, name: str) -> Iterator[bytes]:
        yield self._files[name]


@cache
def _package() -> dict[str, bytes]:
    root = court()[1]
    paths = sorted(path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): path.read_bytes() for path in paths}


_TAGS = ("bagit.txt", bag.MANIFEST, bag.TAG_MANIFEST, bag.INFO)


def _bag_seeds() -> list[bytes]:
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        for name, data in list(_package().items())[:4]:
            archive.writestr(zipfile.ZipInfo(name), data[:400])
    return [*(_package()[name] for name in _TAGS), zipped.getvalue()]


def _run_bag(data: bytes) -> None:
    for name in _TAGS:
        attempt(bag.check_bag, Memory(_package() | {name: data}))
    with tempfile.NamedTemporaryFile(dir="/dev/shm", suffix=".zip") as file:
        file.write(data)
        file.flush()
        attempt(_read_archive, Path(file.name))


def _read_archive(path: Path) -> None:
    archive = Archive(path)
    for name in archive.names:
        attempt(archive.read, name, maximum_bytes=1_000_000)


def _policy_seeds() -> list[bytes]:
    made = court()[0].policy()
    return [json.dumps(made, separators=(",", ":")).encode(), made["tlog_policy"].encode()]


def _run_policy(data: bytes) -> None:
    attempt(policy.parse_policy, data)
    attempt(policy.parse_log_policy, _text(data))


def _receipt_seeds() -> list[bytes]:
    made = court()[0]
    one = made.sealed[0]
    proof = made.prove(one.index, note=made.checkpoint()[1])
    own = [made.receipt(one, proof=proof), made.receipt(one, is_filed=False)]
    return [*own, *read_vectors("receipts/receipt-files.json", "receipt")]


def _run_receipt(data: bytes) -> None:
    attempt(parse_receipt_file, data)
    attempt(receipts.parse_receipt, data)
    # A verdict says what is wrong; it never raises.
    receipts.verify_receipt(data, policy=None, log=None)


def _signed_seeds() -> list[bytes]:
    promises = read_vectors("receipts/promises.json", "promise")
    filings = read_vectors("receipts/filing-receipts.json", "filing_receipt")
    return [card_bytes(), *read_vectors("card/cards.json", "card"), *promises, *filings]


def _run_signed(data: bytes) -> None:
    for one in (data, sign_again(data)):
        text = _text(one)
        attempt(parse_card, one, root_key=PUBLIC)
        attempt(cards.parse_card, one, root_key=PUBLIC)
        attempt(cards.read_root_key, one)
        attempt(parse_promise, text, log_key=PUBLIC)
        attempt(parse_filing_receipt, text, message_key=PUBLIC)
        attempt(parse_retirement, text, root_key=PUBLIC)
        attempt(policy.parse_retirement, text, root_key=PUBLIC)


def _run_request(data: bytes) -> None:
    attempt(parse_mailbox_request, data)


def _package_seeds() -> list[bytes]:
    return [data for name, data in _package().items() if name.endswith((".json", ".jsonl", ".txt"))]


@cache
def _contents() -> contents.Contents:
    return contents.parse_contents(_package()[contents.PATH])


def _run_package(data: bytes) -> None:
    attempt(contents.parse_contents, data)
    attempt(custody.parse_chain, data)
    attempt(consent.check_consent, data, contents=_contents())


TARGETS: Mapping[str, Target] = {
    "envelope": Target(_envelope_seeds, _run_envelope),
    "tar": Target(_envelope_seeds, _run_tar),
    "manifest": Target(_manifest_seeds, _run_manifest),
    "note": Target(_note_seeds, _run_note),
    "entry": Target(_entry_seeds, _run_entry),
    "proof": Target(lambda: read_vectors("log/proofs/proofs.json", "proof"), _run_proof),
    "token": Target(_token_seeds, _run_token),
    "bag": Target(_bag_seeds, _run_bag),
    "policy": Target(_policy_seeds, _run_policy),
    "receipt": Target(_receipt_seeds, _run_receipt),
    "signed": Target(_signed_seeds, _run_signed),
    "request": Target(lambda: read_vectors("mailbox/request-bodies.json", "body"), _run_request),
    "package": Target(_package_seeds, _run_package),
}
