"""The catalogue of tokens that must be refused, as data: a module for each of its parts."""
