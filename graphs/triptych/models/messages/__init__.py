"""LangChain's messages on the wire: valid for strict chat templates, nothing lost, nothing added.

`wire.py` is the order of the steps: read, system first, results behind their calls, nothing empty,
turn and turn about.
"""

from triptych.models.messages.wire import Conversation, conversation, to_wire

__all__ = ["Conversation", "conversation", "to_wire"]
