"""Templates in the forms of other tools, each with a list of what that form cannot hold.

>>> from triptych.prompts import library
>>> from triptych.prompts.exporting import prompty
>>> prompty.export(library().get("tools")).lost
[]
"""

from __future__ import annotations

FORMS = ("langchain", "prompty", "promptfoo")
"""The forms, each a module here and in `triptych.prompts.importing`."""
