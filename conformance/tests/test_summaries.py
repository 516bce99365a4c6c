"""What has no entry of its own is summarised: an entry per bundle, reason and minute."""

from support import http


def summaries(server):
    rows = [row for row in server.ledger() if row["kind"] == "summary"]
    return {(row.get("trust_bundle"), row["reason"]): row["count"] for row in rows}


def test_a_flood_from_strangers_makes_one_entry_for_each_bundle_and_reason(make_server):
    server = make_server()
    assert server.exchange().status == 200
    before = len(server.ledger())
    for _ in range(50):
        assert server.exchange(server.mint({"repository_owner_id": "66"})).reason == "denied"
    for _ in range(20):
        assert server.exchange("not a token").reason == "subject_token_rejected"
    assert server.exchange(server.mint(), audience=None).reason == "malformed_request"
    assert server.exchange(server.mint({"ref": "refs/heads/x"})).reason == "conditions_failed"
    shown_by_itself = 2
    assert len(server.ledger()) == before + shown_by_itself, "one denial matched pins, one was a reading"
    server.process.stop()
    assert summaries(server) == {
        ("github-actions", "denied"): 50,
        (None, "subject_token_rejected"): 20,
        (None, "malformed_request"): 1,
    }


def test_what_is_recorded_is_not_summarised_as_well(make_server):
    server = make_server()
    token = server.mint()
    assert server.exchange(token).status == 200
    assert server.exchange(token).reason == "replayed"
    assert server.exchange(audience=http.TWIN).reason == "ambiguous_policy"
    server.process.stop()
    assert summaries(server) == {}
