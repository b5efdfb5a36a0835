"""Aigaq: sealed reports, evidence that nobody can bury, and clocks that the state cannot stop."""
