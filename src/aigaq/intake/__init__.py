"""Reports and mailboxes as the desk sees them.

Answers for: fetching what the gate holds without losing or doubling anything; opening, numbering
and filing it; the two-way mailbox with its chains and alarms; the second place and the state
*safe*; the watch over what the gate shows to strangers. Refuses: to believe the gate, to act on a
message that is out of order or unsigned, to show an item other than as pixels and samples from a
sandbox.
"""
