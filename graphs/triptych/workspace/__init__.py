"""Files in memory: safe paths, reading and writing, the edits in a model's reply, patches.

Nothing here runs code or asks a model. Texts travel as ``{relative path: text}``.
"""

from triptych.workspace.edits import parse_reply
from triptych.workspace.files import read_files, write_files
from triptych.workspace.listing import listing
from triptych.workspace.patch import unified
from triptych.workspace.paths import safe_path

__all__ = ["listing", "parse_reply", "read_files", "safe_path", "unified", "write_files"]
