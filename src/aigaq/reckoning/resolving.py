"""Which office a role means in a case: "investigator", "prosecutor of the same level", "court".

Source: ``spec/jurisdiction-pack.md``, *resolvers*. A resolver begins at an office (that leads the
proceeding, that got the event, or that owes the duty) and finds the body of a branch at the same
level, above, or at a level of its own. An own district is kept as long as the body found is of the
same reach.
"""

from dataclasses import dataclass

from aigaq.jurisdictions.pack_shapes import Institution, Pack, Resolver
from aigaq.reckoning.places import Office

DEEPEST = 6


@dataclass(frozen=True)
class Around:
    """The offices from which a resolver can begin; ``None`` where there is none."""

    proceeding: Office | None
    recipient: Office | None = None
    actor: Office | None = None


def resolve(name: str, *, pack: Pack, around: Around, depth: int = 0) -> Office | None:
    """Return the office that ``name`` (an institution or a resolver) means, or ``None``."""
    if name in pack.institutions:
        return _place(pack.institutions[name], around.proceeding, pack=pack)
    resolver = pack.resolvers.get(name)
    if resolver is None or depth > DEEPEST:
        return None
    for one in resolver.first_of:
        found = resolve(one, pack=pack, around=around, depth=depth + 1)
        if found is not None:
            return found
    if resolver.first_of:
        return None
    start = {
        "proceeding": around.proceeding,
        "recipient": around.recipient,
        "actor": around.actor,
    }[resolver.start]
    if start is None or start.institution not in pack.institutions:
        return None
    found_body = _find_body(resolver, pack.institutions[start.institution], pack=pack)
    return None if found_body is None else _place(found_body, start, pack=pack)


def list_superiors(office: Office, *, pack: Pack) -> list[Office]:
    """Return the offices above, nearest first."""
    above: list[Office] = []
    body = pack.institutions.get(office.institution)
    while body is not None and body.reports_to is not None and len(above) < DEEPEST:
        upper = pack.institutions.get(body.reports_to)
        if upper is None:
            break
        above.append(_place(upper, office, pack=pack))
        body = upper
    return above


def is_meant(name: str, *, office: Office, pack: Pack, around: Around) -> bool:
    """Tell whether ``name`` (institution, branch or resolver) means the body ``office`` is of."""
    body = pack.institutions.get(office.institution)
    if body is None:
        return False
    if name in (body.id, body.branch):
        return True
    resolver = pack.resolvers.get(name)
    if resolver is None:
        return False
    if resolver.branch is not None:
        return resolver.branch == body.branch
    found = resolve(name, pack=pack, around=around)
    return found is not None and found.institution == body.id


def _find_body(resolver: Resolver, start: Institution, *, pack: Pack) -> Institution | None:
    branch = resolver.branch or start.branch
    if resolver.level == "above" and branch == start.branch:
        upper = pack.institutions.get(start.reports_to or "")
        return upper if upper is not None and _has_role(upper, resolver) else None
    if resolver.level == "same" and branch == start.branch:
        return start if _has_role(start, resolver) else None
    wanted = start.level + (1 if resolver.level == "above" else 0)
    if isinstance(resolver.level, int):
        wanted = resolver.level
    bodies = [
        body
        for body in pack.institutions.values()
        if body.branch == branch and wanted <= body.level and _has_role(body, resolver)
    ]
    return min(bodies, key=lambda body: body.level, default=None)


def _has_role(body: Institution, resolver: Resolver) -> bool:
    return resolver.role is None or resolver.role in body.roles


def _place(body: Institution, near: Office | None, *, pack: Pack) -> Office:
    if near is None or near.district is None:
        return Office(body.id)
    neighbour = pack.institutions.get(near.institution)
    is_alike = neighbour is not None and neighbour.scope == body.scope
    return Office(body.id, near.district if is_alike else None)
