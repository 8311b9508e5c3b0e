"""Tools: all forms in which LangChain users give them, as a server takes them."""

from triptych.models.tools.binding import bound
from triptych.models.tools.emulate import Emulation, prepare

__all__ = ["Emulation", "bound", "prepare"]
