"""Drafts: what someone has typed into a form of the desk and not sent yet.

Answers for: that a lock, a closed page or a crash loses no words. Drafts lie in the encrypted
database, each seen by its writer alone, and go when the form is sent, when they are thrown away,
with the report, or after `MAXIMUM_AGE`. Refuses: files, and fields that a form does not name.
"""
