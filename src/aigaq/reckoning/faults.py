"""What is wrong with a case file, in a sentence for who writes it. English, like the codes."""

from collections.abc import Iterable
from difflib import get_close_matches

from aigaq.jurisdictions.marked_yaml import FileFault
from aigaq.jurisdictions.pack_faults import SENTENCES as PACK_SENTENCES
from aigaq.jurisdictions.pack_faults import say_sentence
from aigaq.reckoning.case_shapes import ROLES

#: How alike two words have to be, of 1.
NEAR = 0.6
LONGEST = 50
MOST_NEAR = 3
SENTENCES = {
    "case.bad_date": "“{field}” is not a date like 2026-05-04",
    "case.bad_form": "“{field}” should be {expected}",
    "case.bad_instant": "“{field}” has to be a moment with its offset, "
    "like 2026-05-04T09:00:00+05:00",
    "case.id_of_institution": "“{id}” is the id of an institution; give the party another id",
    "case.id_twice": "the id “{id}” stands twice",
    "case.missing_field": "“{field}” is missing",
    "case.missing_text": "“{field}” lacks {languages}",
    "case.related_to_oneself": "“{id}” cannot be related to itself",
    "case.renamed": "“{id}” is called “{now}” now",
    "case.too_many": "more than {most} entries",
    "case.unknown_about": "the pack has no duty “{id}”{near}",
    "case.unknown_duty": "the pack has no duty “{id}”{near}",
    "case.unknown_event": "neither the pack nor aigaq clocks knows the event “{type}”{near}",
    "case.unknown_facts": "the pack has no fact “{id}”{near}",
    "case.unknown_institution": "the pack has no institution “{id}”{near}",
    "case.unknown_key": "“{field}” is not a key of this place",
    "case.unknown_kind": "the pack has no pressure of the kind “{id}”{near}",
    "case.unknown_offence": "the pack has no offence “{id}”{near}",
    "case.unknown_party": "“{id}” is neither a party of the file nor an institution of the pack"
    "{near}",
    "case.unknown_proceeding": "the file has no proceeding “{id}”{near}",
    "case.unknown_profile": "the pack has no profile “{id}”{near}",
    "case.unknown_region": "the pack has no region “{region}”",
    "case.unknown_remedy": "the pack has no remedy “{id}”{near}",
    "case.unknown_result": "“{id}” is not granted, refused or none",
    "case.unknown_role": f"“{{role}}” is not a role of a party; roles are {', '.join(ROLES)}",
    "case.unknown_timezone": "“{zone}” is not a time zone like Asia/Almaty",
}


def find_near(name: str, known: Iterable[str]) -> str:
    """Return which of ``known`` a name may mean, as the end of a sentence, or nothing."""
    words, name = sorted(known), name[:LONGEST]
    found = [word for word in words if name and word.startswith(name)]
    found += get_close_matches(name, words, n=MOST_NEAR, cutoff=NEAR)
    found += [word for word in words if name in word.split("_")]
    near = list(dict.fromkeys(found))[:MOST_NEAR]
    return f"; perhaps {', '.join(f'“{word}”' for word in near)}" if near else ""


def say_fault(fault: FileFault) -> str:
    """Return the sentence for a fault of a case file or its pack."""
    return say_sentence(fault, sentences={**PACK_SENTENCES, **SENTENCES})
