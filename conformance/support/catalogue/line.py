"""A line of the catalogue: what is refused because of it, and what is not."""

from dataclasses import dataclass, field

import pytest


@dataclass(frozen=True)
class Line:
    """Ways to make a token, by name. `elsewise` are those that are refused for a reason of their own."""

    refused: dict
    accepted: dict
    elsewise: dict = field(default_factory=dict)


def refused(tables):
    """The cases whose refusal tells nothing more; their ids begin with the line."""
    return [row for table in tables for line, cases in table.items() for row in rows(line, cases.refused)]


def accepted(tables):
    return [row for table in tables for line, cases in table.items() for row in rows(line, cases.accepted)]


def elsewise(tables):
    return [
        row
        for table in tables
        for line, cases in table.items()
        for reason, named in cases.elsewise.items()
        for row in rows(line, named, (reason,))
    ]


def rows(line, cases, reason=()):
    return [pytest.param(*reason, make, id=f"{line}: {name}") for name, make in cases.items()]
