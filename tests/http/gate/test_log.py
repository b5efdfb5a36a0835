"""The log over HTTP: what it holds, who may write to it, and what an observer learns."""

import base64
import time
from collections.abc import Iterator

import httpx
import pytest
from tests.gatehouse import Organisation, Phone, RunningGate, free_port, mailbox_keys, seal
from tests.http.gate.parcels import copy_for_a_thief

from aigaq.sealing.log_entries import (
    CHAFF,
    REGISTER_HEAD,
    Opening,
    PublicEntry,
    build_blinded,
    encode_head,
    make_opening,
    parse_entry,
)
from aigaq.sealing.witnessing import build_cosigner
from aigaq.tlog import (
    Checkpoint,
    Cosigner,
    CosignerVerifier,
    Ed25519Verifier,
    Note,
    SignedCheckpoint,
    Tile,
    TileTree,
    add_signatures,
    check_inclusion,
    check_log,
    hash_entry,
    list_tiles,
    open_checkpoint,
    open_note,
    parse_bundle,
    sign_checkpoint,
)

pytestmark = pytest.mark.slow

BATCH = 4
DESK = Cosigner(name="desk.example/cosigner", seed=bytes(32))
STRANGER = Cosigner(name="stranger.example", seed=bytes([1]) * 32)


@pytest.fixture(scope="module")
def log_gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGate]:
    port = free_port()
    cosigner = build_cosigner(
        name=DESK.name, verifier_keys=tuple(map(str, DESK.keys)), is_independent=False
    )
    organisation = Organisation.found(
        port=port, batch=BATCH, interval_seconds=1, cosigners=(cosigner,)
    )
    running = RunningGate(organisation, folder=tmp_path_factory.mktemp("log"), port=port)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def log_phone(log_gate: RunningGate) -> Iterator[Phone]:
    with httpx.Client(base_url=log_gate.origin, timeout=30, verify=False) as client:
        yield Phone(client, log_gate.organisation)


def verifier(organisation: Organisation) -> Ed25519Verifier:
    return Ed25519Verifier(
        organisation.card.log_origin, organisation.log.public_key().public_bytes_raw()
    )


def get_head(phone: Phone) -> SignedCheckpoint:
    for _ in range(100):
        answer = phone.client.get("/log/checkpoint")
        if answer.status_code == 200:
            break
        time.sleep(0.05)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    origin = phone.organisation.card.log_origin
    return open_checkpoint(answer.content, origin=origin, verifiers=[verifier(phone.organisation)])


def wait_for_size(phone: Phone, size: int) -> Checkpoint:
    for _ in range(400):
        head = get_head(phone).checkpoint
        if head.size >= size:
            return head
        time.sleep(0.05)
    raise AssertionError(f"the log stands at {head.size}, not {size}")


def read_tile(phone: Phone, tile: Tile) -> bytes:
    answer = phone.client.get(f"/log/{tile.path}")
    assert answer.status_code == 200, tile.path
    return answer.content


def read_entries(phone: Phone, size: int) -> list[bytes]:
    bundles = [tile for tile in list_tiles(size) if tile.level < 0]
    return [
        one for tile in bundles for one in parse_bundle(read_tile(phone, tile), width=tile.width)
    ]


def test_a_report_is_in_the_log_within_the_promised_delay(log_phone: Phone) -> None:
    parcel = seal(log_phone.organisation, mailbox_keys())
    assert log_phone.send(parcel).status_code == 201
    value = {"values": [parcel.commitment.hex(), "00" * 32]}
    for _ in range(100):
        indexes = log_phone.desk("POST", "/api/desk/log/indexes", value).json()["indexes"]
        if indexes[0] is not None:
            break
        time.sleep(0.05)
    assert indexes[1] is None
    head = get_head(log_phone).checkpoint
    tree = TileTree(size=head.size, read=lambda tile: read_tile(log_phone, tile))
    assert tree.root() == head.root
    check_inclusion(
        leaf=hash_entry(build_blinded(parcel.commitment)),
        index=indexes[0],
        size=head.size,
        proof=tree.prove_inclusion(indexes[0]),
        root=head.root,
    )


def test_the_log_begins_with_card_and_bundle_manifest(log_phone: Phone) -> None:
    wait_for_size(log_phone, 2 + BATCH)
    first, second = map(parse_entry, read_entries(log_phone, 2 + BATCH)[:2])
    card = log_phone.client.get("/card").text
    manifest = log_phone.client.get("/bundle-manifest.json").text
    assert first == PublicEntry("card", card)
    assert second == PublicEntry("bundle_manifest", manifest)


def test_every_batch_has_the_same_width_whether_or_not_reports_came(log_phone: Phone) -> None:
    """What an observer of the public log sees: sizes at each look, and entries of one length."""
    sizes = set()
    for number in range(60):
        if number % 20 == 0:
            assert log_phone.send(seal(log_phone.organisation, mailbox_keys())).status_code == 201
        sizes.add(get_head(log_phone).checkpoint.size)
        time.sleep(0.05)
    assert len(sizes) >= 3
    entries = read_entries(log_phone, max(sizes))
    lengths = [len(one) for one in entries if one[:1] == b"\x01"]
    assert set(lengths) == {33}
    # Public entries, of which other tests make some, say of themselves what they are.
    assert {sum(one[:1] == b"\x01" for one in entries[:size]) % BATCH for size in sizes} == {0}


def test_the_desk_opens_every_leaf_as_report_head_or_chaff(log_phone: Phone) -> None:
    parcel = seal(log_phone.organisation, mailbox_keys())
    assert log_phone.send(parcel).status_code == 201
    head = make_opening(kind=REGISTER_HEAD, value=encode_head(count=1, head=bytes(32)))
    posted = {"entries": [head.blinded.hex()]}
    for _ in range(2):  # The same again is no second entry.
        answer = log_phone.desk("POST", "/api/desk/log/heads", posted)
        assert answer.status_code == 204
    before = get_head(log_phone).checkpoint.size
    size = wait_for_size(log_phone, before + 3 * BATCH).size
    reports = {bytes.fromhex(one["commitment"]) for one in list_reports(log_phone)}
    chaff = {
        Opening(CHAFF, base64.b64decode(one["salt"]), base64.b64decode(one["value"])).blinded
        for one in log_phone.desk("GET", "/api/desk/log/chaff?after=0&limit=500").json()["chaff"]
    }
    values = [parse_entry(entry) for entry in read_entries(log_phone, size)]
    blinded = [value for value in values if isinstance(value, bytes)]
    assert blinded.count(head.blinded) == 1
    assert blinded.count(parcel.commitment) == 1
    assert set(blinded) - reports - chaff == {head.blinded}
    # Taken durably, then erased.
    listed = log_phone.desk("GET", "/api/desk/log/chaff?after=0&limit=500").json()["chaff"]
    done = {"up_to": listed[-1]["number"]}
    assert log_phone.desk("POST", "/api/desk/log/chaff/done", done).status_code == 204
    later = log_phone.desk("GET", "/api/desk/log/chaff?after=0&limit=1").json()["chaff"]
    assert all(one["number"] > done["up_to"] for one in later)


def list_reports(phone: Phone) -> list[dict[str, str]]:
    found: list[dict[str, str]] = phone.desk("GET", "/api/desk/reports?after=0&limit=500").json()[
        "reports"
    ]
    return found


def test_cosignatures_of_the_cards_cosigners_are_kept_and_served(log_phone: Phone) -> None:
    head = get_head(log_phone)
    lines = DESK.cosign(head.checkpoint, at=int(time.time()))
    cosigned = add_signatures(head.note, lines).encode()
    answer = log_phone.client.post("/log/cosignatures", content=cosigned)
    assert answer.json() == {"taken": 2}
    served = log_phone.client.get("/log/cosigned").content
    opened = open_checkpoint(
        served,
        origin=log_phone.organisation.card.log_origin,
        verifiers=[verifier(log_phone.organisation)],
    )
    assert opened.checkpoint == head.checkpoint
    keys = list(map(CosignerVerifier, DESK.keys))
    assert set(open_note(opened.note, verifiers=keys)) == set(keys)


@pytest.mark.parametrize("what", ["stranger", "unsigned head", "no lines", "changed line"])
def test_other_cosignatures_are_refused(log_phone: Phone, what: str) -> None:
    head = get_head(log_phone)
    note = Note(text=head.note.text, signatures=head.note.signatures[:1])
    if what == "stranger":
        note = add_signatures(note, STRANGER.cosign(head.checkpoint, at=1))
    elif what == "unsigned head":
        other = Checkpoint(head.checkpoint.origin, head.checkpoint.size, bytes(32))
        foreign = sign_checkpoint(other, key=STRANGER._ed25519)
        note = add_signatures(foreign, DESK.cosign(other, at=1))
    elif what == "changed line":
        line = DESK.cosign(head.checkpoint, at=1)[0]
        note = add_signatures(note, [type(line)(line.name, line.key_id, bytes(72))])
    answer = log_phone.client.post("/log/cosignatures", content=note.encode())
    assert (answer.status_code, answer.json()) == (422, {"error": "log.no_cosignature"})


@pytest.mark.parametrize(
    "path", ["tile/0/999", "tile/0/000.p/255", "tile/5/000", "tile/0/../0/000", "tile/x", "nothing"]
)
def test_what_no_checkpoint_covers_is_not_there(log_phone: Phone, path: str) -> None:
    assert log_phone.client.get(f"/log/{path}").status_code == 404


@pytest.mark.parametrize("path", ["chaff/done", "heads", "indexes", "public"])
def test_only_the_desk_writes_to_the_log(log_phone: Phone, path: str) -> None:
    answer = log_phone.client.post(f"/api/desk/log/{path}", content=b"{}")
    assert (answer.status_code, answer.json()) == (401, {"error": "request.refused"})
    foreign = mailbox_keys().key
    answer = log_phone.signed("POST", f"/api/desk/log/{path}", key=foreign, body=b"{}")
    assert answer.status_code == 401


def test_a_commitment_that_was_published_is_flagged_when_it_comes_again(log_phone: Phone) -> None:
    """What the gate keeps of published entries is the same for all, and still finds a copy."""
    parcel = seal(log_phone.organisation, mailbox_keys())
    assert log_phone.send(parcel).status_code == 201
    wait_for_size(log_phone, get_head(log_phone).checkpoint.size + 2 * BATCH)
    before = log_phone.desk("GET", "/api/desk/status").json()["counts"]["reports_repeated"]
    thief = mailbox_keys()
    copied = copy_for_a_thief(parcel, organisation=log_phone.organisation, thief=thief)
    assert log_phone.complete(copied).status_code == 201
    after = log_phone.desk("GET", "/api/desk/status").json()["counts"]["reports_repeated"]
    assert after == before + 1


def test_a_killed_gate_goes_on_where_its_log_stood(log_gate: RunningGate, log_phone: Phone) -> None:
    before = get_head(log_phone).checkpoint
    log_gate.kill()
    log_gate.start()
    after = wait_for_size(log_phone, before.size + BATCH)
    tree = TileTree(size=after.size, read=lambda tile: read_tile(log_phone, tile))
    assert tree.root() == after.root
    assert tree.root_at(before.size) == before.root
    log_gate.stop()
    folder = log_gate.data / "log"
    organisation = log_gate.organisation
    check_log(folder, origin=organisation.card.log_origin, verifiers=[verifier(organisation)])
    log_gate.start()


def test_a_public_entry_of_the_desk_is_there_word_by_word(log_phone: Phone) -> None:
    body = {"kind": "release", "text": "Fictional release, текст\n"}
    assert log_phone.desk("POST", "/api/desk/log/public", body).status_code == 204
    entry = PublicEntry("release", body["text"])
    # A batch that had its places already goes before it.
    for _ in range(3):
        size = wait_for_size(log_phone, get_head(log_phone).checkpoint.size + BATCH).size
        if entry in map(parse_entry, read_entries(log_phone, size)):
            return
    raise AssertionError("it did not come into the log")


@pytest.mark.parametrize("first", ["desk", "phone"])
def test_a_commitment_that_the_desk_posts_and_the_gate_queues_stands_once(
    log_gate: RunningGate, log_phone: Phone, first: str
) -> None:
    """A report typed at the desk may come both ways, in either order and in one interval."""
    parcels = [seal(log_gate.organisation, mailbox_keys()) for _ in range(6)]
    entries = {"entries": [one.commitment.hex() for one in parcels]}
    for way in ("desk", "phone") if first == "desk" else ("phone", "desk"):
        if way == "desk":
            assert log_phone.desk("POST", "/api/desk/log/heads", entries).status_code == 204
        else:
            assert [log_phone.send(one).status_code for one in parcels] == [201] * len(parcels)
    size = get_head(log_phone).checkpoint.size
    head = wait_for_size(log_phone, size + 5 * BATCH)
    logged = read_entries(log_phone, head.size)
    assert [logged.count(build_blinded(one.commitment)) for one in parcels] == [1] * len(parcels)
