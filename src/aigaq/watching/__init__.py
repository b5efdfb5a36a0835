"""Watching a log from outside: remember its head, prove each next one, cosign, raise alarms.

Answers for: what the desk and `aigaq cosign` do with a log that they do not write. Refuses: Django,
and to know what a report is. Raises `WatchError` where a log cannot be seen; what is wrong with a
log is never raised but kept as an alarm with its files (`aigaq.watching.store`).
Source: ``spec/log.md``, "Watching".
"""
