"""Registrations from a file: read it, map its columns, say what is wrong, and write what is well, some lines at a time.

`reading`, `mapping` and `checking` decide and touch no database; `queries` read what is there; `writing` and `files`
change it.
"""
