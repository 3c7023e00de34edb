"""Flows: who is led through which space when, so that nobody meets a crowd (docs/planning.md)."""
