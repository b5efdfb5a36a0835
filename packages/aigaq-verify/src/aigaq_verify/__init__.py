"""The verifier: checks packages and receipts offline, trusting nobody here."""
