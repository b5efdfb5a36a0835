"""Vectors without age files: encoding, padding, receipt code, commitment."""

import base64
import hashlib
from typing import Any

from scripts.vector_sources.fixtures import (
    AT,
    MAILBOX,
    MESSAGE,
    TEAM_ID,
    Vector,
    b64,
    key,
    seed,
    to_file,
)

from aigaq.sealing.canonical_json import build_json
from aigaq.sealing.encoding import (
    Part,
    encode_parts,
    hash_leaf,
    hash_node,
    hash_parts,
    merkle_root,
)
from aigaq.sealing.manifest import Answer, Consent, Item, Manifest, build_manifest
from aigaq.sealing.padding import pad_to_step, padme_size
from aigaq.sealing.receipt_code import (
    IDENTITY_LABEL,
    derive_mailbox_keys,
    expand,
    format_code,
    mod_11_10_digit,
    mod_97_10_digits,
    stretch_code,
)
from aigaq.sealing.signatures import SMALL_ORDER_Y, P, public_bytes
from aigaq.sealing.signed_json import build_signed_json


def build() -> dict[str, bytes]:
    """Return the files of these formats, by path under spec/vectors."""
    return {
        "encoding/parts.json": to_file(_parts()),
        "encoding/merkle.json": to_file(_merkle()),
        "encoding/base64.json": to_file(_base64()),
        "encoding/json.json": to_file(_json()),
        "encoding/signed-json.json": to_file(_signed_json()),
        "encoding/public-keys.json": to_file(_public_keys()),
        "padding/steps.json": to_file(_steps()),
        "padding/padme.json": to_file(_padme()),
        "receipt-code/codes.json": to_file(_codes()),
        "receipt-code/typed.json": to_file(_typed()),
        "commitment/commitments.json": to_file(_commitments()),
    }


def _parts() -> list[Vector]:
    cases: list[tuple[str, list[Part]]] = [
        ("no part", []),
        ("one empty part", [b""]),
        ("two parts that join alike stay apart: ab, c", ["ab", "c"]),
        ("two parts that join alike stay apart: a, bc", ["a", "bc"]),
        ("an integer is eight bytes", [1]),
        ("the largest integer", [2**64 - 1]),
        ("text is UTF-8 and is not normalised", ["й", "и\u0306", "айғақ"]),
        ("label, bytes and integer", ["aigaq/receipt/v1", TEAM_ID, 20]),
    ]
    return [
        {
            "name": name,
            "parts": [_part(one) for one in parts],
            "encoded": encode_parts(*parts).hex(),
            "sha256": hash_parts(*parts).hex(),
            "leaf": hash_leaf(*parts).hex(),
        }
        for name, parts in cases
    ]


def _part(part: Part) -> dict[str, str]:
    if isinstance(part, int):
        return {"integer": str(part)}
    return {"text": part} if isinstance(part, str) else {"bytes": part.hex()}


def _merkle() -> list[Vector]:
    vectors: list[Vector] = []
    for count in (1, 2, 3, 4, 5, 6, 7, 8, 9, 33):
        leaves = [hash_leaf(number) for number in range(count)]
        vectors.append(
            {
                "name": f"{count} leaves",
                "leaves": [leaf.hex() for leaf in leaves],
                "root": merkle_root(leaves).hex(),
            }
        )
    one = hash_leaf(0)
    vectors.append(
        {
            "name": "an odd leaf is carried up, not doubled",
            "leaves": [one.hex(), one.hex(), one.hex()],
            "root": hash_node(hash_node(one, one), one).hex(),
        }
    )
    vectors.append({"name": "no leaf", "leaves": [], "error": "encoding.no_leaves"})
    return vectors


def _base64() -> list[Vector]:
    good = [("", ""), ("00", "AA=="), ("fbff", "+/8="), ("fbffff", "+///")]
    bad = [
        ("bits left over are not zero", "AB=="),
        ("no padding", "AA"),
        ("too much padding", "AA==="),
        ("line break", "AAAA\nAAAA"),
        ("space", "AA =="),
        ("the alphabet of URLs", "-_8="),
        ("padding in the middle", "AA==AAAA"),
        ("a letter of another script", "АA=="),
    ]
    return [
        *({"name": f"bytes {data}", "text": text, "bytes": data} for data, text in good),
        *({"name": name, "text": text, "error": "encoding.bad_base64"} for name, text in bad),
    ]


def _json() -> list[Vector]:
    good: list[tuple[str, bytes]] = [
        ("empty object", b"{}"),
        ("members in the order of UTF-16", build_json({"\ufb33": 1, "\U0001f600": 2, "\r": 3})),
        ("the largest integer", build_json({"n": 2**53 - 1})),
        ("control characters", build_json({"s": '\x00\x1f\n"\\/\u2028'})),
        ("16 levels", b'{"a":' + b"[" * 15 + b"]" * 15 + b"}"),
    ]
    bad: list[tuple[str, bytes]] = [
        ("a member twice", b'{"a":1,"a":1}'),
        ("a member twice, once escaped", b'{"a":1,"\\u0061":1}'),
        ("white space", b'{"a": 1}'),
        ("members in another order", b'{"b":1,"a":1}'),
        # RFC 8785 sorts by UTF-16 units, in which a surrogate comes before U+FB33.
        ("members in the order of code points", '{"\ufb33":1,"\U0001f600":2}'.encode()),
        ("an escape that is not needed", b'{"a":"\\u0041"}'),
        ("an escaped slash", b'{"a":"\\/"}'),
        ("a fraction", b'{"a":1.5}'),
        ("an integer as a fraction", b'{"a":1.0}'),
        ("an exponent", b'{"a":1e3}'),
        ("below zero", b'{"a":-1}'),
        ("minus zero", b'{"a":-0}'),
        ("2^53", b'{"a":9007199254740992}'),
        ("not a number", b'{"a":NaN}'),
        ("an array", b"[]"),
        ("a text", b'"a"'),
        ("nothing", b""),
        ("cut", b'{"a":'),
        ("a byte order mark", b"\xef\xbb\xbf{}"),
        ("not UTF-8", b'{"a":"\xff"}'),
        ("half a surrogate pair", b'{"a":"\\ud800"}'),
        ("something behind", b"{}\n"),
        ("17 levels", b'{"a":' + b"[" * 16 + b"]" * 16 + b"}"),
    ]
    return [
        *({"name": name, "json": b64(data)} for name, data in good),
        *({"name": name, "json": b64(data), "error": "encoding.bad_json"} for name, data in bad),
    ]


def _signed_json() -> list[Vector]:
    members = {"format": "aigaq/example/v1", "number": 7, "text": "айғақ"}
    good = build_signed_json(members, key=MESSAGE)
    body, line = good[:-89], good[-89:]
    under_other = build_signed_json(members, key=key("stranger"))
    other_format = build_signed_json(members | {"format": "aigaq/other/v1"}, key=MESSAGE)
    spaced = body.replace(b":7", b": 7")
    doubled = body.replace(b'"number":7', b'"number":7,"number":7')
    malleable = _add_order(line)
    form, wrong = "signed_json.bad_form", "signed_json.wrong_signature"
    cases: list[tuple[str, bytes, str | None]] = [
        ("good", good, None),
        ("another key", under_other, wrong),
        ("a changed letter", good.replace(b":7", b":8"), wrong),
        ("the signature of another text", body + other_format[-89:], wrong),
        ("a signature whose number is not reduced", body + malleable, wrong),
        ("another format", other_format, "signed_json.wrong_format"),
        ("no format", _sign_raw(b'{"number":7}\n'), "signed_json.wrong_format"),
        ("signed, but not canonical", _sign_raw(spaced), form),
        ("signed, but a member twice", _sign_raw(doubled), form),
        ("no line feed at the end", good[:-1], form),
        ("a second line feed at the end", good + b"\n", form),
        ("a carriage return", body[:-1] + b"\r\n" + line, form),
        ("no line feed before the signature", body[:-1] + line, form),
        ("a signature of 63 bytes", body + b64(bytes(63)).encode() + b"\n", form),
        (
            "base64 with bits left over",
            body + line[:85] + _next_letter(line[85:86]) + line[86:],
            form,
        ),
        ("no signature", body, form),
        ("nothing", b"", form),
        ("something before", b" " + good, form),
    ]
    public = b64(public_bytes(MESSAGE))
    return [
        {
            "name": name,
            "data": b64(data),
            "format": "aigaq/example/v1",
            "public_key": public,
            **({"members": members} if error is None else {"error": error}),
        }
        for name, data, error in cases
    ]


def _sign_raw(signed_bytes: bytes) -> bytes:
    """Sign bytes as they are, whatever their form."""
    return signed_bytes + b64(MESSAGE.sign(signed_bytes)).encode() + b"\n"


def _next_letter(letter: bytes) -> bytes:
    """Return the letter of base64 that follows one of A, Q, g, w: same bytes, other bits."""
    return bytes([letter[0] + 1])


def _add_order(line: bytes) -> bytes:
    """Return a signature line whose S has the order of the group added to it."""
    signature = base64.b64decode(line)
    order = 2**252 + 27742317777372353535851937790883648493
    s = int.from_bytes(signature[32:], "little") + order
    return b64(signature[:32] + s.to_bytes(32, "little")).encode() + b"\n"


def _public_keys() -> list[Vector]:
    sign = 1 << 255
    bad = [
        *((f"small order, y = {y:x}", y) for y in sorted(SMALL_ORDER_Y)),
        *((f"small order, other sign, y = {y:x}", y | sign) for y in sorted(SMALL_ORDER_Y)),
        ("y is not reduced: p + 3", P + 3),
        ("y is not reduced: 2^255 - 1", sign - 1),
    ]
    good = [("a key", public_bytes(MESSAGE)), ("another", public_bytes(key("stranger")))]
    return [
        *({"name": name, "public_key": b64(data)} for name, data in good),
        *(
            {
                "name": name,
                "public_key": b64(value.to_bytes(32, "little")),
                "error": "signature.bad_key",
            }
            for name, value in bad
        ),
        {"name": "31 bytes", "public_key": b64(bytes(31)), "error": "signature.bad_key"},
    ]


def _steps() -> list[Vector]:
    vectors: list[Vector] = []
    for size in (0, 1, 7, 8, 55, 56, 57, 120):
        content = bytes(range(1, size + 1))
        vectors.append(
            {
                "name": f"{size} bytes to steps of 64",
                "step": 64,
                "content": b64(content),
                "padded": b64(pad_to_step(content, step=64)),
            }
        )
    good = pad_to_step(b"content", step=64)
    bad = [
        ("nothing", b""),
        ("not a multiple of the step", good[:-1]),
        ("a byte of padding is not zero: the first", good[:15] + b"\x01" + good[16:]),
        ("a byte of padding is not zero: the last", good[:-1] + b"\x80"),
        ("a length that does not fit", (57).to_bytes(8, "big") + bytes(56)),
        ("a length that lies beyond all memory", b"\xff" * 8 + bytes(56)),
        ("a step more than is needed", good + bytes(64)),
    ]
    vectors.extend(
        {"name": name, "step": 64, "padded": b64(data), "error": "encoding.bad_padding"}
        for name, data in bad
    )
    return vectors


def _padme() -> list[Vector]:
    sizes = [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 100, 255, 256, 257, 1_000, 65_535, 65_536, 65_537]
    sizes += [1_000_000, 104_857_600, 104_857_601, 2**30 + 1, 2**32 - 1, 2**33]
    return [{"name": f"{size} bytes", "size": size, "padded": padme_size(size)} for size in sizes]


def _code(digits: str) -> str:
    if len(digits) == 19:
        return digits + mod_11_10_digit(digits)
    return digits + mod_97_10_digits(digits)


def _codes() -> list[Vector]:
    vectors: list[Vector] = []
    for digits in ("0" * 19, "1234567890123456789", "9" * 19, "0" * 22, "8706150432987106154321"):
        code = _code(digits)
        k = stretch_code(code, team_id=TEAM_ID)
        keys = derive_mailbox_keys(code, team_id=TEAM_ID)
        vectors.append(
            {
                "name": f"{len(code)} digits that begin with {digits[:4]}",
                "team_id": TEAM_ID.hex(),
                "typed": format_code(code),
                "code": code,
                "digits": digits,
                "k": k.hex(),
                "identity_seed": expand(k, label=IDENTITY_LABEL).hex(),
                "mailbox_key": b64(keys.public_key),
                "mailbox_recipient": keys.recipient,
                "error": None,
            }
        )
    return vectors


def _typed() -> list[Vector]:
    code, long_code = _code("1234567890123456789"), _code("8706150432987106154321")
    grouped = format_code(code)
    good = [
        ("as shown", grouped),
        ("without spaces", code),
        ("hyphens", grouped.replace(" ", "-")),
        ("dashes", grouped.replace(" ", "–")),
        ("dots", grouped.replace(" ", ".")),
        ("line feeds around", f"\n\t{grouped}\r\n"),
        ("no-break spaces", grouped.replace(" ", "\u00a0")),
        ("narrow no-break and ideographic spaces", "\u202f".join(code) + "\u3000"),
        ("Arabic-Indic digits", _in_script(code, zero=0x0660)),
        ("Devanagari digits", _in_script(code, zero=0x0966)),
        ("full-width digits", _in_script(code, zero=0xFF10)),
        ("mathematical bold digits", _in_script(code, zero=0x1D7CE)),
    ]
    swapped = code[:2] + code[3] + code[2] + code[4:]
    bad = [
        ("nothing", "", "receipt_code.wrong_length"),
        ("19 digits", code[:-1], "receipt_code.wrong_length"),
        ("21 digits", code + "0", "receipt_code.wrong_length"),
        ("23 digits", long_code[:-1], "receipt_code.wrong_length"),
        ("a letter O for a zero", code[:-1] + "O", "receipt_code.not_a_digit"),
        ("a superscript", code[:-1] + "²", "receipt_code.not_a_digit"),
        ("a zero-width space", code + "\u200b", "receipt_code.not_a_digit"),
        ("a plus sign", "+" + code, "receipt_code.not_a_digit"),
        ("a NUL", code + "\x00", "receipt_code.not_a_digit"),
        ("another check digit", code[:-1] + _other(code[-1]), "receipt_code.wrong_check_digit"),
        ("another digit", _other(code[0]) + code[1:], "receipt_code.wrong_check_digit"),
        ("two neighbours swapped", swapped, "receipt_code.wrong_check_digit"),
        (
            "24 digits, one other",
            _other(long_code[0]) + long_code[1:],
            "receipt_code.wrong_check_digit",
        ),
        (
            "24 digits, another check digit",
            long_code[:-1] + _other(long_code[-1]),
            "receipt_code.wrong_check_digit",
        ),
    ]
    return [
        *({"name": name, "typed": typed, "code": code, "error": None} for name, typed in good),
        {"name": "24 digits", "typed": format_code(long_code), "code": long_code, "error": None},
        *(
            {"name": name, "typed": typed, "code": None, "error": error}
            for name, typed, error in bad
        ),
    ]


def _in_script(code: str, *, zero: int) -> str:
    return "".join(chr(zero + int(digit)) for digit in code)


def _other(digit: str) -> str:
    return str((int(digit) + 1) % 10)


def sample_manifest(**changes: Any) -> Manifest:
    """Return a manifest with fixed salts: three answers, two consents, two items."""
    values: dict[str, Any] = {
        "team_id": TEAM_ID,
        "card_version": 3,
        "mailbox_key": MAILBOX.public_key,
        "mailbox_recipient": MAILBOX.recipient,
        "root_salt": seed("root salt"),
        "language": "kk",
        "made_at": AT,
        "continues": None,
        "answers": (
            Answer(number=1, salt=seed("answer 1"), value="adult"),
            Answer(number=3, salt=seed("answer 3"), value="Үлгі: ойдан шығарылған.\n«…»"),
            Answer(number=7, salt=seed("answer 7"), value=""),
        ),
        "consents": (
            Consent(0, seed("consent 0"), purpose="case", audience="team", items=None),
            Consent(1, seed("consent 1"), purpose="evidence", audience="court", items=(0, 1)),
        ),
        "items": (sample_item(0, b"first"), sample_item(1, b"other")),
    }
    return Manifest(**(values | changes))


def sample_item(number: int, content: bytes, **changes: Any) -> Item:
    """Return what a manifest says of ``content``."""
    values: dict[str, Any] = {
        "number": number,
        "salt": seed(f"item {number}"),
        "name": f"сурет-{number}.jpg",
        "media_type": "image/jpeg",
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).digest(),
        "source": "chosen",
        "hidden_details": "strip",
    }
    return Item(**(values | changes))


def _commitments() -> list[Vector]:
    whole = sample_manifest()
    trick = "../../etc/passwd\u202egpj.\u0000"
    cases = [
        ("answers, consents and items", whole),
        ("one answer", sample_manifest(answers=whole.answers[:1], consents=(), items=())),
        ("one item", sample_manifest(answers=(), consents=(), items=whole.items[:1])),
        ("no consent", sample_manifest(consents=())),
        ("another root salt", sample_manifest(root_salt=seed("other root salt"))),
        ("another team", sample_manifest(team_id=seed("other team")[:16])),
        ("a part of another report", sample_manifest(continues=seed("earlier report"))),
        (
            "a name with a path, a right-to-left mark and a NUL",
            sample_manifest(items=(sample_item(0, b"first", name=trick),), consents=()),
        ),
    ]
    return [
        {
            "name": name,
            "manifest": b64(build_manifest(manifest)),
            "leaves": [leaf.hex() for leaf in manifest.leaves()],
            "leaf_count": manifest.leaf_count,
            "root": manifest.root().hex(),
            "commitment": manifest.commitment().hex(),
        }
        for name, manifest in cases
    ]
