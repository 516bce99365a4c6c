"""What the tests stand on: a fake issuer, hand-made tokens, and the subject's processes."""
