"""What the package says of itself, and what its pins pin."""

import tomllib
from importlib.metadata import entry_points, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import triptych

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS = PROJECT["project"]["optional-dependencies"].values()
DIRECT = [
    *PROJECT["project"]["dependencies"],
    *(name for extra in EXTRAS for name in extra),
    *PROJECT["dependency-groups"]["dev"],
]


def pins() -> list[tuple[Requirement, list[str]]]:
    """Each pin of constraints.txt with its hashes."""
    lines = (ROOT / "constraints.txt").read_text().replace("\\\n", " ").splitlines()
    parted = [line.split(" --hash=") for line in lines if line and not line.startswith("#")]
    return [(Requirement(pin.strip()), [h.strip() for h in hashes]) for pin, *hashes in parted]


def test_version_is_the_same_in_package_and_metadata() -> None:
    assert PROJECT["project"]["version"] == triptych.__version__ == version("triptych")


def test_command_triptych_is_installed() -> None:
    [command] = entry_points(group="console_scripts", name="triptych")
    assert callable(command.load())


def test_every_public_name_can_be_had() -> None:
    assert {name for name in triptych.__all__ if not hasattr(triptych, name)} == set()


def test_every_pin_is_exact_and_hashed() -> None:
    for pin, hashes in pins():
        assert [s.operator for s in pin.specifier] == ["=="], pin
        assert hashes, pin
        assert all(h.startswith("sha256:") for h in hashes), pin


def test_pins_hold_no_address_and_no_path() -> None:
    text = (ROOT / "constraints.txt").read_text()
    assert "://" not in text
    assert not [pin for pin, _ in pins() if pin.url]
    assert not [line for line in text.splitlines() if line.lstrip().startswith(("-i", "-e", "--f"))]


@pytest.mark.parametrize("direct", DIRECT)
def test_every_dependency_is_pinned_within_its_bounds(direct: str) -> None:
    wanted = Requirement(direct)
    name = canonicalize_name(wanted.name)
    pinned = [pin for pin, _ in pins() if canonicalize_name(pin.name) == name]
    assert pinned, "run: make constraints"
    for pin in pinned:
        [exact] = pin.specifier
        assert exact.version in wanted.specifier, "run: make constraints"
