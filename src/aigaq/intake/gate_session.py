"""A session with the gate under the desk key, with the organisation's own facts."""

from aigaq.accounts import selectors as accounts
from aigaq.intake.gate_client import GateClient


def open_gate() -> GateClient:
    """Return a session with the gate under the desk key. Raises `GateError` ``gate.not_set_up``."""
    organisation = accounts.get_organisation()
    return GateClient(
        origin=organisation.gate_origin,
        team_id=bytes.fromhex(organisation.team_id),
        key=accounts.get_desk_key(),
    )
