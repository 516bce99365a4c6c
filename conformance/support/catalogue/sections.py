"""Every table, by its line."""

from support.catalogue import algorithms, base64url, claims, curves, encrypted, framing, headers
from support.catalogue import json_text, kinds, platforms, replays, rsa, times

MODULES = [framing, base64url, encrypted, json_text, algorithms, curves, rsa, headers]
MODULES += [claims, platforms, kinds, times, replays]
TABLES = [module.LINES for module in MODULES]
LINES = {line: cases for table in TABLES for line, cases in table.items()}
