"""CLM-12: a claim of one type is never taken for another."""

from support.catalogue.line import Line
from support.catalogue.tenant import all_at
from support.forge import claims, given

TEXTS = {"a number": 74, "true": True, "a list of one": ["74"], "an object": {"value": "74"}}
INTEGERS = {"text": "1", "a fraction": 1.5, "a list of one": [1], "true": True}
FLAGS = {"text": "true", "1": 1, "0": 0, "a list of one": [True]}
LISTS = {"text": "a", "an object": {"a": "a"}, "of numbers": [1], "of lists": [["a"]], "of five": ["a"] * 5}
OBJECTS = {"text": "x", "a list": [{"name": "x"}], "of a number": {"name": 7}}

LINES = {
    "CLM-12": Line(
        {
            **given("repository_id", TEXTS),
            "ref a list": claims(ref=["refs/heads/main"]),
            **all_at("typed", given("count", INTEGERS)),
            **all_at("typed", given("flag", FLAGS)),
            **all_at("typed", given("groups", LISTS)),
            **all_at("typed", given("nested", OBJECTS)),
        },
        {
            **all_at("typed", given("count", {"a number": 1})),
            **all_at("typed", given("flag", {"true": True, "false": False})),
            **all_at("typed", given("groups", {"of texts": ["a", "b"], "empty": []})),
            **all_at("typed", given("nested", {"of text": {"name": "x"}, "empty": {}, "of more": {"x": 1}})),
        },
    ),
}
