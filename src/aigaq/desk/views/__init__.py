"""The pages of the desk: each view parses, accesses, calls and renders."""
