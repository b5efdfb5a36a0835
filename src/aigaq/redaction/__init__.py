"""What makes material safe to look at and to publish, in a sandbox without database or keys.

Answers for (today): previews of hostile items. Refuses: to open anything outside its sandbox.
"""
