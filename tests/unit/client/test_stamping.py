"""`stamp_bundle`: one organisation's card in the bundle, and nothing else changed."""

import base64
import hashlib
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aigaq.age import HybridIdentity
from aigaq.sealing.bundle import (
    MANIFEST,
    build_bundle_manifest,
    parse_bundle_manifest,
    read_bundle,
    stamp_bundle,
)
from aigaq.sealing.card import Card, Service, build_card
from aigaq.sealing.errors import SealingError
from aigaq.sealing.signatures import public_bytes

BUNDLE = Path(__file__).parents[3] / "src" / "aigaq" / "gate" / "bundle"
HOSTILE = "</script><b>&\u2028@@SERVICES@@"


def texts(text: str) -> dict[str, str]:
    return {language: f"{text} {language}" for language in ("en", "kk", "ru")}


def signed_card(
    root: Ed25519PrivateKey, *, state: str = "trial", services: tuple[Service, ...] | None = None
) -> bytes:
    key = public_bytes(Ed25519PrivateKey.generate())
    fictional = Service("police", texts(HOSTILE), "8 (700) 1*2", texts("who"), texts("note"), "yes")
    card = Card(
        version=1,
        team_id=bytes(16),
        names=texts("Fictional"),
        languages=("kk", "ru", "en"),
        team_recipient=str(HybridIdentity.generate().recipient),
        message_key=key,
        desk_key=key,
        fetch_key=key,
        log_key=key,
        log_origin="127.0.0.1:8470/log",
        gate_origin="http://127.0.0.1:8470",
        batch=16,
        interval_seconds=600,
        maximum_delay_seconds=86_400,
        reading_hours=24,
        reading_text=texts("every day"),
        services=(fictional,) if services is None else services,
        windows=(),
        cosigners=(),
        timestamp_authorities=(),
        exit_url="https://weather.example/?a=1&b=2",
        state=state,
        signed_at=datetime(2026, 5, 4, 9, 0, tzinfo=UTC),
    )
    return build_card(card, root_key=root)


@pytest.fixture
def root() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def stamp(root: Ed25519PrivateKey, *, target: Path, card: bytes, source: Path = BUNDLE) -> Path:
    stamp_bundle(source, target, root_key=public_bytes(root), card=card)
    return target


def test_every_document_holds_card_and_root_key(root: Ed25519PrivateKey, tmp_path: Path) -> None:
    card = signed_card(root)
    stamped = stamp(root, target=tmp_path / "bundle", card=card)
    for kind in ("index", "offline"):
        for language in ("en", "kk", "ru"):
            document = (stamped / f"{kind}.{language}.html").read_text("utf-8")
            found = re.search(r'id="stamp">(.*?)</script>', document, re.DOTALL)
            assert found is not None
            assert json.loads(found[1]) == {
                "card": card.decode("utf-8"),
                "root_key": base64.b64encode(public_bytes(root)).decode("ascii"),
            }


def test_the_manifest_is_that_of_the_stamped_bytes(root: Ed25519PrivateKey, tmp_path: Path) -> None:
    stamped = stamp(root, target=tmp_path / "bundle", card=signed_card(root))
    lines = parse_bundle_manifest((stamped / MANIFEST).read_bytes())
    on_disk = {p.relative_to(stamped).as_posix() for p in stamped.rglob("*") if p.is_file()}
    assert on_disk == {line.path for line in lines} | {MANIFEST}
    for line in lines:
        data = (stamped / line.path).read_bytes()
        digest = base64.b64encode(hashlib.sha384(data).digest()).decode("ascii")
        assert (line.sri, line.size_bytes) == (f"sha384-{digest}", len(data))


def test_scripts_and_styles_stay_as_they_were_committed(
    root: Ed25519PrivateKey, tmp_path: Path
) -> None:
    stamped = stamp(root, target=tmp_path / "bundle", card=signed_card(root))
    for path, data in read_bundle(BUNDLE).items():
        assert ((stamped / path).read_bytes() == data) == (not path.endswith(".html"))


def test_no_text_of_a_card_becomes_markup(root: Ed25519PrivateKey, tmp_path: Path) -> None:
    stamped = stamp(root, target=tmp_path / "bundle", card=signed_card(root))
    before = (BUNDLE / "index.en.html").read_text("utf-8")
    document = (stamped / "index.en.html").read_text("utf-8")
    assert document.count("<b>") == before.count("<b>") + 1  # The one around the service's name.
    assert document.count("</script>") == before.count("</script>")
    assert "&lt;/script&gt;&lt;b&gt;&amp;" in document


def test_services_stand_in_the_language_of_the_document(
    root: Ed25519PrivateKey, tmp_path: Path
) -> None:
    stamped = stamp(root, target=tmp_path / "bundle", card=signed_card(root))
    for language in ("en", "kk", "ru"):
        document = (stamped / f"index.{language}.html").read_text("utf-8")
        listed = document[document.index('<li class="service">') :].partition("</li>")[0]
        assert f"<span>who {language}</span>" in listed
        assert f"<span>note {language}</span>" in listed
        assert 'href="tel:87001*2"' in listed


def test_the_exit_leads_where_the_card_says(root: Ed25519PrivateKey, tmp_path: Path) -> None:
    stamped = stamp(root, target=tmp_path / "bundle", card=signed_card(root))
    document = (stamped / "index.ru.html").read_text("utf-8")
    assert 'href="https://weather.example/?a=1&amp;b=2"' in document


@pytest.mark.parametrize("state", ["trial", "live"])
def test_only_a_trial_says_that_it_is_one(
    state: str, root: Ed25519PrivateKey, tmp_path: Path
) -> None:
    stamped = stamp(root, target=tmp_path / "bundle", card=signed_card(root, state=state))
    document = (stamped / "index.ru.html").read_text("utf-8")
    assert ('class="notice trial"' in document) == (state == "trial")


def test_a_card_without_services_says_so(root: Ed25519PrivateKey, tmp_path: Path) -> None:
    card = signed_card(root, services=())
    document = (stamp(root, target=tmp_path / "b", card=card) / "index.en.html").read_text("utf-8")
    known = json.loads((BUNDLE / "a" / "texts.en.json").read_bytes())
    assert f'<li class="service">{known["help.none"]}</li>' in document


def test_no_token_is_left(root: Ed25519PrivateKey, tmp_path: Path) -> None:
    card = signed_card(root, services=())
    stamped = stamp(root, target=tmp_path / "bundle", card=card)
    assert not any(b"@@" in page.read_bytes() for page in stamped.glob("index.*.html"))


def test_stamping_again_replaces_the_folder_whole(root: Ed25519PrivateKey, tmp_path: Path) -> None:
    target = tmp_path / "bundle"
    stamp(root, target=target, card=signed_card(root))
    (target / "stray.html").write_text("stray")
    stamp(root, target=target, card=signed_card(root, state="live"))
    assert not (target / "stray.html").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_a_card_of_another_root_is_not_stamped(root: Ed25519PrivateKey, tmp_path: Path) -> None:
    card = signed_card(Ed25519PrivateKey.generate())
    with pytest.raises(SealingError) as caught:
        stamp(root, target=tmp_path / "bundle", card=card)
    assert caught.value.code == "card.other_root"
    assert not (tmp_path / "bundle").exists()


def test_a_stamped_bundle_is_not_stamped_again(root: Ed25519PrivateKey, tmp_path: Path) -> None:
    stamped = stamp(root, target=tmp_path / "once", card=signed_card(root))
    with pytest.raises(SealingError) as caught:
        stamp(root, target=tmp_path / "twice", card=signed_card(root), source=stamped)
    assert caught.value.code == "bundle.not_unstamped"


def copy_with(change: dict[str, bytes], *, folder: Path, keep_manifest: bool) -> Path:
    """Copy the bundle with some files changed; the manifest follows unless it is kept."""
    files = read_bundle(BUNDLE)
    manifest = (BUNDLE / MANIFEST).read_bytes()
    files |= change
    if not keep_manifest:
        manifest = build_bundle_manifest(files)
    for path, data in (files | {MANIFEST: manifest}).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


def test_a_bundle_with_one_byte_changed_is_not_stamped(
    root: Ed25519PrivateKey, tmp_path: Path
) -> None:
    changed = {"a/seal.js": (BUNDLE / "a" / "seal.js").read_bytes() + b"\n"}
    source = copy_with(changed, folder=tmp_path / "source", keep_manifest=True)
    with pytest.raises(SealingError) as caught:
        stamp(root, target=tmp_path / "bundle", card=signed_card(root), source=source)
    assert caught.value.code == "bundle.wrong_file"


@pytest.mark.parametrize("name", ["offline.ru.html", "index.ru.html"])
@pytest.mark.parametrize("tag", [b"<script>", b"<style>"])
def test_a_page_with_another_script_or_style_is_not_stamped(
    name: str, tag: bytes, root: Ed25519PrivateKey, tmp_path: Path
) -> None:
    page = (BUNDLE / name).read_bytes().replace(tag, tag + b";", 1)
    source = copy_with({name: page}, folder=tmp_path / "s", keep_manifest=False)
    with pytest.raises(SealingError) as caught:
        stamp(root, target=tmp_path / "bundle", card=signed_card(root), source=source)
    assert caught.value.code == "bundle.wrong_policy"


@pytest.mark.parametrize("path", ["../evil.js", "/etc/passwd", "a/../../x", "a//b", "."])
def test_a_manifest_with_a_path_that_leads_out_is_refused(path: str) -> None:
    with pytest.raises(SealingError) as caught:
        parse_bundle_manifest(build_bundle_manifest({path: b""}))
    assert caught.value.code == "bundle.bad_manifest"


def test_a_folder_without_a_manifest_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(SealingError) as caught:
        read_bundle(tmp_path)
    assert caught.value.code == "bundle.missing"
