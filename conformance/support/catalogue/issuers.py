"""CLM-1 and CLM-2: whose token it says it is."""

from support.catalogue.line import Line
from support.catalogue.tenant import at
from support.forge import ODD, claims, each, given, issuer, nulled

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
}
