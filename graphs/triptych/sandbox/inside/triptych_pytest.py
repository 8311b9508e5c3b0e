"""Runs pytest and vouches for its end.

The first line of stdin is a nonce, printed after pytest has reported. A draft that ends the
process while its tests run would otherwise leave exit code 0 and look as if they had passed.
"""

from __future__ import annotations

import os
import sys

import pytest


def main() -> int:
    """Run pytest on the arguments as `python -m pytest` does."""
    sys.path[0] = os.getcwd()
    nonce = sys.stdin.readline().strip()
    code = int(pytest.main(sys.argv[1:]))
    print("\n" + nonce, flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
