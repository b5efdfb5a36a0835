"""What authorities owe in a case, until when, and to whom one can complain.

Answers for: due dates with their reasons, states of duties, our own windows, conflicts and
proposals, as a pure function of case file, pack and moment (``spec/clocks.md``). Refuses: storing
anything, and any law that no pack states. Plain Python without a database.
"""
