"""The gate: the public server, which is assumed to be seized one day.

It answers for this: what it acknowledged is durable; what it holds is ciphertext, public keys,
hashes and static files; a stranger cannot tell a mailbox that exists from one that does not. It
keeps no address, no user agent, no cookie and no access log. It decides nothing about people.

The one exception to "only ciphertext" is the path without JavaScript (``plain``), whose text passes
through memory while it is sealed. Interface: ``spec/gate-api.md``; what is stored where:
``docs/reference/gate.md``.
"""
