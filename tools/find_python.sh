#!/bin/sh
# Print the first Python that Triptych supports and that can make virtual environments.
#
#   sh tools/find_python.sh [CANDIDATE…]     default: python3.12 python3.13 python3.11 python3
#
# Each candidate is run, not only looked up: a version manager's stand-in may be on PATH without
# the version behind it.
[ $# -gt 0 ] || set -- python3.12 python3.13 python3.11 python3

supported='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))'
without_venv=
for candidate in "$@"; do
    "$candidate" -c "$supported" >/dev/null 2>&1 || continue
    if "$candidate" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        command -v "$candidate"
        exit 0
    fi
    without_venv=${without_venv:-$candidate}
done

if [ -n "$without_venv" ]; then
    version=$("$without_venv" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    echo "$without_venv cannot make virtual environments (its module ensurepip is missing)." >&2
    echo "Install it (Debian, Ubuntu: apt install python3-venv, or python$version-venv)." >&2
else
    echo "No Python 3.11, 3.12 or 3.13 found (tried: $*)." >&2
    echo "Install one (Debian, Ubuntu: apt install python3 python3-venv; macOS:" >&2
    echo "brew install python@3.12), or name yours: make PYTHON=/path/to/python3 …" >&2
fi
exit 1
