"""The user's own catalogue: entries of their own, changes to built-in ones, and every slip told."""

import logging
import threading
import time

import pytest

from triptych.errors import InputError, TriptychError
from triptych.models import catalogue
from triptych.models.abilities import Abilities
from triptych.models.catalogue.entry import StrategyFields

BOX = """\
- alias: box
  id: my-model
  base_url: http://10.0.0.5:8000/v1
"""


@pytest.fixture
def file(monkeypatch, tmp_path):
    """Writes the user's file."""
    path = tmp_path / "catalogue.yaml"
    monkeypatch.setenv("TRIPTYCH_CATALOGUE", str(path))

    def write(text):
        path.write_text(text)
        return path

    return write


@pytest.fixture(autouse=True)
def _hints(monkeypatch):
    monkeypatch.setattr("triptych.models.catalogue.places._hinted", set())


def error_of(file, text):
    file(text)
    with pytest.raises(InputError) as caught:
        catalogue.entries()
    return str(caught.value)


def test_an_entry_of_ones_own_is_found_by_alias_id_and_place(file):
    file(BOX)
    box = catalogue.find("BOX")
    assert (box.kind, box.source) == ("self-hosted", "yours")
    assert catalogue.find("my-model") is box
    assert catalogue.entry_at("http://10.0.0.5:8000", "my-model") is box
    assert catalogue.entry_at("http://10.0.0.6:8000", "my-model") is None


def test_the_usual_place_is_that_of_the_system(monkeypatch, tmp_path):
    monkeypatch.delenv("TRIPTYCH_CATALOGUE", raising=False)
    assert catalogue.user_path().parts[-2:] == ("triptych", "catalogue.yaml")


def test_a_partial_entry_changes_the_built_in_one_of_that_alias(file):
    file("- {alias: Local, parameters: {temperature: 0.3, seed: null}, abilities: {tools: none}}")
    local = catalogue.find("local")
    assert local.source == "changed"
    assert local.parameters == {"temperature": 0.3, "max_tokens": 1024}
    assert (local.abilities.tools, local.abilities.alternate) == ("none", False)
    assert local.file.bytes == 491_400_064
    assert catalogue.find("devstral").source == "built-in"


def test_a_change_of_the_file_is_seen_at_once(file):
    file(BOX)
    assert catalogue.lookup("box")
    file("")
    assert catalogue.lookup("box") is None


def test_a_file_that_is_named_and_not_there_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setenv("TRIPTYCH_CATALOGUE", str(tmp_path / "slip.yaml"))
    with pytest.raises(InputError, match=r"TRIPTYCH_CATALOGUE names .*slip\.yaml"):
        catalogue.entries()


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("- alias: a\n  id: [", 2, "expected"),
        ("alias: a\n", 1, "must be a list of models"),
        (BOX + "  contxt: 5\n", 4, "Did you mean context?"),
        (BOX + "  context: many\n", 4, "context must be a whole number, not 'many'"),
        (BOX + "  context: -5\n", 4, "cannot be below 0"),
        (BOX + "  price: 3\n", 4, "price must be a table"),
        (BOX + "  price: {input: 1}\n", 4, "price lacks output"),
        (BOX + "  kind: hostd\n", 4, "Did you mean hosted?"),
        (BOX + "  abilities:\n    tool: native\n", 5, "Did you mean tools?"),
        (BOX + "  abilities: {inputs: [images]}\n", 4, "Did you mean image?"),
        (BOX + "  strategy:\n    plan: sometimes\n", 5, "plan cannot be 'sometimes'"),
        (BOX + "  parameters:\n    temprature: 1\n", 5, "Did you mean temperature?"),
        (BOX + "  parameters: {model: x}\n", 4, "is no parameter"),
        (BOX + "  id: other\n", 4, "'id' stands there twice"),
        (BOX + "- alias: BOX\n  id: other\n", 4, "stands in line 1 already"),
        (BOX + "- alias: my-model\n  id: x\n  base_url: http://h/v1\n", 4, "a name of box already"),
        ("- id: x\n", 1, "has no alias"),
        ("- alias: devstrl\n", 1, "did you mean to change the built-in devstral?"),
        ("- alias: a\n  id: b\n", 1, "Add `base_url:"),
        ("- alias: a\n  id: b\n  kind: local\n", 1, "needs its file"),
        ("- alias: a\n  id: b\n  base_url: box:8000\n", 1, "must begin with http://"),
        (
            "- alias: a\n  id: b\n  kind: local\n"
            "  file: {name: ../x, bytes: 1, sha256: '0', hub: h}\n",
            1,
            "name is a path",
        ),
        (BOX + "  context: 5\n  output_limit: 6\n", 1, "output_limit is not below context"),
        (BOX + "  api_key_env: NVIDIA_API_KEY\n", 1, "for NVIDIA's own hosts"),
    ],
)
def test_every_slip_is_told_with_its_file_line_and_cure(file, text, line, words):
    said = error_of(file, text)
    assert f"catalogue.yaml, line {line}: " in said
    assert words in said


@pytest.mark.parametrize(
    "field",
    [
        "api_key: MARKED",
        "key: MARKED",
        "parameters: {default_headers: {Authorization: MARKED}}",
        "token: MARKED",
        "password: MARKED",
        "licence: nvapi-MARKED",
        "parameters: {stop: [sk-MARKED]}",
        "api_key_env: nvapi-MARKED",
        "base_url: http://user:MARKED@h/v1",  # pragma: allowlist secret
    ],
)
def test_a_key_in_the_file_is_refused_and_not_shown(file, field):
    said = error_of(file, f"- alias: a\n  id: b\n  {field}\n")
    assert "line 3" in said
    assert "api_key_env" in said
    assert "MARKED" not in said


@pytest.mark.parametrize("text", ["- &a [*a]\n", "- alias: &a {b: *a}\n", "- alias: a\n  id: *x\n"])
def test_yaml_that_holds_itself_is_an_error_of_one_line(file, text):
    assert "line" in error_of(file, text)


def test_a_parameter_that_is_only_the_servers_goes_out_as_it_is(file):
    file(BOX + "  parameters: {mirostat: 2, stop: [a]}\n")
    assert catalogue.find("box").parameters == {"mirostat": 2, "stop": ["a"]}


def test_the_example_in_the_docstring_is_a_catalogue(file):
    import textwrap

    from triptych.models.catalogue import user_file

    file(textwrap.dedent(user_file.__doc__.split("::")[1]))
    assert catalogue.find("box").api_key_env == "BOX_KEY"
    assert "seed" not in catalogue.find("devstral").parameters


def test_the_fields_of_a_strategy_are_those_of_the_state():
    from triptych.state import Strategy

    assert set(StrategyFields.__annotations__) == set(Strategy.model_fields)


def test_a_chat_model_is_made_of_ones_own_entry_with_the_key_that_it_names(
    file, monkeypatch, scripted_server
):
    from triptych.models import chat_model

    server = scripted_server(["Hello"], key="box-key")
    url = server.base_url
    file(f"- {{alias: box, id: m, base_url: '{url}', api_key_env: BOX, parameters: {{seed: 5}}}}")
    monkeypatch.setenv("BOX", "box-key")
    monkeypatch.setenv("NVIDIA_API_KEY", "not-this-one")
    assert chat_model("box").invoke("Hi").content == "Hello"
    assert (server.chats[0].body["model"], server.chats[0].body["seed"]) == ("m", 5)


@pytest.mark.parametrize("url", ["http://10.0.0.5:8000", "http://10.0.0.5:8000/v1/"])
def test_abilities_and_parameters_are_found_by_place_and_id(file, url):
    file(BOX + "  abilities: {tools: schema}\n  parameters: {top_k: 5}\n")
    assert catalogue.abilities_for(url, "my-model").tools == "schema"
    assert catalogue.parameters_for(url, "my-model") == {"top_k": 5}
    assert catalogue.parameters_for(url, "another") == {}


def test_devstral_is_known_at_any_host():
    devstral = catalogue.abilities_for("http://box/v1", "mistralai/devstral-2-123b-instruct-2512")
    assert devstral.short_ids
    assert (
        catalogue.parameters_for("http://box/v1", "mistralai/devstral-2-123b-instruct-2512") == {}
    )


def test_an_unknown_model_has_careful_defaults_and_one_hint(caplog, capsys):
    with caplog.at_level(logging.INFO, logger="triptych.models"):
        threads = [
            threading.Thread(target=catalogue.abilities_for, args=("http://box/v1", "new-model"))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert catalogue.abilities_for("http://box/v1", "new-model") == Abilities()
    assert len(caplog.records) == 1
    assert "triptych doctor --base-url http://box --model new-model" in caplog.text
    assert capsys.readouterr().err == ""


def test_a_measured_profile_is_noted_and_all_else_stays(file):
    path = file(
        f"# mine\n{BOX}  parameters:\n    top_k: 5   # by trial\n  # the end of box\n# end\n"
    )
    seen = {"date": "2026-11-24", "endpoint": "http://10.0.0.5:8000/v1", "seed_repeats": None}
    for rate in (3.5, 4.5):
        catalogue.write("box", {}, {**seen, "tokens_per_second": rate})
    assert catalogue.find("box").measured.tokens_per_second == 4.5
    assert path.read_text() == (
        f"# mine\n{BOX}  parameters:\n    top_k: 5   # by trial\n"
        '  measured:\n    date: "2026-11-24"\n    endpoint: http://10.0.0.5:8000/v1\n'
        "    tokens_per_second: 4.5\n  # the end of box\n# end\n"
    )
    assert "tokens_per_second: 3.5" in path.with_name("catalogue.yaml.bak").read_text()


def test_a_profile_of_a_built_in_or_new_model_gets_a_row_of_its_own(monkeypatch, tmp_path):
    monkeypatch.delenv("TRIPTYCH_CATALOGUE", raising=False)
    path = tmp_path / "new folder" / "catalogue.yaml"
    monkeypatch.setattr("triptych.models.catalogue.user_file._usual", lambda: path)
    seen = {"date": "2026-11-24", "endpoint": "this machine", "concurrency": 2}
    catalogue.write("local", {}, seen)
    catalogue.write("yes", {"id": "a: b #", "base_url": "http://h/v1"}, seen)
    assert catalogue.find("local").measured.concurrency == 2
    assert catalogue.find("yes").id == "a: b #"


def test_a_file_with_an_error_is_not_written_to(file):
    path = file("- alias: a\n  idd: b\n")
    with pytest.raises(TriptychError):
        catalogue.write("local", {}, {"date": "2026-11-24", "endpoint": "x"})
    assert path.read_text() == "- alias: a\n  idd: b\n"


def test_a_row_in_one_line_is_left_alone_with_a_cure(file):
    path = file("- {alias: box, id: m, base_url: 'http://h/v1'}\n")
    with pytest.raises(InputError, match="one key a line"):
        catalogue.write("box", {}, {"date": "2026-11-24", "endpoint": "x"})
    assert not path.with_name("catalogue.yaml.bak").exists()


def test_a_thousand_lookups_of_abilities_take_no_time_that_matters(file):
    file(BOX)
    before = time.process_time()
    for _ in range(1000):
        catalogue.abilities_for("http://10.0.0.5:8000/v1", "my-model")
    assert time.process_time() - before < 0.5  # of a request's milliseconds


def test_models_list_marks_what_is_the_users(file):
    import json

    from typer.testing import CliRunner

    from triptych.cli.models import app

    file(BOX + "- alias: local\n  context: 4096\n")
    rows = json.loads(CliRunner().invoke(app, ["list", "--json"]).stdout)
    assert {row["name"]: row["source"] for row in rows} == {
        "devstral": "built-in",
        "local": "changed",
        "local:qwen2.5-coder-1.5b": "built-in",
        "box": "yours",
    }
    lines = CliRunner().invoke(app, ["list"]).stdout.splitlines()
    assert lines[1].endswith("built-in, changed by you")
    assert lines[3].endswith("\tyours")
