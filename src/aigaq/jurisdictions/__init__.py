"""Jurisdiction packs: what the law and the state's services of a country are, as data.

Answers for: the services that a reporter can call, and later authorities, duties and counting
rules. Refuses: case data, and any rule whose source or confidence is not stated.
"""
