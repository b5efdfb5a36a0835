"""What is wrong with a case file or a pack, in a sentence that says what to do. English: these are
read by whoever writes the file, and by programs."""

from typing import Any

from aigaq.jurisdictions.marked_yaml import FileFault

SENTENCES = {
    "yaml.anchor": "anchors and aliases are not taken; write the value out",
    "yaml.bad_form": "this is not YAML: {problem}",
    "yaml.bad_key": "a key has to be plain text",
    "yaml.key_twice": "the key “{key}” stands twice",
    "yaml.not_utf_8": "the file is not UTF-8; save it as UTF-8",
    "yaml.second_document": "one file holds one document; remove what begins with ---",
    "yaml.tag": "tags (!…) are not taken; write the plain value",
    "yaml.too_deep": "this is nested too deeply",
    "yaml.too_large": "the file is larger than 4 MiB",
    "case.bad_date": "“{field}” is not a date like 2026-05-04",
    "case.bad_form": "“{field}” should be {expected}",
    "case.bad_instant": "“{field}” has to be a moment with its offset, "
    "like 2026-05-04T09:00:00+05:00",
    "case.id_of_institution": "“{id}” is the id of an institution; give the party another id",
    "case.id_twice": "the id “{id}” stands twice",
    "case.missing_field": "“{field}” is missing",
    "case.missing_text": "“{field}” lacks {languages}",
    "case.related_to_oneself": "“{id}” cannot be related to itself",
    "case.too_many": "more than {most} entries",
    "case.unknown_about": "the pack has no duty “{id}”",
    "case.unknown_duty": "the pack has no duty “{id}”",
    "case.unknown_event": "neither the pack nor aigaq clocks knows the event “{type}”",
    "case.unknown_facts": "the pack has no fact “{id}”",
    "case.unknown_institution": "the pack has no institution “{id}”",
    "case.unknown_key": "“{field}” is not a key of this place",
    "case.unknown_kind": "the pack has no pressure of the kind “{id}”",
    "case.unknown_offence": "the pack has no offence “{id}”",
    "case.unknown_party": "“{id}” is neither a party of the file nor an institution of the pack",
    "case.unknown_proceeding": "the file has no proceeding “{id}”",
    "case.unknown_profile": "the pack has no profile “{id}”",
    "case.unknown_region": "the pack has no region “{region}”",
    "case.unknown_remedy": "the pack has no remedy “{id}”",
    "case.unknown_result": "“{id}” is not granted, refused or none",
    "case.unknown_role": "“{role}” is not a role of a party",
    "case.unknown_timezone": "“{zone}” is not a time zone like Asia/Almaty",
}


class _Context(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"


def say_fault(fault: FileFault) -> str:
    """Return the sentence for a fault, or its code where there is none."""
    template = SENTENCES.get(fault.code, fault.code)
    return template.format_map(_Context(fault.context))
