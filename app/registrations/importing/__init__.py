"""Registrations from a file: read it, map its columns, say what is wrong, and write all of it or nothing.

`reading`, `mapping` and `checking` decide and touch no database; `queries` read what is there; `writing` and `files`
change it.
"""
