"""Our own age vectors, shared with the browser: keys, refused keys, mixed kinds, whole files."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from aigaq import age

FOLDER = Path(__file__).parents[3] / "spec" / "vectors" / "age"
IDENTITIES: dict[str, type[age.HybridIdentity | age.X25519Identity]] = {
    "hybrid": age.HybridIdentity,
    "x25519": age.X25519Identity,
}


def read_vectors(name: str) -> list[Any]:
    vectors: list[Any] = json.loads((FOLDER / name).read_text())
    return [pytest.param(vector, id=vector["name"]) for vector in vectors]


def encrypt_to(recipient: str) -> bytes:
    return age.encrypt_bytes(b"", recipients=[age.parse_recipient(recipient)])


@pytest.mark.parametrize("vector", read_vectors("keys.json"))
def test_a_secret_gives_the_identity_and_recipient_that_typage_gives(
    vector: dict[str, str],
) -> None:
    identity = IDENTITIES[vector["kind"]](bytes.fromhex(vector["secret"]))
    assert identity.secret_text() == vector["identity"]
    assert str(identity.recipient) == vector["recipient"]
    assert age.parse_identity(vector["identity"]).recipient == identity.recipient
    assert age.parse_recipient(vector["recipient"]) == identity.recipient


@pytest.mark.parametrize("vector", read_vectors("refused-keys.json"))
def test_a_key_text_in_any_other_form_is_refused(vector: dict[str, str]) -> None:
    use = age.parse_identity if vector["role"] == "identity" else encrypt_to
    with pytest.raises(age.AgeError) as refusal:
        use(vector["text"])
    assert refusal.value.code == vector["error"]


@pytest.mark.parametrize("vector", read_vectors("mixing.json"))
def test_recipients_of_two_kinds_never_share_a_file(vector: dict[str, Any]) -> None:
    recipients: list[age.Recipient] = [
        age.parse_recipient(text) for text in vector["recipients"]
    ] + [age.ScryptRecipient(text, work_factor=1) for text in vector["passphrases"]]
    if vector["error"] is None:
        assert age.encrypt_bytes(b"", recipients=recipients)
        return
    with pytest.raises(age.RecipientsError) as refusal:
        age.encrypt_bytes(b"", recipients=recipients)
    assert refusal.value.code == vector["error"]


@pytest.mark.parametrize("vector", read_vectors("files.json"))
def test_a_file_made_by_another_implementation_opens(vector: dict[str, str]) -> None:
    identity = (
        age.parse_identity(vector["identity"])
        if "identity" in vector
        else age.ScryptIdentity(vector["passphrase"])
    )
    plain = age.decrypt_bytes(base64.b64decode(vector["file"]), identities=[identity])
    assert plain.decode() == vector["plaintext"]
