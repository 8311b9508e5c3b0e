"""The table of models that Triptych knows by name: where they run and how they are best asked.

Plain dataclasses over two YAML files (Triptych's own, and the user's over it): ``triptych models
list`` reads them in a few milliseconds, so nothing heavy may be imported here.
"""

from triptych.models.abilities import Abilities
from triptych.models.catalogue.entry import Entry, Measured, ModelFile, Price, Wheels
from triptych.models.catalogue.names import nearest
from triptych.models.catalogue.places import abilities_for, entry_at, parameters_for
from triptych.models.catalogue.table import entries, find, lookup
from triptych.models.catalogue.user_file import path as user_path
from triptych.models.catalogue.written import write

__all__ = [
    "Abilities",
    "Entry",
    "Measured",
    "ModelFile",
    "Price",
    "Wheels",
    "abilities_for",
    "entries",
    "entry_at",
    "find",
    "lookup",
    "nearest",
    "parameters_for",
    "user_path",
    "write",
]
