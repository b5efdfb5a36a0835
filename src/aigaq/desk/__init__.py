"""The staff's web pages: settings, locking, URLs, views, templates; no rules of the domain."""
