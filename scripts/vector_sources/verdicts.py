"""Vectors that every verifier must judge alike: policies, names of files, sealed items."""

import json
from typing import Any

from scripts.vector_sources.fixtures import (
    LOG,
    LOG_ORIGIN,
    ROOT,
    Vector,
    b64,
    key,
    seed,
    to_file,
)

from aigaq.age import X25519Identity
from aigaq.sealing.fingerprint import format_fingerprint
from aigaq.sealing.signatures import public_bytes
from aigaq.tlog import VerifierKey
from aigaq.tlog.cosignatures import ED25519_COSIGNATURE
from aigaq.tlog.notes import ED25519

_ROOT = public_bytes(ROOT)
_BAD_POLICY = "policy.bad_form"


def build() -> dict[str, bytes]:
    """Return the files by path under spec/vectors."""
    return {
        "evidence-package/policies.json": to_file(_policies()),
        "evidence-package/names.json": to_file(_names()),
        "evidence-package/sealed-items.json": to_file(_sealed_items()),
    }


def _key(name: str, kind: int, *, label: str) -> str:
    public = public_bytes(LOG if label == "log" else key(label))
    return str(VerifierKey(name, kind, public))


def _tlog_policy(*, witness: str = "partner.example/cosigner") -> str:
    log = _key(LOG_ORIGIN, ED25519, label="log")
    cosigner = _key(witness, ED25519_COSIGNATURE, label="partner")
    return f"log {log}\nwitness partner {cosigner}\nquorum partner\n"


def _policy(**changes: Any) -> str:
    members = {
        "format": "aigaq-policy/v1",
        "name": "A fictional court",
        "require": {"cosigned": True, "timestamps": 0},
        "retirements": [],
        "root_key": b64(_ROOT),
        "timestamp_authorities": [],
        "tlog_policy": _tlog_policy(),
    }
    return json.dumps({**members, **changes}, ensure_ascii=False)


def _policies() -> list[Vector]:
    good, words = _policy(), format_fingerprint(_ROOT)
    twice = _tlog_policy() + _tlog_policy().splitlines()[1] + "\n"
    taken = {
        "good": good,
        "with space": json.dumps(json.loads(good), indent="\t") + "\r\n ",
        "with escapes": json.dumps(json.loads(good), ensure_ascii=True).replace("A f", "\\u0041 f"),
        "with the words of the root": _policy(root_fingerprint=words),
        "with other letters before the numbers": _policy(
            root_fingerprint=" ".join(f"ә{number}" for number in words.split() if number.isdigit())
        ),
        "a mark in the name of a witness": _policy(
            tlog_policy=_tlog_policy(witness="partner\ufeff.example")
        ),
        "timestamps alone": good.replace('"cosigned": true', '"cosigned": false').replace(
            '"timestamps": 0', '"timestamps": 2'
        ),
    }
    refused = {
        "a name twice": good.replace('{"format"', '{"name": "Another", "format"'),
        "a name twice within": good.replace('"timestamps": 0', '"timestamps": 1, "timestamps": 0'),
        "a name twice, once with an escape": good.replace(
            '{"format"', '{"n\\u0061me": "", "format"'
        ),
        "a fraction": good.replace('"timestamps": 0', '"timestamps": 1.0'),
        "a power": good.replace('"timestamps": 0', '"timestamps": 1e0'),
        "a negative nothing": good.replace('"timestamps": 0', '"timestamps": -0'),
        "a zero before a number": good.replace('"timestamps": 0', '"timestamps": 01'),
        "a number that is too large": good.replace('"timestamps": 0', f'"timestamps": {2**53}'),
        "a number of many digits": good.replace('"timestamps": 0', f'"timestamps": {10**20}'),
        "a truth for a number": good.replace('"timestamps": 0', '"timestamps": false'),
        "nothing asked": good.replace('"cosigned": true', '"cosigned": false'),
        "no number": good.replace('"timestamps": 0', '"timestamps": NaN'),
        "a comma at the end": good[:-1] + ",}",
        "a comment": good + "// trust us",
        "two values": good + good,
        "half": good[: len(good) // 2],
        "a byte order mark": "\ufeff" + good,
        "no-break space": "\u00a0" + good,
        "a line in a text": good.replace("A fictional", "A\nfictional"),
        "half of a pair": good.replace("A fictional", "\\ud800"),
        "another member": _policy(trust="everyone"),
        "a list": f"[{good}]",
        "deep": "[" * 17 + "]" * 17,
        "no root": json.dumps({k: v for k, v in json.loads(good).items() if k != "root_key"}),
        "seven words": _policy(root_fingerprint=words.partition(" · ")[2]),
        "a word beyond the list": _policy(
            root_fingerprint="zoo 2048 · " + words.partition("· ")[2]
        ),
        "a space in the name of a witness": _policy(
            tlog_policy=_tlog_policy(witness="partner\u0085.example")
        ),
        "one witness for two": _policy(tlog_policy=twice),
        "a retirement that is no text": _policy(retirements=[{}]),
        "no quorum": _policy(tlog_policy=_tlog_policy().rpartition("quorum")[0]),
        "a line without an end": _policy(tlog_policy=_tlog_policy()[:-1]),
    }
    return [
        *({"error": None, "name": name, "policy": text} for name, text in taken.items()),
        *({"error": _BAD_POLICY, "name": name, "policy": text} for name, text in refused.items()),
    ]


def _names() -> list[Vector]:
    """``error`` is that of step 0 over an archive with these entries, in this order."""
    apart = {
        "two letters": ["a.txt", "b.txt"],
        "an i without and with its dot": ["ı", "i"],
        "two letters of Kazakh": ["қ.txt", "к.txt"],
        "an accent": ["e.txt", "é.txt"],
        "a file and a folder": ["a.txt", "a/b.txt"],
    }
    twins = {
        "case": ["a.txt", "A.TXT"],
        "case in Kazakh": ["әңғүұқөһі", "ӘҢҒҮҰҚӨҺІ"],
        "sharp s": ["straße", "STRASSE"],
        "capital sharp s": ["ẞ", "ss"],
        "long s": ["ſ", "S"],
        "sigma at the end": ["λόγος", "ΛΌΓΟΣ"],
        "two sigmas": ["ς", "σ"],
        "a ligature": ["ﬁle", "FILE"],
        "micro": ["µ", "μ"],
        "composed and not": ["\u00e9", "e\u0301"],
        "composed and not, in two cases": ["\u00c9", "e\u0301"],
        "an i with its dot": ["İ", "i\u0307"],
        "Cherokee": ["Ꭰ", "ꭰ"],
        "a Greek iota below": ["ᾳ", "αι"],
        "a file that is a folder": ["A", "a/b.txt"],
        "the same": ["a", "b", "a"],
    }
    bad = {
        "upwards": ["../a"],
        "from the root": ["/a"],
        "a dot at the end": ["a."],
        "a space at the end": ["a /b"],
        "a colon": ["c:a"],
        "a backslash": ["a\\b"],
        "an end of a line": ["a\nb"],
        "turned round": ["a\u202egpj.exe"],
        "no width": ["a\u200bb"],
    }
    fetch = {"fetch": ["fetch.txt"], "fetch in capitals": ["FETCH.TXT"]}
    return [
        {"error": error, "name": name, "names": names}
        for error, found in (
            (None, apart),
            ("files.twins", twins),
            ("files.bad_path", bad),
            ("files.fetch", fetch),
        )
        for name, names in found.items()
    ]


def _sealed_items() -> list[Vector]:
    """``beginning`` is that of the file, ``item_size`` that of what it holds."""
    share, body, mac = (b64(seed(f"sealed {one}")).rstrip("=") for one in ("share", "body", "mac"))
    version, stanza, end = "age-encryption.org/v1\n", f"-> X25519 {share}\n{body}\n", f"--- {mac}\n"
    good = version + stanza + end
    recipient = str(X25519Identity(seed("sealed")).recipient)
    last = {"q": "p"}.get(recipient[-1], "q")

    def one(name: str, **changes: Any) -> Vector:
        beginning = changes.pop("text", good).encode()
        vector = {"error": None, "file_size": 205, "item_size": 5, "recipient": recipient}
        return {"beginning": b64(beginning), "name": name, **vector, **changes}

    def bad(name: str, **changes: Any) -> Vector:
        return one(name, error="item.not_sealed", **changes)

    def other_size(name: str, **changes: Any) -> Vector:
        return one(name, error="item.wrong_size", **changes)

    hybrid = f"-> mlkem768x25519 {share}\n{body}\n"
    return [
        one("good"),
        one("empty", item_size=0, file_size=200),
        one("one chunk", item_size=65_536, file_size=65_736),
        one("two chunks", item_size=65_537, file_size=65_753),
        other_size("a byte less", file_size=204),
        other_size("a byte more", file_size=206),
        other_size("nothing but a header", file_size=168),
        other_size("one tag for two chunks", item_size=65_537, file_size=65_737),
        bad("plain bytes", text="fictional\n" * 20),
        bad("a header cut short", text=good[:-1], file_size=167),
        bad("no file at all", text="", file_size=0),
        bad("to a hybrid key, as at the gate", text=version + hybrid + end),
        bad("a stanza and no more", text=version + hybrid + "no age file at all"),
        bad("to two keys", text=version + stanza + stanza + end),
        bad("to a passphrase", text=version + stanza.replace("X25519", "scrypt") + end),
        bad("a stanza for nobody before it", text=version + "-> grease\n\n" + stanza + end),
        bad("another version", text=good.replace("v1", "v2")),
        bad("ends of line as of DOS", text=good.replace("\n", "\r\n")),
        bad("in armour", text="-----BEGIN AGE ENCRYPTED FILE-----\n" + good),
        bad(
            "base64 with other last bits",
            text=version + stanza.replace(share, f"{share[:-1]}B") + end,
        ),
        bad("base64 with padding", text=good.replace(f"{share}\n", f"{share}=\n")),
        bad("a recipient with a wrong letter", recipient=recipient[:-1] + last),
        bad("a recipient of zeroes", recipient="age1" + "q" * 58),
    ]
