"""What every app of the desk stands on: keys at rest, database, blobs, audit, background threads.

Answers for: that nothing is on the desk's disk in plain, that a locked desk holds no key, and that
what was done is recorded in order. Refuses: any word of the domain (no report, case or survivor is
known here).
"""
