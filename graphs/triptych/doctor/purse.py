"""The tokens that the doctor may spend."""

from __future__ import annotations

import threading
from typing import Any

DEFAULT = 4000


class Purse:
    """Counts tokens; what does not fit is not begun.

    Args:
        limit: Tokens in all, of requests and answers.

    Attributes:
        spent: Tokens so far, by the server's count; where it gives none, by the most it can be.
    """

    def __init__(self, limit: int = DEFAULT) -> None:
        self.limit = limit
        self.spent = 0
        self._hidden = 0
        self._lock = threading.Lock()

    def most(self, text: str, answer: int) -> int:
        """The most that a request can take.

        Args:
            text: All that it says. English is four characters a token and more; three are counted.
            answer: Its limit of tokens for the answer.
        """
        return len(text) // 3 + 40 + self._hidden + answer

    def fits(self, tokens: int) -> bool:
        """True if so many may still be spent."""
        return self.spent + tokens <= self.limit

    def paid(self, most: int, answer: int, usage: Any) -> None:
        """Note a request that was answered.

        Args:
            most: What `most` said of it.
            answer: The limit of tokens that it had for its answer.
            usage: LangChain's ``usage_metadata``; None where there is none.
        """
        with self._lock:
            if not usage:
                self.spent += most
                return
            self.spent += usage["total_tokens"]
            # Some templates add words of their own: count them from now on.
            self._hidden += max(0, usage["input_tokens"] - (most - answer))
