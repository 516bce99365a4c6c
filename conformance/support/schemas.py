"""The JSON Schemas of documents, as an editor uses them: YAML in, what is wrong with it out."""

import json
import re

import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from support.process import ROOT

FOLDER = ROOT / "policies/schema"


class Loader(yaml.SafeLoader):
    """YAML 1.2 as editors read it: a date is text, `on` is text, only true and false are booleans."""

    yaml_implicit_resolvers = {}


PLAIN = {"bool": ("true|false", "tf"), "int": ("-?[0-9]+", "-0123456789"), "null": ("~|null|", ["~", "n", ""])}
for kind, (pattern, first) in PLAIN.items():
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{kind}", re.compile(f"^({pattern})$"), list(first))


def schema(name):
    return json.loads((FOLDER / name).read_text())


def names():
    return sorted(path.name for path in FOLDER.glob("*.json"))


def validator(name="document.json"):
    files = Registry().with_resources((each, Resource.from_contents(schema(each))) for each in names())
    # A reference is relative to the file that it stands in.
    return Draft202012Validator({"$ref": name}, registry=files)


def faults(text, name="document.json"):
    """Where each document of a file does not fit, and why."""
    check = validator(name)
    documents = [document for document in yaml.load_all(text, Loader) if document is not None]
    return [f"{error.json_path}: {error.message}" for document in documents for error in check.iter_errors(document)]


def examples(shape):
    """Each part of a schema that has an example, and the example."""
    parts = shape if isinstance(shape, list) else shape.values() if isinstance(shape, dict) else []
    for part in parts:
        yield from examples(part)
    if isinstance(shape, dict) and isinstance(shape.get("examples"), list):
        yield from ((shape, example) for example in shape["examples"])
