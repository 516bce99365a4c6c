"""Rotation under load: exchanges at a steady rate while keys change, and verifiers that check every token."""
