"""`conformance/rotation`: one run, and its record."""

import argparse
import json
import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from support.process import ROOT
from support.rotation.plan import Plan
from support.rotation.plot import plot
from support.rotation.proof import prove
from support.rotation.verdict import faults

RECORDS = ROOT / "conformance/records"


def positive(text):
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def arguments():
    usual = Plan()
    parser = argparse.ArgumentParser(prog="conformance/rotation", description="Rotation under load.")
    for name, what in [
        ("rate", "exchanges a second"),
        ("seconds", "of load"),
        ("replicas", "1: SQLite; more: PostgreSQL"),
        ("rotation_period", "seconds"),
        ("publish_ahead", "seconds"),
        ("verifier_cache", "seconds"),
    ]:
        flag = "--" + name.replace("_", "-")
        parser.add_argument(flag, type=positive, default=getattr(usual, name), help=f"{what} (default: %(default)s)")
    parser.add_argument("--records", type=Path, default=RECORDS, help="folder for the record and its plot")
    return parser.parse_args()


def main():
    wanted = vars(arguments())
    records = wanted.pop("records").resolve()
    plan = Plan(**wanted)
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"
    try:
        with tempfile.TemporaryDirectory(prefix="sts-rotation-") as folder:
            record = prove(plan, Path(folder))
    except AssertionError as fault:
        print(f"fault: {fault}", file=sys.stderr)
        return 1
    records.mkdir(parents=True, exist_ok=True)
    many = f"-{plan.replicas}-replicas" if plan.replicas > 1 else ""
    file = records / f"{datetime.now(UTC):%Y-%m-%d}-rotation{many}.json"
    file.write_text(json.dumps(record, indent=2) + "\n")
    file.with_suffix(".svg").write_text(plot(record))
    print(json.dumps({name: record[name] for name in ("failures", "verifiers", "counter_proof", "exchanges")}, indent=2))
    print(f"{file}\n{file.with_suffix('.svg')}")
    found = faults(record)
    for fault in found:
        print(f"fault: {fault}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
