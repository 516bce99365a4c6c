"""What a record must say. The suite's sample and `conformance/rotation` ask the same."""

ROTATIONS_MIN = 3


def faults(record):
    """Every way in which a run did not show what it is to show."""
    return [
        *_loads(record),
        *_verifications(record),
        *_changes(record),
    ]


def _loads(record):
    exchanges, plan = record["exchanges"], record["plan"]
    if exchanges["refused"] or exchanges["answered"] != plan["rate"] * plan["seconds"]:
        yield f"not every exchange was answered with a token: {exchanges['refused']}"


def _verifications(record):
    for name, seen in record["verifiers"].items():
        if seen["failed"]:
            yield f"{name}: {seen['failed']} checks failed, such as {record['failed_checks'][:1]}"
        key, once = seen["compromised_key"], seen["accepted"]["at once"]
        if once + key["refused"] + seen["failed"] < record["exchanges"]["answered"]:
            yield f"{name}: only {once} tokens were checked at once"
        if key["accepted_for_s"] > key["bound_s"]:
            yield f"{name}: the compromised key was accepted for {key['accepted_for_s']} s, more than {key['bound_s']} s"
        if key["bound_s"] < record["plan"]["ttl_max"] - 1 and not key["refused"]:
            yield f"{name}: nothing of the compromised key was refused"
    for name, seen in record["counter_proof"].items():
        if not seen["failed"]:
            yield f"{name}: never failed, so this run would not have noticed a failure"


def _changes(record):
    kept = [one for one in record["rotations"] if one["why"] != "compromise"]
    if len(kept) < ROTATIONS_MIN:
        yield f"{len(kept)} rotations, fewer than {ROTATIONS_MIN}"
    if len(record["rotations"]) != len(kept) + 1:
        yield "the compromise put no other key in place, or more than one"
    if record["compromise"]["signed_after"]:
        yield f"{record['compromise']['signed_after']} tokens were signed with the compromised key after it was taken out"
