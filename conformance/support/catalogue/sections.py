"""Every table, by its line."""

from support.catalogue import algorithms, base64url, claims, curves, encrypted, framing, github, headers
from support.catalogue import issuers, json_text, key_numbers, key_words, kids, kinds, macs, platforms
from support.catalogue import replays, rsa, sizes, times, types, values

MODULES = [framing, base64url, encrypted, sizes, json_text, values]
MODULES += [algorithms, macs, curves, rsa, headers, kids]
MODULES += [issuers, claims, github, platforms, types, kinds, times, replays]
TABLES = [module.LINES for module in MODULES]
# What these are about is published, and not written in a token.
KEY_TABLES = [key_numbers.LINES, key_words.LINES]
LINES = {line: cases for table in [*TABLES, *KEY_TABLES] for line, cases in table.items()}
