"""CLM-3 to CLM-6: audience and subject of a token of the sample's issuer."""

from support.catalogue.line import Line
from support.catalogue.tenant import all_at, at
from support.forge import ODD, audience, claims, each, given, nulled

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
UNUSABLE = {
    "empty": "",
    "a NUL": "a\0b",
    "a line break": "a\r\nb",
    "2,049 bytes": "x" * (LENGTH_MAX + 1),
    "10 KiB": "x" * 10_240,
}


LINES = {
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
        all_at(
            "azp",
            {"azp another": claims(azp="other"), "azp a list": claims(azp=["ours"]), "no azp": claims(azp=None)},
        ),
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
            **given("sub", {**ODD, **UNUSABLE}),
            # Where the bundle lists it, it is that one and no other.
            **all_at("subject", {f"listed is another: {name}": claims(sub=sub) for name, sub in SUBJECTS.items()}),
        },
        {
            **all_at("subject", {"sub as it is listed": claims()}),
            # Where policies pin ids, it is recorded and never looked into.
            **given("sub", {**SUBJECTS, "2,048 bytes": "x" * LENGTH_MAX, "256 bytes": "x" * 256}),
        },
    ),
}
