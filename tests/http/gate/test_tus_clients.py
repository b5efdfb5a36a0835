"""Conformance: two tus clients that are not ours upload, go on after a cut, and terminate."""

import hashlib
import io
import json
import os
import secrets
import subprocess
from pathlib import Path

import pytest
from tests.gatehouse import TUS, Phone, RunningGate, b64
from tusclient.client import TusClient

ROOT = Path(__file__).parents[3]
SIZE = 3_000_017


def metadata_of(draft: bytes) -> str:
    return f"draft {b64(draft)},member {b64(b'item-0000.age')}"


def stored(gate: RunningGate, url: str) -> str:
    name = url.rpartition("/")[2]
    return hashlib.sha256((gate.data / "items" / name).read_bytes()).hexdigest()


def run_tus_js(gate: RunningGate, file: Path, **task: object) -> dict[str, str]:
    described = {
        "client": str(ROOT / "client" / "package.json"),
        "endpoint": f"{gate.origin}/api/uploads",
        "file": str(file),
        "metadata": metadata_of(secrets.token_bytes(32)),
        "chunk": 700_000,
        "cuts": 0,
        "terminate": False,
        **task,
    }
    script = Path(__file__).with_name("tus_client.mjs")
    done = subprocess.run(
        ["node", str(script), json.dumps(described)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    answer: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return answer


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "sealed"
    path.write_bytes(os.urandom(SIZE))
    return path


@pytest.mark.parametrize("cuts", [0, 3])
def test_tus_js_client_uploads_also_over_a_line_that_is_cut(
    gate: RunningGate, file: Path, cuts: int
) -> None:
    answer = run_tus_js(gate, file, cuts=cuts)
    assert stored(gate, answer["url"]) == hashlib.sha256(file.read_bytes()).hexdigest()


def test_tus_js_client_terminates(gate: RunningGate, phone: Phone, file: Path) -> None:
    answer = run_tus_js(gate, file, terminate=True)
    assert phone.client.head(answer["url"], headers=TUS).status_code == 404


def test_tuspy_uploads_in_parts_and_goes_on(gate: RunningGate, phone: Phone, file: Path) -> None:
    data = file.read_bytes()
    made = phone.create(draft=secrets.token_bytes(32), member="item-0000.age", length=SIZE)
    url = gate.origin + made.headers["location"]
    client = TusClient(f"{gate.origin}/api/uploads")
    first = client.uploader(file_stream=io.BytesIO(data), url=url, chunk_size=500_000)
    first.upload(stop_at=500_000)
    again = client.uploader(file_stream=io.BytesIO(data), url=url, chunk_size=500_000)
    assert again.offset == 500_000
    again.upload()
    assert stored(gate, url) == hashlib.sha256(data).hexdigest()


def test_tuspy_creates_and_uploads_by_itself(gate: RunningGate, file: Path) -> None:
    data = file.read_bytes()
    uploader = TusClient(f"{gate.origin}/api/uploads").uploader(
        file_stream=io.BytesIO(data),
        chunk_size=1_000_000,
        metadata={"draft": secrets.token_hex(16), "member": "item-0000.age"},
        upload_checksum=False,
    )
    uploader.upload()
    assert stored(gate, str(uploader.url)) == hashlib.sha256(data).hexdigest()
