"""Phones at the doors of one event: how they become its devices, what they are told, and when they stop (docs/door.md)."""
