"""Four validators give one verdict on experiment files: the language server, ajv, jsonschema and check-jsonschema."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from configurations import experiments
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from language_server import LanguageServer

from llem.config.schema import experiment_schema
from llem.registry import load_registry
from llem.registry.kinds import KINDS


AJV = Path(__file__).parent / "ajv.mjs"
SCHEMA = Path(__file__).parent.parent.parent / "schemas" / "experiment.json"


def ask_ajv(node: str, schema: Any, instances: list[Any]) -> subprocess.CompletedProcess[str]:
    """Run ajv in strict mode on instances; it prints a list of verdicts."""
    asked = json.dumps({"schema": schema, "instances": instances})
    return subprocess.run([node, str(AJV)], input=asked, capture_output=True, text=True, check=False)


def drawn(count: int) -> list[dict[str, Any]]:
    """Return experiments, valid and invalid, each once."""
    found: dict[str, dict[str, Any]] = {}

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.one_of(experiments(), experiments(wrong=True)))
    def collect(data: dict[str, Any]) -> None:
        found[json.dumps(data, sort_keys=True)] = data

    collect()
    return list(found.values())


def test_one_verdict(server: LanguageServer, node: str, tmp_path: Path) -> None:
    instances = drawn(400)
    schema = experiment_schema(load_registry())
    validator = jsonschema.Draft7Validator(schema)
    expected = [validator.is_valid(instance) for instance in instances]
    assert 0.1 < sum(expected) / len(expected) < 0.9

    ajv = ask_ajv(node, schema, instances)
    assert not ajv.stderr

    files = []
    for number, instance in enumerate(instances):
        files.append(tmp_path / f"{number}.json")
        files[-1].write_text(json.dumps(instance), encoding="utf-8")
    command = [sys.executable, "-m", "check_jsonschema", "--schemafile", str(SCHEMA), "-o", "JSON", *map(str, files)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    failed = {error["filename"] for error in json.loads(checked.stdout).get("errors", [])}

    modeline = f"# yaml-language-server: $schema={SCHEMA.as_uri()}\n"
    texts = {file.with_suffix(".yaml").name: modeline + file.read_text(encoding="utf-8") for file in files}
    seen = server.diagnose(texts)

    verdicts = {
        "ajv": json.loads(ajv.stdout),
        "check-jsonschema": [str(file) not in failed for file in files],
        "yaml-language-server": [all(said.startswith("Deprecated") for *_, said in seen[name]) for name in texts],
    }
    for name, found in verdicts.items():
        other = [one for one, mine, theirs in zip(instances, expected, found, strict=True) if mine != theirs]
        assert not other, f"{name} and jsonschema differ"


@pytest.mark.parametrize("name", ["experiment", "study", "result", *(f"registry/{kind}" for kind in KINDS)])
def test_every_schema_is_strict(node: str, name: str) -> None:
    """ajv in strict mode finds nothing unknown, ambiguous or ignored in any schema."""
    schema = json.loads((SCHEMA.parent / f"{name}.json").read_text(encoding="utf-8"))
    ajv = ask_ajv(node, schema, ["no mapping"])
    assert (ajv.stdout.strip(), ajv.stderr) == ("[false]", "")
