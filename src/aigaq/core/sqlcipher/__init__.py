"""SQLCipher as Django's SQLite; Django looks for the backend in `base`."""
