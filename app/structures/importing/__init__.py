"""Structures and their contacts from a file: read it, map its columns, say what would happen, and write it, once."""
