"""CLM-1 to CLM-6: issuer, audience and subject of a token of the sample's issuer."""

import json

from support.catalogue.line import Line
from support.catalogue.tenant import all_at, at
from support.forge import audience, claims, each, issuer, rewritten

GITHUB = "https://token.actions.githubusercontent.com"
STRANGERS = {
    "unknown": "https://unknown.example.com",
    "a well-known one": GITHUB,
    "a suffix of a well-known one": GITHUB + ".evil.example",
    "an enterprise of a well-known one": GITHUB + "/enterprise-x",
    "empty": "",
}
ISSUERS = {
    "with a slash": lambda url: url + "/",
    "in upper case": str.upper,
    "with a scheme in upper case": lambda url: url.replace("http", "HTTP"),
    "with another scheme": lambda url: url.replace("http:", "https:"),
    "without a scheme": lambda url: url.removeprefix("http://"),
    "under another name": lambda url: url.replace("127.0.0.1", "localhost"),
    "with another port": lambda url: url[:-1] + str((int(url[-1]) + 1) % 10),
    "without a port": lambda url: url.rpartition(":")[0],
    "with a port written twice": lambda url: url + ":80",
    "with a zero before the port": lambda url: url[: url.rindex(":") + 1] + "0" + url[url.rindex(":") + 1 :],
    "percent-encoded": lambda url: url.replace("1", "%31", 1),
    "in full-width digits": lambda url: url.replace("1", "１", 1),
    "with a combining mark": lambda url: url + "\u0301",
    "with a soft hyphen": lambda url: url.replace("http", "ht\u00adtp"),
    "with a Cyrillic letter": lambda url: url.replace("p", "р", 1),
    "after a blank": lambda url: " " + url,
    "before a blank": lambda url: url + " ",
    "before a NUL": lambda url: url + "\0",
    "with a longer host": lambda url: url.replace("127.0.0.1", "127.0.0.1.evil.example"),
    "as a prefix": lambda url: url + "0",
    "with a path": lambda url: url + "/enterprise-x",
    "with a dot path": lambda url: url + "/.",
    "as a user": lambda url: url.replace("http://", "http://evil.example@"),
    "with a fragment": lambda url: url + "#x",
    "with a query": lambda url: url + "?x",
    "in a list": lambda url: [url],
    "in an object": lambda url: {"iss": url},
}
ODD = {"a number": 7, "true": True, "an object": {}, "an empty list": [], "a list of lists": [["x"]]}
OTHER = "https://other.example.com"
AUDIENCES = {
    "in a list of a list": lambda url: [[url]],
    "after a number": lambda url: [1, url],
    "before null": lambda url: [url, None],
    "in an object": lambda url: {"aud": url},
}
SEVERAL = {
    "before another": lambda url: [url, OTHER],
    "after another": lambda url: [OTHER, url],
    "twice": lambda url: [url, url],
    "as a prefix": lambda url: url[:-1],
    "with a suffix": lambda url: url + "0",
    "with a slash": lambda url: url + "/",
    "in another case": str.upper,
    "after a blank": lambda url: " " + url,
    "joined by a comma": lambda url: f"{url},{OTHER}",
    "joined by a blank": lambda url: f"{url} {OTHER}",
    "as our token endpoint": lambda url: url + "/token",
    "as our key set": lambda url: url + "/jwks",
    "as a client of ours": lambda _: "urn:sts:policy:shop-deploy-prod",
    "as the target": lambda _: "https://deploy.example.com",
    "as another bundle's": lambda _: "00000000-0000-0000-0000-000000000002",
    "as another": lambda _: OTHER,
    "as the issuer": lambda _: "http://127.0.0.1",
}
SUBJECT = "repo:octo-org/octo-repo"
SUBJECTS = {
    "a wildcard": "*",
    "a pattern": "repo:octo-org/.*",
    "in another case": SUBJECT.upper(),
    "with a blank before it": " " + SUBJECT,
    "with a blank after it": SUBJECT + " ",
    "a longer one": SUBJECT + "-evil",
    "a path": "repo:octo-org/octo-repo/../octo-repo",
    "with a letter that looks alike": SUBJECT.replace("o", "о", 1),
    "in full width": SUBJECT.replace("r", "ｒ"),
    "not composed": SUBJECT + "\u0301",
}
LENGTH_MAX = 2048


def nulled(name):
    """The claim is null, which the fake issuer otherwise reads as a claim to leave out."""

    def change(text):
        return json.dumps({**json.loads(text), name: None})

    return rewritten(payload=change)


def given(name, values):
    return {f"{name} {what}": claims(**{name: value}) for what, value in values.items()}


LINES = {
    "CLM-1": Line(
        {
            "no iss": claims(iss=None),
            "iss null": nulled("iss"),
            **given("iss", {**ODD, **STRANGERS}),
            **each({f"iss {name}": change for name, change in ISSUERS.items()}, issuer),
            # The bundle's own ends with a slash, and it counts.
            "iss without its slash": at("azure-v1", issuer(lambda url: url[:-1])),
            "iss with a second slash": at("azure-v1", issuer(lambda url: url + "/")),
            "iss templated": at("azure-v1", claims(iss="https://sts.windows.net/{tenantid}/")),
            "iss common": at("azure-v2", claims(iss="https://login.microsoftonline.com/common/v2.0")),
        },
        {"iss as in the bundle": issuer(str), "iss with its slash": at("azure-v1", claims())},
    ),
    "CLM-2": Line(
        {"iss good, key of another issuer": lambda world: world.mint(key=world.keys_of["RSA"])},
        {"iss good, its own key": claims()},
        {
            "denied": {
                "another organisation of the same issuer": claims(repository_owner_id="66"),
                "another repository of the same organisation": claims(repository_id="75"),
                "another namespace of a group": at("gitlab", claims(namespace_id="66")),
                "a job of a stranger's project": at("gitlab", claims(job_namespace_id="66")),
            }
        },
    ),
    "CLM-3": Line(
        {
            "no aud": claims(aud=None),
            "aud null": nulled("aud"),
            **given("aud", {**ODD, "empty": "", "a list of nothing": [""]}),
            **each({f"aud {name}": change for name, change in AUDIENCES.items()}, audience),
        },
        {"aud ours": audience(str), "aud ours in a list": audience(lambda url: [url])},
    ),
    "CLM-4": Line(
        each({f"aud {name}": change for name, change in SEVERAL.items()}, audience),
        {"aud ours alone": audience(str)},
    ),
    "CLM-5": Line(
        all_at("azp", {"azp another": claims(azp="other"), "azp a list": claims(azp=["ours"]), "no azp": claims(azp=None)}),
        {
            **all_at("azp", {"azp listed": claims(azp="ours")}),
            "azp where the bundle names none": claims(azp="other"),
            "azp where it is not restricted": at("gcp", claims(azp="other")),
        },
    ),
    "CLM-6": Line(
        {
            "no sub": claims(sub=None),
            "sub null": nulled("sub"),
            **given("sub", {**ODD, "empty": "", "a NUL": "a\0b", "a line break": "a\r\nb", "2,049 bytes": "x" * (LENGTH_MAX + 1), "10 KiB": "x" * 10_240}),
            # Where the bundle lists it, it is that one and no other.
            **all_at("subject", given("sub", SUBJECTS)),
        },
        {
            **all_at("subject", {"sub as it is listed": claims()}),
            # Where policies pin ids, it is recorded and never looked into.
            **given("sub", {**SUBJECTS, "2,048 bytes": "x" * LENGTH_MAX, "256 bytes": "x" * 256}),
        },
    ),
}
