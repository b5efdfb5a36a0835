"""Other implementations open what we write and write what we open, each kind that they know.

`pyrage` is always there; the `age` command is added where it is installed. The files of other tools
in ``spec/vectors/age/files.json`` do not depend on the machine.
"""

import shutil
import subprocess
from pathlib import Path
from typing import Protocol

import pyrage
import pytest

from aigaq import age

IDENTITY = age.X25519Identity.generate()
SIZES = [0, 1, 65_535, 65_536, 65_537, 300_000]


class Tool(Protocol):
    def encrypt(self, plain: bytes, *, recipient: str) -> bytes: ...

    def decrypt(self, file: bytes, *, identity: str, folder: Path) -> bytes: ...


class Pyrage:
    def encrypt(self, plain: bytes, *, recipient: str) -> bytes:
        return bytes(pyrage.encrypt(plain, [pyrage.x25519.Recipient.from_str(recipient)]))

    def decrypt(self, file: bytes, *, identity: str, folder: Path) -> bytes:
        return bytes(pyrage.decrypt(file, [pyrage.x25519.Identity.from_str(identity)]))


class AgeCommand:
    def __init__(self, command: str) -> None:
        self._command = command

    def encrypt(self, plain: bytes, *, recipient: str) -> bytes:
        return self._run(["-r", recipient], stdin=plain)

    def decrypt(self, file: bytes, *, identity: str, folder: Path) -> bytes:
        key = folder / "key.txt"
        key.write_text(identity + "\n")
        return self._run(["-d", "-i", str(key)], stdin=file)

    def _run(self, arguments: list[str], *, stdin: bytes) -> bytes:
        ran = subprocess.run(
            [self._command, *arguments], input=stdin, capture_output=True, check=True
        )
        return ran.stdout


TOOLS: dict[str, Tool] = {"pyrage": Pyrage()}
if command := shutil.which("age"):
    TOOLS["age"] = AgeCommand(command)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("tool", TOOLS)
def test_another_tool_opens_what_we_write(tool: str, size: int, tmp_path: Path) -> None:
    plain = bytes(size)
    file = age.encrypt_bytes(plain, recipients=[IDENTITY.recipient])
    secret = IDENTITY.secret_text()
    assert TOOLS[tool].decrypt(file, identity=secret, folder=tmp_path) == plain


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("tool", TOOLS)
def test_we_open_what_another_tool_writes(tool: str, size: int) -> None:
    plain = bytes(size)
    file = TOOLS[tool].encrypt(plain, recipient=str(IDENTITY.recipient))
    assert age.decrypt_bytes(file, identities=[IDENTITY]) == plain


@pytest.mark.parametrize("tool", sorted(set(TOOLS) - {"pyrage"}))
def test_the_age_command_reads_our_armour(tool: str, tmp_path: Path) -> None:
    file = age.encrypt_bytes(b"fictional", recipients=[IDENTITY.recipient])
    text = age.armor.encode_bytes(file).encode()
    secret = IDENTITY.secret_text()
    assert TOOLS[tool].decrypt(text, identity=secret, folder=tmp_path) == b"fictional"


@pytest.mark.slow
def test_passphrases_agree_with_pyrage() -> None:
    passphrase = "көк кеме 7"
    ours = age.encrypt_bytes(
        b"fictional", recipients=[age.ScryptRecipient(passphrase, work_factor=10)]
    )
    assert pyrage.passphrase.decrypt(ours, passphrase) == b"fictional"
    theirs = bytes(pyrage.passphrase.encrypt(b"fictional", passphrase))
    # pyrage measures the machine and takes about a second's work: let a fast machine be fast.
    identity = age.ScryptIdentity(passphrase, max_work_factor=22)
    assert age.decrypt_bytes(theirs, identities=[identity]) == b"fictional"
