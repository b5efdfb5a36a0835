"""The desk's own message catalogue: finds every text, says what lacks Kazakh or Russian, compiles.

    .venv/bin/python scripts/catalogue.py missing   prints empty entries to fill, for each language
    .venv/bin/python scripts/catalogue.py tidy      drops what nothing shows, sorts, compiles
    .venv/bin/python scripts/catalogue.py compile   writes django.mo beside each django.po

Pure Python: neither xgettext nor msgfmt is needed. A text is named by (context, msgid). Sources are
the desk's code and templates, and what the desk can show of Django and allauth: forms,
validators, password rules, dates and passkeys. The form of .mo is that of GNU gettext ("The Format
of GNU MO Files").
"""

import ast
import re
import struct
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DESK = ROOT / "src" / "aigaq" / "desk"
LANGUAGES = ("kk", "ru")
MAGIC = 0x950412DE
CALLS = {
    "gettext": (None, 0, None),
    "gettext_lazy": (None, 0, None),
    "gettext_noop": (None, 0, None),
    "_": (None, 0, None),
    "_now": (None, 0, None),
    "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
    "npgettext": (0, 1, 2),
    "npgettext_lazy": (0, 1, 2),
}
LITERAL = r"""(?:[rub]?'(?:[^'\\]|\\.)*'|[rub]?"(?:[^"\\]|\\.)*")"""
TEMPLATE_CALL = re.compile(
    rf"\b(n?p?gettext|_)\(\s*({LITERAL}(?:\s*,\s*{LITERAL})*)\s*(?:,\s*count\s*)?\)"
)


@dataclass(frozen=True, order=True)
class Text:
    """A text to translate; ``plural`` is empty when it counts nothing."""

    context: str
    msgid: str
    plural: str = ""


@dataclass(frozen=True)
class Entry:
    """A translated text: one form, or as many as the language has plurals."""

    text: Text
    forms: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        """Tell whether every form is there."""
        return all(self.forms)


def find_in_python(source: str) -> Iterator[Text]:
    """Yield the texts that Python code marks with a gettext call on literals."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else None
        name = node.func.id if isinstance(node.func, ast.Name) else name
        if name not in CALLS:
            continue
        values = [
            arg.value if isinstance(arg, ast.Constant) and isinstance(arg.value, str) else None
            for arg in node.args
        ]
        if text := _build_text(name, values):
            yield text


def find_in_template(source: str) -> Iterator[Text]:
    """Yield the texts that a Django template marks."""
    from django.utils.translation.template import templatize

    for name, literals in TEMPLATE_CALL.findall(templatize(source)):
        values = ast.literal_eval(f"({literals},)")
        if text := _build_text(name, values):
            yield text


def _build_text(name: str, values: Iterable[str | None]) -> Text | None:
    context, msgid, plural = CALLS[name]
    given = list(values)
    wanted = [place for place in (context, msgid, plural) if place is not None]
    if len(given) <= max(wanted) or any(given[place] is None for place in wanted):
        return None
    return Text(
        context=(given[context] or "") if context is not None else "",
        msgid=given[msgid] or "",
        plural=(given[plural] or "") if plural is not None else "",
    )


def find_ours() -> set[Text]:
    """Return every text of the desk's own code and templates."""
    texts: set[Text] = set()
    for folder in (DESK, ROOT / "src/aigaq/accounts", ROOT / "src/aigaq/intake"):
        for file in folder.rglob("*.py"):
            texts.update(find_in_python(file.read_text(encoding="utf-8")))
        for file in folder.rglob("*.html"):
            texts.update(find_in_template(file.read_text(encoding="utf-8")))
    for file in (ROOT / "src" / "aigaq").rglob("audit_codes.py"):
        texts.update(find_audit_sentences(file.read_text(encoding="utf-8")))
    return {text for text in texts if text.msgid}


def find_audit_sentences(source: str) -> Iterator[Text]:
    """Yield the sentences of audit codes, which the history of the desk shows translated."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Dict):
            for value in node.values:
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield Text("", value.value)


def find_borrowed() -> set[Text]:
    """Return the texts of Django and allauth that the desk can show."""
    import allauth
    import django

    django_folder, allauth_folder = Path(django.__file__).parent, Path(allauth.__file__).parent
    files = [
        *(django_folder / "forms").glob("*.py"),
        django_folder / "core/validators.py",
        django_folder / "contrib/auth/password_validation.py",
        django_folder / "contrib/auth/forms.py",
        django_folder / "utils/dates.py",
        allauth_folder / "account/forms.py",
        allauth_folder / "account/adapter.py",
        allauth_folder / "account/fields.py",
        *(path for path in (allauth_folder / "mfa").rglob("*.py") if "tests" not in path.parts),
    ]
    texts: set[Text] = set()
    for file in files:
        if file.is_file():
            texts.update(find_in_python(file.read_text(encoding="utf-8")))
    return {text for text in texts if text.msgid}


def parse_po(source: str) -> tuple[str, list[Entry]]:
    """Return the header and the entries of a .po file in the plain form that we write."""
    header, entries = "", []
    for block in re.split(r"\n\s*\n", source):
        if re.search(r"^#,.*fuzzy", block, re.MULTILINE):
            continue
        fields = _parse_block(block)
        if "msgid" not in fields:
            continue
        if not fields["msgid"]:
            header = fields.get("msgstr", "")
            continue
        forms = [value for name, value in sorted(fields.items()) if name.startswith("msgstr")]
        text = Text(fields.get("msgctxt", ""), fields["msgid"], fields.get("msgid_plural", ""))
        entries.append(Entry(text, tuple(forms)))
    return header, entries


def _parse_block(block: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    name = ""
    for line in block.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if not line.startswith('"'):
            name, line = line.split(" ", 1)
            fields[name] = ""
        fields[name] += ast.literal_eval(line)
    return fields


def compile_mo(header: str, entries: Iterable[Entry]) -> bytes:
    """Return a .mo file: header first, then entries sorted by their key's bytes."""
    pairs = {b"": header.encode()}
    for entry in entries:
        if not entry.is_complete:
            continue
        name = entry.text.msgid + ("\0" + entry.text.plural if entry.text.plural else "")
        if entry.text.context:
            name = entry.text.context + "\4" + name
        pairs[name.encode()] = "\0".join(entry.forms).encode()
    keys = sorted(pairs)
    count, start = len(keys), 28
    ids = b"".join(key + b"\0" for key in keys)
    strings = b"".join(pairs[key] + b"\0" for key in keys)
    at_id = start + 16 * count
    at_string = at_id + len(ids)
    id_table, string_table = b"", b""
    for key in keys:
        id_table += struct.pack("<II", len(key), at_id)
        string_table += struct.pack("<II", len(pairs[key]), at_string)
        at_id += len(key) + 1
        at_string += len(pairs[key]) + 1
    head = struct.pack("<7I", MAGIC, 0, count, start, start + 8 * count, 0, start + 16 * count)
    return head + id_table + string_table + ids + strings


def get_po(language: str) -> Path:
    """Return where a language's catalogue stands."""
    return DESK / "locale" / language / "LC_MESSAGES" / "django.po"


def list_missing(language: str) -> list[Text]:
    """Return texts without words: ours in our catalogue, borrowed ones in ours or in theirs."""
    _, entries = parse_po(get_po(language).read_text(encoding="utf-8"))
    have = {entry.text for entry in entries if entry.is_complete}
    known = {(text.context, text.msgid) for text in have} | _list_borrowed_words(language)
    borrowed = {text for text in find_borrowed() if (text.context, text.msgid) not in known}
    return sorted((find_ours() - have) | borrowed)


def list_unused(language: str) -> list[Text]:
    """Return entries of our catalogue that nothing shows any more."""
    _, entries = parse_po(get_po(language).read_text(encoding="utf-8"))
    shown = find_ours()
    keys = {(text.context, text.msgid) for text in find_borrowed()}
    return [
        entry.text
        for entry in entries
        if entry.text not in shown and (entry.text.context, entry.text.msgid) not in keys
    ]


def _list_borrowed_words(language: str) -> set[tuple[str, str]]:
    import allauth
    import django

    django_folder, allauth_folder = Path(django.__file__).parent, Path(allauth.__file__).parent
    known: set[tuple[str, str]] = set()
    for folder in (
        django_folder / "conf/locale",
        django_folder / "contrib/auth/locale",
        allauth_folder / "locale",
    ):
        file = folder / language / "LC_MESSAGES" / "django.po"
        if file.is_file():
            _, entries = parse_po(file.read_text(encoding="utf-8"))
            known |= {
                (entry.text.context, entry.text.msgid) for entry in entries if entry.is_complete
            }
    return known


def write_entry(text: Text, *, forms: Iterable[str]) -> str:
    """Return an entry of a .po file."""
    lines = [f"msgctxt {_quote(text.context)}"] if text.context else []
    lines.append(f"msgid {_quote(text.msgid)}")
    given = list(forms)
    if text.plural:
        lines.append(f"msgid_plural {_quote(text.plural)}")
        lines += [f"msgstr[{place}] {_quote(form)}" for place, form in enumerate(given)]
    else:
        lines.append(f"msgstr {_quote(given[0])}")
    return "\n".join(lines) + "\n"


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def compile_all() -> None:
    """Write the .mo file of each language."""
    for language in LANGUAGES:
        file = get_po(language)
        file.with_suffix(".mo").write_bytes(compile_mo(*parse_po(file.read_text(encoding="utf-8"))))


def tidy_all() -> None:
    """Drop the entries that nothing shows any more, and sort the rest."""
    for language in LANGUAGES:
        file, unused = get_po(language), set(list_unused(language))
        source = file.read_text(encoding="utf-8")
        _, entries = parse_po(source)
        kept = {entry.text: entry.forms for entry in entries if entry.text not in unused}
        written = [write_entry(text, forms=kept[text]) for text in sorted(kept)]
        head = source.split("\n\n")[0]
        file.write_text(head + "\n\n" + "\n".join(written), encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Run one command; return 1 if a text lacks words."""
    if arguments == ["tidy"]:
        tidy_all()
    if arguments in (["tidy"], ["compile"]):
        compile_all()
        return 0
    if arguments == ["missing"]:
        found = False
        for language in LANGUAGES:
            for text in list_missing(language):
                found = True
                forms = [""] * ({"kk": 2, "ru": 3}[language] if text.plural else 1)
                print(f"# {language}\n{write_entry(text, forms=forms)}")
        return int(found)
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
