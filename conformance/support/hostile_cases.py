"""Which document is sent how, by name: what must be an outage, and what must not."""

from support import faults, lies
from support.issuer import DISCOVERY, KEYS

DOCUMENTS = {"discovery": DISCOVERY, "key set": KEYS}


def of_both(table):
    return {name: case for document in DOCUMENTS for name, case in of_one(document, table).items()}


def of_one(document, table):
    return {f"{document}: {name}": {DOCUMENTS[document]: fault} for name, fault in table.items()}


SLOW = of_both(faults.SLOW)
WRONG = {
    **of_both(faults.WRONG),
    **of_one("discovery", lies.DISCOVERY_LIES),
    **of_one("key set", lies.KEY_SET_LIES),
}
REDIRECTS = {
    **of_one("discovery", lies.redirects(DISCOVERY)),
    **of_one("key set", lies.redirects(KEYS)),
}
REFUSED = {**SLOW, **WRONG, **REDIRECTS}
ACCEPTED = {**of_both(faults.ODD), **of_one("key set", lies.UNUSUAL_KEY_SETS)}
# Slow enough together to overrun the bound, though neither document is alone.
BOTH_LATE = {DISCOVERY: faults.late(2), KEYS: faults.late(2)}

# The lies that come true where the bundle lists the place, and those that never do.
LISTED = {
    "keys on another port, in hosts": ("keys on another port", "hosts: [127.0.0.1]"),
    "keys on another port, in network": ("keys on another port", "network: [127.0.0.0/8]"),
    "keys on another host, in hosts": ("keys on another host", "hosts: [localhost]"),
}
UNLISTED = {
    "keys on another host, other hosts listed": ("keys on another host", "hosts: [localhost.example.com]"),
    "keys at a metadata service, in hosts": ("keys at a metadata service", "hosts: ['169.254.169.254']"),
    "keys behind a user, in hosts": ("keys behind a user", "hosts: [user, 127.0.0.1]"),
    "status 302 to another host, in hosts": ("status 302 to another host", "hosts: [127.0.0.1]"),
}

# What an issuer turns into after its keys were fetched. They are few: unknown keys have fetches
# made only so often, over all bundles together.
TURNS = [
    "discovery: status 500",
    "discovery: another issuer",
    "discovery: keys on another port",
    "discovery: status 302 to another host",
    "discovery: silence",
    "key set: status 404",
    "key set: an empty body",
    "key set: a captive portal",
    "key set: text after it",
    "key set: a byte more than 128 KiB",
    "key set: no keys",
    "key set: silence",
]
TURNED_SECRET = ["key set: a private RSA key", "key set: a symmetric key"]
