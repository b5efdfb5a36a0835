"""Takes hidden details out of a file before anyone outside the team sees it (recipe ``strip/v1``).

For whoever chose "remove them" when sending. A sandbox makes a copy of picture, video or sound that
says nothing else: no place, device, time, title, thumbnail or further track. The file that came is
untouched. What cannot be made so is refused; it does not leave. Source: spec/evidence-package.md,
"Derivatives".
"""

from aigaq.redaction.strip.errors import StripError
from aigaq.redaction.strip.make import RECIPE, Stripped, name_copy, open_stripped

__all__ = ["RECIPE", "StripError", "Stripped", "name_copy", "open_stripped"]
