"""CLM-7 to CLM-9: what a job says of itself, under the sample's bundle."""

from support.catalogue.line import Line
from support.forge import claims

RENAMED = {"repository": "new-org/new-repo", "repository_owner": "new-org"}

LINES = {
    "CLM-7": Line(
        {"no repository_id, whatever sub says": claims(repository_id=None)},
        {
            "sub by names": claims(sub="repo:octo-org/octo-repo:environment:production"),
            "sub by names and ids": claims(sub="repo:octo-org@65/octo-repo@74:environment:production"),
            "sub customised": claims(sub="repository_owner_id:65:job_workflow_ref:x"),
            "sub of another repository": claims(sub="repo:other/other:ref:refs/heads/main"),
        },
        {"denied": {"repository of another id, sub of ours": claims(repository_id="75")}},
    ),
    "CLM-8": Line(
        {
            "repository_id a number": claims(repository_id=74),
            "repository_owner_id a number": claims(repository_owner_id=65),
        },
        {"a renamed repository": claims(**RENAMED), "a renamed owner": claims(repository_owner="new-org")},
        {
            "denied": {
                "the name registered again": claims(repository_id="75"),
                "the owner registered again": claims(repository_owner_id="66", repository_id="75"),
                "an id with a zero before it": claims(repository_id="074"),
                "an id with a blank": claims(repository_id="74 "),
            }
        },
    ),
    "CLM-9": Line(
        {
            "an event that is not listed": claims(event_name="schedule"),
            "an event in upper case": claims(event_name="PUSH"),
        },
        {
            "another listed event": claims(event_name="workflow_dispatch"),
            "a workflow of another repository, which no policy names": claims(
                job_workflow_ref="other/other/x.yml@x"
            ),
        },
        {
            "conditions_failed": {
                "a pull request": claims(event_name="pull_request"),
                "the ref of a pull request": claims(ref="refs/pull/1/merge"),
                "a tag called main": claims(ref="refs/tags/main"),
                "a branch that begins like main": claims(ref="refs/heads/main2"),
                "main without its folder": claims(ref="main"),
            },
            "guardrail": {"a pull request's target": claims(event_name="pull_request_target")},
            "denied": {
                "no environment": claims(environment=None),
                "another environment": claims(environment="Production"),
            },
        },
    ),
}
