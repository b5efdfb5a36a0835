"""Evidence: sealed items, custody, heads for the log, timestamps, and the package for courts.

Answers for: that what came is what is there, who held it when, and that a stranger can check both
offline. Refuses: to know what a report says, to give anything away without a consent grant.
"""
