"""Organisers (tenants), the people who work for them, what they may do, and the tokens of programs.

Roles, each including the next: owner (people, look, tokens) → manager (events, registrations) → viewer (reads); door
(scans and finds tickets) stands aside: a door volunteer sees no lists.
"""
