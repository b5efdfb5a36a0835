"""The documents of a package for people, in Kazakh, Russian and English.

A summary (HTML in each language, one PDF with all), a page "how to check this yourself" that uses
only openssl, bagit.py and age, and for an office in Kazakhstan inventory, act of handover and a
motion to attach. They say what the package says and prove nothing. All names are shown as text,
never read as markup. The papers for the office are drafts until a lawyer has read them, and say so.
"""

import hashlib
import json
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import jinja2
import typst

from aigaq.clock import format_time
from aigaq.evidence.package_contents import (
    build_package_json,
    checkpoint_path,
    item_path,
    list_rows,
    token_paths,
)
from aigaq.evidence.package_shapes import Package
from aigaq.evidence.paper_facts import (
    collect_consents,
    collect_custody,
    collect_times,
    collect_witnesses,
    show_time,
)
from aigaq.evidence.paper_letters import spell

LANGUAGES = ("kk", "ru", "en")
OFFICE_LANGUAGES = ("kk", "ru")
OFFICE_KINDS = ("inventory", "act", "motion")
_TEMPLATES = files("aigaq.evidence") / "templates"
_GROUP = 4


def build_documents(
    package: Package, *, is_trial: bool, languages: Sequence[str] = LANGUAGES
) -> Mapping[str, bytes]:
    """Return the documents by their path under ``data/``; those of ``package`` itself do not count.

    ``is_trial``: every document says that nothing of it is real. ``languages``: those of the
    papers, at least one, always in the order of `LANGUAGES`.
    """
    facts = collect_facts(package, is_trial=is_trial)
    chosen = [language for language in LANGUAGES if language in languages]
    documents: dict[str, bytes] = {}
    for language in chosen:
        documents[f"summary.{language}.html"] = _render(
            "summary.html", facts=facts, language=language
        )
        documents[f"check-yourself.{language}.html"] = _render(
            "check.html", facts=facts, language=language
        )
    documents["summary.pdf"] = _print("summary.typ", facts=facts, languages=" ".join(chosen))
    for language in (one for one in chosen if one in OFFICE_LANGUAGES):
        for kind in OFFICE_KINDS:
            documents[f"office/{kind}.{language}.pdf"] = _print(
                "office.typ", facts=facts, kind=kind, language=language
            )
    return documents


def collect_facts(package: Package, *, is_trial: bool) -> dict[str, Any]:
    """Return what the templates show. ``control`` is the SHA-256 of ``evidence/package.json``.

    That file names every item with its hash, and no document has a part in it: so the papers can
    carry a number that fixes all items.
    """
    control = hashlib.sha256(build_package_json(package)).hexdigest()
    told = {one.report_id: one.way for one in package.told}
    return {
        "audience": package.audience,
        "checkpoint": checkpoint_path(package),
        "consents": collect_consents(package),
        "control": [control[at : at + _GROUP] for at in range(0, len(control), _GROUP)],
        "custody": collect_custody(package),
        "identifier": package.identifier,
        "is_trial": is_trial,
        "items": [
            {
                "copy_of": None if item.derived_from is None else item.derived_from.sha256.hex(),
                "name": _show(item.name),
                "number": number,
                "path": item_path(item, number=number),
                "provenance": item.provenance,
                "sealed_to": None if item.sealed_to is None else str(item.sealed_to),
                "sha256": item.sha256.hex(),
                "size": item.size_bytes,
            }
            for number, item in enumerate(package.items, start=1)
        ],
        "made_at": package.made_at.date().isoformat(),
        "organisation": package.organisation,
        "purpose": package.purpose,
        "reports": [
            {
                "log_index": report.log_index,
                "received_at": show_time(format_time(report.received_at)),
                "register_number": report.register_number,
                "told": told.get(report.report_id, ""),
            }
            for report in package.reports
        ],
        "tokens": [
            {"checkpoint": over, **dict(zip(("token", "chain"), token_paths(number), strict=True))}
            for number, (over, _token) in enumerate(list_rows(package), start=1)
        ],
        "times": collect_times(package),
        "witnesses": collect_witnesses(package),
    }


def _show(name: str) -> str:
    """Return a name with what nobody sees, or what turns a line round, made visible."""
    return "".join("\ufffd" if unicodedata.category(one)[0] == "C" else one for one in name)


@cache
def _read_texts() -> dict[str, dict[str, str]]:
    return {
        language: json.loads((_TEMPLATES / f"texts.{language}.json").read_text(encoding="utf-8"))
        for language in LANGUAGES
    }


def _render(template: str, *, facts: dict[str, Any], language: str) -> bytes:
    environment = jinja2.Environment(autoescape=True, trim_blocks=True)
    source = (_TEMPLATES / template).read_text(encoding="utf-8")
    css = (_TEMPLATES / "page.css").read_text(encoding="utf-8")
    page = environment.from_string(source).render(
        css=jinja2.filters.do_mark_safe(css),
        facts=facts,
        language=language,
        t=_read_texts()[language],
    )
    return (page.rstrip() + "\n").encode("utf-8")


def _print(template: str, *, facts: dict[str, Any], **inputs: str) -> bytes:
    """Return a PDF/A with its fonts in it; the same facts give the same bytes."""
    with as_file(_TEMPLATES) as folder:
        compiler = typst.Compiler(
            Path(folder) / template,
            root=Path(folder),
            ignore_system_fonts=True,
            sys_inputs={
                "facts": json.dumps(spell(facts), ensure_ascii=False),
                "texts": json.dumps(_read_texts(), ensure_ascii=False),
                **inputs,
            },
        )
        made = compiler.compile(format="pdf", pdf_standards="a-2b", timestamp=_EPOCH)
    if not isinstance(made, bytes):
        raise TypeError("typst gave no PDF")
    return made


#: A fixed moment, in Unix seconds: the paper's own date stands in its text.
_EPOCH = 0
