"""`python -m aigaq.cli` is `aigaq`."""

from aigaq.cli import main

main()
