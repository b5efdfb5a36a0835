"""Trees in tiles against RFC 6962's own recursive definitions."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aigaq.tlog import (
    Tile,
    TileTree,
    TlogError,
    build_bundle,
    check_consistency,
    check_inclusion,
    hash_entry,
    list_tiles,
    parse_bundle,
    parse_tile_path,
)
from aigaq.tlog.writer import Frontier


def naive_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, word by word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    left, right = naive_root(leaves[:middle]), naive_root(leaves[middle:])
    return hashlib.sha256(b"\x01" + left + right).digest()


def make_leaves(count: int) -> list[bytes]:
    return [hash_entry(number.to_bytes(4, "big")) for number in range(count)]


def grow(leaves: list[bytes], *, steps: list[int]) -> tuple[Frontier, dict[Tile, bytes]]:
    frontier, tiles, at = Frontier(), {}, 0
    for step in [*steps, len(leaves)]:
        tiles.update(frontier.append(leaves[at : at + step]))
        at += step
        if at >= len(leaves):
            break
    return frontier, tiles


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 1_500), st.lists(st.integers(1, 400), max_size=8), st.data())
def test_roots_and_proofs_agree_with_the_definition(
    count: int, steps: list[int], data: st.DataObject
) -> None:
    leaves = make_leaves(count)
    frontier, tiles = grow(leaves, steps=steps)
    tree = TileTree(size=count, read=tiles.__getitem__)
    root = naive_root(leaves)
    assert frontier.root() == tree.root() == root
    index = data.draw(st.integers(0, count - 1))
    proof = tree.prove_inclusion(index)
    check_inclusion(leaf=leaves[index], index=index, size=count, proof=proof, root=root)
    old = data.draw(st.integers(1, count))
    old_root = naive_root(leaves[:old])
    assert tree.root_at(old) == old_root
    check_consistency(
        old_size=old,
        old_root=old_root,
        size=count,
        root=root,
        proof=tree.prove_consistency(old),
    )


def test_a_tree_of_seventy_thousand_has_the_tiles_that_the_specification_counts() -> None:
    tiles = list(list_tiles(70_000))
    of_level = {
        level: [tile for tile in tiles if tile.level == level] for level in (-1, 0, 1, 2, 3)
    }
    assert [len(of_level[level]) for level in (-1, 0, 1, 2, 3)] == [274, 274, 2, 1, 0]
    assert (of_level[0][-1].width, of_level[1][-1].width, of_level[2][-1].width) == (112, 17, 1)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 3_000), st.integers(0, 3_000))
def test_what_is_new_since_a_size_is_what_appending_makes(since: int, more: int) -> None:
    old, both = Frontier(), make_leaves(since + more)
    old.append(both[:since])
    made = old.append(both[since:])
    listed = {tile for tile in list_tiles(since + more, since=since) if tile.level >= 0}
    assert set(made) == listed


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 1_234_067), "tile/0/x001/x234/067"),
        (Tile(-1, 5, 17), "tile/entries/005.p/17"),
        (Tile(63, 0, 1), "tile/63/000.p/1"),
        (Tile(2, 999), "tile/2/999"),
        (Tile(2, 1_000), "tile/2/x001/000"),
    ],
)
def test_a_tile_has_one_path(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert parse_tile_path(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/67",
        "tile/0/x000/067",
        "tile/00/067",
        "tile/64/067",
        "tile/0/067.p/256",
        "tile/0/067.p/0",
        "tile/0/067.p/01",
        "tile/0/../067",
        "tile/entries/x001/x002",
        "/tile/0/067",
        "tile/0/067\n",
        "tile/0/٠٦٧",
    ],
)
def test_another_path_is_refused(path: str) -> None:
    with pytest.raises(TlogError, match=r"log\.bad_path"):
        parse_tile_path(path)


def test_a_tree_keeps_the_last_tiles_and_no_more() -> None:
    """A desk that proves a whole log must not hold all of it."""
    count = 600 * 256
    frontier, tiles = grow(make_leaves(count), steps=[])
    reads: list[Tile] = []

    def read(tile: Tile) -> bytes:
        reads.append(tile)
        return tiles[tile]

    tree = TileTree(size=count, read=read)
    for index in range(0, count, 256):
        tree.prove_inclusion(index)
    assert len(reads) > 600
    reads.clear()
    tree.prove_inclusion(count - 1)
    assert reads == []
    tree.prove_inclusion(0)
    assert Tile(0, 0) in reads
    assert tree.root() == frontier.root()


@settings(deadline=None)
@given(st.lists(st.binary(max_size=300), max_size=20))
def test_a_bundle_gives_its_entries_back(entries: list[bytes]) -> None:
    data = build_bundle(entries)
    assert parse_bundle(data, width=len(entries)) == entries
    for wrong in (data + b"\x00", data[:-1] if data else b"\x00"):
        with pytest.raises(TlogError, match=r"log\.bad_entries"):
            parse_bundle(wrong, width=len(entries))
