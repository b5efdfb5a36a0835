"""Vectors of whole reports: a folder each, with the file form and what opening it must give.

Age files are random, so each folder is written once and kept; ``faults`` lists step, code and
member in order, ``error`` is the first of them or, where steps 1 to 5 and 7 pass, that of an item.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from scripts.vector_sources.containers import build_tar
from scripts.vector_sources.crafted import Crafted, Members, pad_item
from scripts.vector_sources.fixtures import (
    MAILBOX,
    OTHER_MAILBOX,
    OTHER_TEAM,
    OTHER_TEAM_ID,
    TEAM,
    TEAM_ID,
    b64,
    seed,
    to_file,
)
from scripts.vector_sources.plain import sample_item, sample_manifest
from scripts.vector_sources.signed import Change, setting, sign_raw, within, without

from aigaq.age import X25519Identity
from aigaq.sealing.canonical_json import build_json
from aigaq.sealing.header import HEADER, KEY, MANIFEST, item_name, report_id
from aigaq.sealing.manifest import Manifest, build_manifest
from aigaq.sealing.padding import MANIFEST_STEP, pad_to_step

Fault = tuple[int, str, str | None]
ITEM_0, ITEM_1 = item_name(0), item_name(1)


@dataclass(frozen=True)
class Case:
    """One vector: how the report is crafted and what a reader must say of it."""

    name: str
    crafted: Crafted
    faults: tuple[Fault, ...] = ()
    item_errors: tuple[tuple[int, str], ...] = ()


def build() -> dict[str, bytes]:
    """Return the files of this format, by path under spec/vectors; new ones at each call."""
    files: dict[str, bytes] = {}
    for case in (*_good(), *_headers(), *_members(), *_keys(), *_manifests(), *_items()):
        folder = f"report/{case.name.replace(' ', '-')}"
        members = case.crafted.members()
        files[f"{folder}/report.tar"] = build_tar(_in_order(members))
        files[f"{folder}/vector.json"] = to_file(_describe(case, members))
    return files


def _in_order(members: Members) -> Members:
    """Return members in the order of the file form, extra items included."""
    items = sorted(name for name in members if name.startswith("item-"))
    tail = [name for name in (MANIFEST, KEY, HEADER) if name in members]
    return {name: members[name] for name in (*items, *tail)}


def _describe(case: Case, members: Members) -> dict[str, Any]:
    first = case.faults[0][1] if case.faults else None
    vector: dict[str, Any] = {
        "name": case.name,
        "team_id": TEAM_ID.hex(),
        "team_identity": TEAM.secret_text(),
        "error": first or (case.item_errors[0][1] if case.item_errors else None),
        "faults": [{"step": s, "code": c, "member": m} for s, c, m in case.faults],
        "item_errors": {str(number): code for number, code in case.item_errors},
        "state": _state(case),
    }
    if not case.faults:
        manifest = case.crafted.manifest
        vector["expected"] = {
            "report_id": report_id(members[HEADER]).hex(),
            "report_identity": case.crafted.report_identity.secret_text(),
            "manifest": b64(build_manifest(manifest)),
            "commitment": manifest.commitment().hex(),
            "root": manifest.root().hex(),
            "leaf_count": manifest.leaf_count,
            "mailbox_key": b64(manifest.mailbox_key),
            "mailbox_recipient": manifest.mailbox_recipient,
            "contents": [b64(one) for one in case.crafted.contents],
        }
    return vector


def _state(case: Case) -> str:
    codes = {code for _, code, _ in case.faults}
    if codes - {"report.contradictory", "report.wrong_commitment"}:
        return "damaged"
    return "contradictory" if codes else "opened"


def _good() -> list[Case]:
    text = sample_manifest(items=(), consents=())
    names = ("../../../etc/passwd", "C:\\con\\nul", "\u202egpj.exe", "a\u0000b", "қ" * 512, "")
    odd = tuple(sample_item(n, b"x", name=name) for n, name in enumerate(names))
    large = bytes(range(256)) * 300
    return [
        Case("two items", Crafted()),
        Case("text only", Crafted(manifest=text, contents=())),
        Case(
            "a part that continues another",
            Crafted(manifest=replace(text, continues=seed("report")), contents=()),
        ),
        Case(
            "an empty item",
            Crafted(
                manifest=sample_manifest(items=(sample_item(0, b""),), consents=()), contents=(b"",)
            ),
        ),
        Case(
            "an item of two age chunks",
            Crafted(
                manifest=sample_manifest(items=(sample_item(0, large),), consents=()),
                contents=(large,),
            ),
        ),
        Case(
            "names with path tricks",
            Crafted(manifest=sample_manifest(items=odd, consents=()), contents=(b"x",) * len(odd)),
        ),
    ]


def _on_header(change: Change) -> Crafted:
    return Crafted(change_header=change)


def _headers() -> list[Case]:
    bad: tuple[Fault, ...] = ((1, "report.bad_header", HEADER),)
    wrong: tuple[Fault, ...] = ((1, "report.wrong_signature", HEADER),)
    changes: list[tuple[str, Change]] = [
        ("header with an unknown member", setting("note", "x")),
        ("header without a member", without("commitment")),
        ("header of version 2", setting("version", 2)),
        ("header of another format", setting("format", "aigaq/header/v2")),
        ("header with an upper case hash", _upper_commitment),
        ("header with a key of 31 bytes", setting("mailbox_key", b64(bytes(31)))),
        ("header with an X25519 recipient", setting("mailbox_recipient", _x25519())),
        ("header that lists a path", within("members", setting("name", "../a.age"), index=0)),
        ("header that lists members in another order", _swap_listed),
        ("header that lists no manifest", _drop_listed(-2)),
        ("header that lists an item twice", _double_listed),
    ]
    cases = [Case(name, _on_header(change), bad) for name, change in changes]
    doubled = _raw(lambda body: body.replace(b'"version":1', b'"version":1,"version":1'))
    spaced = _raw(lambda body: body.replace(b":1}", b": 1}"))
    negative = _raw(lambda body: body.replace(b'"version":1', b'"version":-1'))
    return [
        *cases,
        Case("header with a member twice", Crafted(change_file=doubled), bad),
        Case("header that is not canonical", Crafted(change_file=spaced), bad),
        Case("header with a number below zero", Crafted(change_file=negative), bad),
        Case("header with something behind", Crafted(change_file=lambda data: data + b"\n"), bad),
        Case("header changed after signing", Crafted(change_file=_flip_commitment), wrong),
        Case(
            "header signed by another key",
            Crafted(
                signer=OTHER_MAILBOX.key,
                change_header=setting("mailbox_key", b64(MAILBOX.public_key)),
            ),
            wrong,
        ),
        Case(
            "report for another team",
            _on_header(setting("team_id", OTHER_TEAM_ID.hex())),
            ((1, "report.other_team", HEADER),),
        ),
    ]


def _raw(change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Return a change of the header's bytes that signs them anew, whatever their form."""
    return lambda data: sign_raw(change(data.split(b"\n", 1)[0]) + b"\n", signer=MAILBOX.key)


def _flip_commitment(data: bytes) -> bytes:
    at = data.index(b'"commitment":"') + 14
    return data[:at] + (b"0" if data[at : at + 1] != b"0" else b"1") + data[at + 1 :]


def _upper_commitment(header: dict[str, Any]) -> None:
    header["commitment"] = "AB" + header["commitment"][2:]


def _swap_listed(header: dict[str, Any]) -> None:
    header["members"][0], header["members"][1] = header["members"][1], header["members"][0]


def _drop_listed(index: int) -> Change:
    def change(header: dict[str, Any]) -> None:
        del header["members"][index]

    return change


def _double_listed(header: dict[str, Any]) -> None:
    header["members"].insert(0, header["members"][0])


def _x25519() -> str:
    return str(X25519Identity(seed("x25519")).recipient)


def _members() -> list[Case]:
    def swap(members: Members) -> None:
        members[ITEM_0], members[ITEM_1] = members[ITEM_1], members[ITEM_0]

    def flip(name: str) -> Callable[[Members], None]:
        def change(members: Members) -> None:
            members[name] = members[name][:-1] + bytes([members[name][-1] ^ 1])

        return change

    def cut(members: Members) -> None:
        members[ITEM_1] = members[ITEM_1][:-1]

    def drop(members: Members) -> None:
        del members[ITEM_1]

    def add(members: Members) -> None:
        members[item_name(2)] = members[ITEM_1]

    lying = within("members", setting("size", 7), index=0)
    return [
        Case(
            "items swapped behind the header",
            Crafted(change_sealed=swap),
            ((2, "report.wrong_hash", ITEM_0), (2, "report.wrong_hash", ITEM_1)),
            ((0, "report.wrong_hash"), (1, "report.wrong_hash")),
        ),
        Case(
            "an item with one bit changed",
            Crafted(change_sealed=flip(ITEM_0)),
            ((2, "report.wrong_hash", ITEM_0),),
            ((0, "report.bad_item"),),
        ),
        Case(
            "an item that was cut",
            Crafted(change_sealed=cut),
            ((2, "report.wrong_size", ITEM_1),),
            ((1, "report.bad_item"),),
        ),
        Case(
            "an item that is missing",
            Crafted(change_sealed=drop),
            ((2, "report.missing_member", ITEM_1),),
            ((1, "report.missing_member"),),
        ),
        Case(
            "an item more than the header lists",
            Crafted(change_sealed=add),
            ((2, "report.extra_member", None),),
        ),
        Case(
            "header that lies about a size",
            Crafted(change_header=lying),
            ((2, "report.wrong_size", ITEM_0),),
        ),
        Case(
            "manifest with one bit changed",
            Crafted(change_sealed=flip(MANIFEST)),
            ((2, "report.wrong_hash", MANIFEST), (4, "report.bad_manifest", MANIFEST)),
        ),
        Case(
            "key with one bit changed",
            Crafted(change_sealed=flip(KEY)),
            ((2, "report.wrong_hash", KEY), (3, "report.bad_key", KEY)),
        ),
    ]


def _keys() -> list[Case]:
    x25519 = X25519Identity(seed("x25519"))
    lower = Crafted()
    lower.secret_text = lower.report_identity.secret_text().lower().encode()
    line = Crafted()
    line.secret_text = line.report_identity.secret_text().encode() + b"\n"
    bad: tuple[Fault, ...] = ((3, "report.bad_key", KEY),)
    return [
        Case(
            "key sealed to another team",
            Crafted(team_recipient=OTHER_TEAM.recipient),
            ((3, "report.not_for_us", KEY),),
        ),
        Case("key that holds something else", Crafted(secret_text=b"not a key"), bad),
        Case(
            "key that holds an X25519 identity",
            Crafted(secret_text=x25519.secret_text().encode()),
            bad,
        ),
        Case("key in lower case", lower, bad),
        Case("key with a line end", line, bad),
        Case(
            "key of another report",
            Crafted(secret_text=MAILBOX.identity.secret_text().encode()),
            ((4, "report.bad_manifest", MANIFEST),),
        ),
    ]


def _with_manifest_json(data: bytes) -> Crafted:
    return Crafted(padded_manifest=pad_to_step(data, step=MANIFEST_STEP))


def _changed_manifest(change: Change) -> Crafted:
    members = json.loads(build_manifest(sample_manifest()))
    change(members)
    return _with_manifest_json(build_json(members))


def _manifests() -> list[Case]:
    good = build_manifest(sample_manifest())
    padded = pad_to_step(good, step=MANIFEST_STEP)
    bad: tuple[Fault, ...] = ((4, "report.bad_manifest", MANIFEST),)
    padding: tuple[Fault, ...] = ((4, "report.bad_padding", MANIFEST),)
    contradictory: tuple[Fault, ...] = ((5, "report.contradictory", MANIFEST),)
    wrong: tuple[Fault, ...] = ((7, "report.wrong_commitment", MANIFEST),)

    def swap_answers(members: dict[str, Any]) -> None:
        members["answers"].reverse()

    changes: list[tuple[str, Change]] = [
        ("manifest with an unknown member", setting("note", "x")),
        ("manifest without a member", without("continues")),
        ("manifest of another format", setting("format", "aigaq/manifest/v2")),
        ("manifest in another language", setting("language", "de")),
        ("manifest whose answers fall", swap_answers),
        ("manifest whose answers repeat", within("answers", setting("number", 3), index=0)),
        ("manifest with a short salt", within("answers", setting("salt", b64(bytes(31))), index=0)),
        ("manifest with a consent for no item", within("consents", setting("items", [2]), index=1)),
        ("manifest with a gap in its items", within("items", setting("number", 2), index=1)),
        ("manifest with a name too long", within("items", setting("name", "a" * 1025), index=0)),
        ("manifest with a type too long", within("items", setting("type", "a" * 256), index=0)),
        ("manifest with an unknown source", within("items", setting("source", "x"), index=0)),
    ]
    doubled = good.replace(b'"language":"kk"', b'"language":"kk","language":"kk"')
    empty_members = json.loads(good) | {"answers": [], "items": [], "consents": []}
    return [
        *(Case(name, _changed_manifest(change), bad) for name, change in changes),
        Case("manifest with a member twice", _with_manifest_json(doubled), bad),
        Case("manifest that is not canonical", _with_manifest_json(good + b" "), bad),
        Case(
            "manifest with padding that is not zero",
            Crafted(padded_manifest=padded[:-1] + b"\x01"),
            padding,
        ),
        Case("manifest that is not padded", Crafted(padded_manifest=padded[:-1]), padding),
        Case(
            "manifest with a step too many",
            Crafted(padded_manifest=padded + bytes(MANIFEST_STEP)),
            padding,
        ),
        Case(
            "a report without answer or item",
            Crafted(
                contents=(),
                padded_manifest=pad_to_step(build_json(empty_members), step=MANIFEST_STEP),
            ),
            ((4, "report.empty", MANIFEST),),
        ),
        Case("manifest of another team", _contradicting(team_id=OTHER_TEAM_ID), contradictory),
        Case(
            "manifest of another mailbox",
            _contradicting(mailbox_key=OTHER_MAILBOX.public_key),
            contradictory,
        ),
        Case(
            "manifest with another recipient",
            _contradicting(mailbox_recipient=OTHER_MAILBOX.recipient),
            contradictory,
        ),
        Case(
            "manifest with fewer items than the header",
            _contradicting(items=sample_manifest().items[:1], consents=()),
            contradictory,
        ),
        Case("a commitment of something else", Crafted(commitment=seed("x")), wrong),
        Case(
            "an answer changed after committing",
            _contradicting(answers=(replace(sample_manifest().answers[0], value="child"),)),
            wrong,
        ),
    ]


def _contradicting(**changes: Any) -> Crafted:
    """Return a report whose manifest was changed, under a header that tells of the first one."""
    meant = sample_manifest()
    crafted = Crafted(manifest=meant)
    inside: Manifest = replace(meant, **changes)
    crafted.padded_manifest = pad_to_step(build_manifest(inside), step=MANIFEST_STEP)
    return crafted


def _items() -> list[Case]:
    first, other = pad_item(b"first"), pad_item(b"other")
    foreign = Crafted().members()

    def take_foreign(members: Members) -> None:
        members[ITEM_1] = foreign[ITEM_1]

    def swap(members: Members) -> None:
        members[ITEM_0], members[ITEM_1] = members[ITEM_1], members[ITEM_0]

    nine = sample_manifest(items=(sample_item(0, b"123456789"),), consents=())
    return [
        Case(
            "items swapped before the header was made",
            Crafted(change_members=swap),
            item_errors=((0, "report.wrong_hash"), (1, "report.wrong_hash")),
        ),
        Case(
            "an item of another report",
            Crafted(change_members=take_foreign),
            item_errors=((1, "report.bad_item"),),
        ),
        Case(
            "an item with other bytes inside",
            Crafted(padded_items=[first, pad_item(b"OTHER")]),
            item_errors=((1, "report.wrong_hash"),),
        ),
        Case(
            "an item that is longer inside",
            Crafted(padded_items=[first + b"\0", other]),
            item_errors=((0, "report.wrong_size"),),
        ),
        Case(
            "an item that is shorter inside",
            Crafted(padded_items=[first[:-1], other]),
            item_errors=((0, "report.wrong_size"),),
        ),
        Case(
            "an item with padding that is not zero",
            Crafted(manifest=nine, contents=(b"123456789",), padded_items=[b"123456789\x01"]),
            item_errors=((0, "report.bad_padding"),),
        ),
    ]
