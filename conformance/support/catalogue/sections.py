"""Every table, by its line."""

from support.catalogue import algorithms, base64url, claims, curves, encrypted, framing, github, headers
from support.catalogue import issuers, json_text, kids, kinds, macs, platforms, replays, rsa, sizes, times
from support.catalogue import types, values

MODULES = [framing, base64url, encrypted, sizes, json_text, values]
MODULES += [algorithms, macs, curves, rsa, headers, kids]
MODULES += [issuers, claims, github, platforms, types, kinds, times, replays]
TABLES = [module.LINES for module in MODULES]
LINES = {line: cases for table in TABLES for line, cases in table.items()}
