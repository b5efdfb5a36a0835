"""What is wrong with a case file, in a sentence for who writes it. English, like the codes."""

from aigaq.jurisdictions.marked_yaml import FileFault
from aigaq.jurisdictions.pack_faults import SENTENCES as PACK_SENTENCES
from aigaq.jurisdictions.pack_faults import say_sentence

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


def say_fault(fault: FileFault) -> str:
    """Return the sentence for a fault of a case file or its pack."""
    return say_sentence(fault, sentences={**PACK_SENTENCES, **SENTENCES})
