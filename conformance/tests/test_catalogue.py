"""The index of the negative catalogue says nothing that is not so."""

import re
from pathlib import Path

import pytest

from support.catalogue.sections import KEY_TABLES, TABLES
from support.catalogue.sections import LINES as CASES
from support.process import ROOT

INDEX = Path(__file__).parents[1] / "catalogue.md"
PARTS = {"JWS": 21, "ALG": 15, "KEY": 16, "CLM": 17, "TIM": 7, "RPL": 4}
LINES = [f"{part}-{number}" for part, count in PARTS.items() for number in range(1, count + 1)]


def rows():
    """The cells after the line's name, by line, in their order."""
    cells = (line.strip("|").split("|") for line in INDEX.read_text().splitlines() if line.startswith("| "))
    stripped = ([cell.strip() for cell in row] for row in cells)
    return [(row[0], row[1:]) for row in stripped if row[0] != "line"]


ROWS = dict(rows())


def named():
    """Every test that the index names."""
    return sorted({name for row in ROWS.values() for cell in row[1:3] for name in re.findall(r"`([^`]+)`", cell)})


def source_of(name):
    """Where a test should be, and the line that begins it."""
    if name.startswith("test_"):
        file, _, test = name.partition("::")
        return [ROOT / "conformance/tests" / file], f"def {test}("
    crate, _, path = name.partition(" ")
    module, test = path.split("::")
    files = sorted((ROOT / "sts" / crate).glob(f"**/{module}.rs"))
    return files, f"fn {test}("


def test_every_line_has_exactly_one_row():
    assert [line for line, _ in rows()] == LINES


@pytest.mark.parametrize("name", named())
def test_every_test_that_the_index_names_exists(name):
    files, begin = source_of(name)
    assert any(begin in file.read_text() for file in files), f"no {begin} in {files}"


@pytest.mark.parametrize("line", LINES)
def test_a_line_that_is_tested_is_tested_both_ways_and_another_says_why_not(line):
    _, refused, accepted, why = ROWS[line]
    assert bool(refused) == bool(accepted)
    assert refused or why


@pytest.mark.parametrize("line", LINES)
def test_a_line_has_cases_where_the_index_says_so(line):
    _, refused, accepted, _ = ROWS[line]
    cases = CASES.get(line)
    assert [cell.startswith("cases") for cell in (refused, accepted)] == [cases is not None] * 2


@pytest.mark.parametrize("line", CASES)
def test_every_refused_case_has_an_accepting_twin(line):
    cases = CASES[line]
    assert cases.refused and cases.accepted
    assert not set(cases.refused) & set(cases.accepted)


def test_no_table_hides_a_line_of_another():
    assert sum(map(len, [*TABLES, *KEY_TABLES])) == len(CASES)
    assert set(CASES) <= set(LINES)
