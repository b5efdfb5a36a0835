"""What makes material safe to look at and to publish, in a sandbox without database or keys.

Answers for (today): previews of hostile items, what they claim of their origin, copies without
hidden details. Refuses: to open anything outside its sandbox.
"""
