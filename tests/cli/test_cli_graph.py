"""`triptych graph` draws the very graph that runs go through."""

import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest
from typer.testing import CliRunner

from triptych import build_graph
from triptych.cli import app


def graph(*arguments):
    return CliRunner().invoke(app, ["graph", *map(str, arguments)])


def test_mermaid_text_has_every_node_and_edge_top_down():
    done = graph()
    assert done.exit_code == 0
    picture = build_graph().get_graph()
    assert "\ngraph TD;\n" in done.stdout
    assert "\ntitle: triptych\n" in done.stdout
    for edge in picture.edges:
        arrow = "-.->" if edge.conditional else "-->"
        assert f"\t{edge.source} {arrow} {edge.target};\n" in done.stdout


def test_the_way_forward_comes_first():
    lines = [line.strip() for line in graph().stdout.splitlines()]
    assert lines.index("explore -.-> plan;") < lines.index("verify -.-> plan;")


def test_svg_holds_the_name_of_every_node(tmp_path):
    path = tmp_path / "picture.svg"
    done = graph("--out", path)
    assert done.exit_code == 0
    assert str(path) in done.stderr
    text = "".join(ET.parse(path).getroot().itertext())
    for name in build_graph().get_graph().nodes:
        assert name in text


def test_png_is_a_readable_picture(tmp_path):
    path = tmp_path / "picture.png"
    assert graph("--out", path).exit_code == 0
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG\r\n")
    width, height = (int.from_bytes(data[i : i + 4], "big") for i in (16, 20))
    assert width >= 800
    assert height > width  # top down


def test_format_wins_over_the_name_of_the_file(tmp_path):
    path = tmp_path / "picture.txt"
    assert graph("--out", path, "--format", "mermaid").exit_code == 0
    assert "graph TD;" in path.read_text()


@pytest.mark.parametrize("name", ["picture", "picture.jpg"])
def test_an_unknown_kind_of_picture_is_an_error_with_its_cure(tmp_path, name):
    done = graph("--out", tmp_path / name)
    assert done.exit_code == 2
    assert "--format" in done.stderr


def test_a_folder_that_does_not_exist_is_an_error_with_its_cure(tmp_path):
    done = graph("--out", tmp_path / "none" / "picture.svg")
    assert done.exit_code == 2
    assert "folder that exists" in done.stderr


def test_pictures_without_the_extra_name_it():
    code = (
        "import sys\nsys.modules['mmdr'] = None\n"  # not to be found
        "sys.argv = ['triptych', 'graph', '--format', 'svg']\n"
        "from triptych.cli import main\nmain()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == 2
    assert "pip install 'triptych[draw]'" in done.stderr
    assert done.stdout == ""
