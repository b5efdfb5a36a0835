"""What is wrong with a pack, in a sentence for who writes it. English, like the codes."""

from collections.abc import Mapping
from typing import Any

from aigaq.jurisdictions.marked_yaml import FileFault

SENTENCES = {
    "pack.bad_calendar": "weekday names, a country with a table, and days of that year alone",
    "pack.bad_confidence": "a confidence is a number from 0 to 1",
    "pack.bad_date": "“{field}” is not a date like 2026-05-04",
    "pack.bad_form": "“{field}” should be {expected}",
    "pack.bad_penalty": "a penalty is whole years, min_years not above max_years, or life: true",
    "pack.bad_region": "“{id}” is not an ISO 3166-2 code",
    "pack.bad_status": "a reviewed pack says by whom and when (review)",
    "pack.bad_term": "this is no term: n of a unit, immediate, or until limitation",
    "pack.bad_timezone": "“{zone}” is not a time zone like Asia/Almaty",
    "pack.bad_version": "a version is three numbers like 1.2.0",
    "pack.breach_without_remedy": "“{id}” has a term, and nobody to complain to when it is missed",
    "pack.circular_ladder": "“{id}” reports to itself in the end",
    "pack.circular_parent": "“{id}” extends this pack, or the chain is too long",
    "pack.circular_remedies": "“{id}” is filed along with itself in the end",
    "pack.circular_resolver": "“{id}” is found by itself in the end",
    "pack.closes_at_once": "“{id}” opens this window and closes it in the same moment",
    "pack.dead_end": "“{id}” can reach no institution of the pack",
    "pack.duty_of_ours": "what the survivor may do is a window, never a duty",
    "pack.empty_period": "the period ends before it begins",
    "pack.faulty_parent": "the parent “{id}” is wrong itself: {place}: {problem}",
    "pack.follows_itself": "“{id}” is proposed again when it failed; name another way",
    "pack.id_twice": "“{id}” stands twice for the same time",
    "pack.international_at_home": "“{id}” is international and goes to a body of the country",
    "pack.ladder_leads_down": "“{id}” stands on a lower level than who reports to it",
    "pack.lenient_before_strict": "the lenient term of “{id}” is shorter than the strict one",
    "pack.markup_in_text": "texts are plain words, without angle or curly brackets or entities",
    "pack.met_by_itself": "“{id}” starts this duty and ends it in the same moment",
    "pack.missing_article": "a rule of law names its article; prudence says basis: prudence",
    "pack.missing_confidence": "say how sure this is (confidence)",
    "pack.missing_source": "say where this was read (source)",
    "pack.missing_text": "“{field}” lacks {languages}",
    "pack.named_twice": "“{id}” stands twice in this list",
    "pack.never_first_alone": "“{id}” leads only to a body that is never the first to turn to",
    "pack.never_first_early": "“{id}” is never the first to turn to and stands before one that is",
    "pack.never_unanswered": "“{id}” has no term of answer, so it never stays unanswered",
    "pack.other_window": "the window “{id}” is for another remedy",
    "pack.overlapping_periods": "“{id}” is in force twice on some days",
    "pack.parents_source": "rules of the parent stand on its source “{id}”; name yours otherwise",
    "pack.removes_needed": "“{by}” still leads to “{id}”; take that away or replace it too",
    "pack.removes_nothing": "the parent has no “{id}” to remove",
    "pack.same_text": "the Kazakh text is the Russian one",
    "pack.same_variant": "“{id}” has two variants for the same case; the second never holds",
    "pack.sure_from_memory": "what was not read cannot be surer than 0.9",
    "pack.unknown_actor": "“{id}” is neither an institution nor a resolver",
    "pack.unknown_counting": "“{id}” is no rule of counting, or no value of this one",
    "pack.unknown_fact": "“{id}” is no profile, fact, severity, mode or offence of the pack",
    "pack.unknown_institution": "the pack has no institution “{id}”",
    "pack.unknown_instrument": "the pack has no instrument for “{words}” in this article",
    "pack.unknown_key": "“{field}” is not a key of this place",
    "pack.unknown_offence": "the pack has no offence “{id}”",
    "pack.unknown_parent": "there is no pack “{id}” to extend",
    "pack.unknown_remedy": "the pack has no remedy or offence “{id}”",
    "pack.unknown_resolver": "the pack has no resolver or institution “{id}”",
    "pack.unknown_severity": "the pack has no severity “{id}”",
    "pack.unknown_source": "the pack has no source “{id}”",
    "pack.unknown_trigger": "the pack has no trigger “{id}”",
    "pack.unknown_unit": "“{unit}” is not minute, hour, day, working_day, month or year",
    "pack.unknown_window": "the pack has no window “{id}”",
    "pack.unused_source": "nothing stands on the source “{id}”",
    "pack.unused_trigger": "no rule waits for “{id}”",
    "pack.wrong_scope": "the scope of “{id}” does not fit its level (district is 1, region 2)",
    "pack.wrong_script": "the text for “{language}” is not written in that language",
    "yaml.anchor": "anchors and aliases are not taken; write the value out",
    "yaml.bad_form": "this is not YAML: {problem}",
    "yaml.bad_key": "a key has to be plain text",
    "yaml.key_twice": "the key “{key}” stands twice",
    "yaml.not_utf_8": "the file is not UTF-8; save it as UTF-8",
    "yaml.second_document": "one file holds one document; remove what begins with ---",
    "yaml.tag": "tags (!…) are not taken; write the plain value",
    "yaml.too_deep": "this is nested too deeply",
    "yaml.too_large": "the file is larger than 4 MiB",
}


class _Context(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"


def say_pack_fault(fault: FileFault) -> str:
    """Return the sentence for a fault of a pack."""
    return say_sentence(fault, sentences=SENTENCES)


def say_sentence(fault: FileFault, *, sentences: Mapping[str, str]) -> str:
    """Return the sentence for a fault, or its code where there is none."""
    return sentences.get(fault.code, fault.code).format_map(_Context(fault.context))
