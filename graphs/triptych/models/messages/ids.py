"""Tool-call ids of nine letters or digits, as Mistral's templates want them, and the way back."""

from __future__ import annotations

import hashlib
import re
from itertools import count

_SHORT = re.compile(r"[a-zA-Z0-9]{9}")
_SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class Ids:
    """The ids of one conversation, given in the order of its calls.

    An id depends on the caller's id and on the calls before it alone, so a longer conversation
    keeps the ids of its beginning: the server's prefix cache holds.

    Args:
        short: Nine letters or digits are asked for; else any id will do that is there.
    """

    def __init__(self, *, short: bool) -> None:
        self.short = short
        self.own: dict[str, str] = {}  # by the id on the wire: the caller's

    def wire(self, own: str) -> str:
        """The id on the wire for the next call.

        Args:
            own: The caller's id; empty if it has none. One that was given before (servers that
                count anew in every answer) gets another id on the wire.
        """
        given = own if self._will_do(own) else _hashed(own, 0)
        for salt in count(1):
            if given not in self.own:
                break
            given = _hashed(own, salt)
        self.own[given] = own
        return given

    def _will_do(self, own: str) -> bool:
        return bool(_SHORT.fullmatch(own) if self.short else own)


def _hashed(own: str, salt: int) -> str:
    digest = hashlib.sha256(f"{salt}:{own}".encode(errors="surrogatepass")).digest()
    number, signs = int.from_bytes(digest), ""
    for _ in range(9):
        number, sign = divmod(number, len(_SIGNS))
        signs += _SIGNS[sign]
    return signs
