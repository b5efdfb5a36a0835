"""How dates and numbers are written in each language of the desk (Django's FORMAT_MODULE_PATH)."""
