"""Who allowed what: for which items, for which purpose, for whom, and until when.

Answers for: `require`, the one gate before anything leaves the desk, and `withdraw`, after which it
stays shut. Refuses: to know what a report says or how it came (a report is its 32-byte id), to let
a word of mouth stand against what the reporter signed, to give back what was taken back.
"""
