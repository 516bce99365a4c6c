//! Nothing to link: the rules about the code itself are the tests under `tests/tidy`.
