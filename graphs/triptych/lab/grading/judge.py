"""Runs inside the sandbox, as a script of its own: the delivered code against the hidden test.

Reads one JSON document from stdin and prints its token as the last line only if the test passed:
code that prints, or ends the process early with exit code 0, cannot pass by that.
"""

import sys

# The folder that -c puts first is the delivered one: its json.py is none of the judge's. Not by -I,
# which would drop the environment's PYTHONHASHSEED, too.
FOLDER = sys.path.pop(0)

import json  # noqa: E402
import types  # noqa: E402

sys.path.insert(0, FOLDER)  # what is delivered may import its neighbours


def main() -> None:
    given = json.load(sys.stdin)
    # Not __main__: what stands under `if __name__ == "__main__"` is no part of the function.
    module = types.ModuleType("delivered")
    sys.modules["delivered"] = module
    space = module.__dict__
    exec(compile(given["preamble"], "request", "exec"), space)  # noqa: S102
    exec(compile(given["code"], "delivered", "exec"), space)  # noqa: S102
    if given["entry_point"] not in space:
        raise NameError(f"the delivered code does not define {given['entry_point']}")
    exec(compile(given["test"], "hidden test", "exec"), space)  # noqa: S102
    space["check"](space[given["entry_point"]])
    sys.stdout.flush()
    print("\n" + given["token"])


if __name__ == "__main__":
    main()
