"""One term of a pack, reckoned from a moment without any case."""

from datetime import datetime

from aigaq.jurisdictions.pack_shapes import Duty, Remedy, Rule, Variant, Window
from aigaq.jurisdictions.terms import AnyTerm, Immediate, Term
from aigaq.reckoning.due_dates import Due, Rules, reckon, reckon_lenient


def reckon_rule(
    rule: Rule, *, start: datetime, rules: Rules, facts: frozenset[str] = frozenset()
) -> Due | None:
    """Return when the term of a duty, the answer to a remedy or a window from ``start`` is due.

    ``facts`` choose a variant. ``None`` for a rule without a term, or until a limitation.
    """
    variants, term = _get_terms(rule)
    chosen = next((one.term for one in variants if one.when.holds(facts)), term)
    if not isinstance(chosen, Term | Immediate):
        return None
    due = reckon(term=chosen, start=start, rules=rules, article=rule.ground.article)
    if not isinstance(rule, Duty) or rule.lenient_term is None:
        return due
    other = reckon(term=rule.lenient_term, start=start, rules=rules, article=rule.ground.article)
    return reckon_lenient(due=due, other=other)


def list_facts(rule: Rule) -> list[str]:
    """Return the facts that choose another term of a rule."""
    variants, _term = _get_terms(rule)
    return list(dict.fromkeys(fact for one in variants for fact in one.when.list_facts()))


def _get_terms(rule: Rule) -> tuple[tuple[Variant, ...], AnyTerm | None]:
    if isinstance(rule, Duty):
        return rule.variants, rule.term
    if isinstance(rule, Remedy):
        return rule.answer_variants, rule.answer
    if isinstance(rule, Window):
        return (), rule.opens[0].term
    return (), None
