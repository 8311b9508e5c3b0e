"""Import every module of the package, and every public name, on the Python that runs this."""

import importlib
import pkgutil
import sys

import triptych


def main() -> None:
    """Import them all; a fault in one is this script's fault."""
    # Scripts that run inside the sandbox are read as files and never imported.
    names = [
        module.name
        for module in pkgutil.walk_packages(triptych.__path__, "triptych.")
        if ".inside" not in module.name and not module.name.endswith("__main__")
    ]
    for name in names:
        importlib.import_module(name)
    for name in triptych.__all__:
        getattr(triptych, name)
    print(
        f"{len(names)} modules and {len(triptych.__all__)} names on Python {sys.version.split()[0]}"
    )


if __name__ == "__main__":
    main()
