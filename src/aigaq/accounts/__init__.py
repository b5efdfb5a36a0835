"""The organisation, its keys and card, its staff and what each role may do.

Answers for: the ceremony that founds an organisation, the keys that the desk holds, who may sign
in, and the one table of roles and capabilities. Refuses: to let anyone in without an invitation,
to show an administrator any content, to hold the root key.
"""
