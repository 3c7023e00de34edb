"""Roles of people and scopes of tokens."""

import enum


class Role(enum.StrEnum):
    OWNER = "owner"
    MANAGER = "manager"
    DOOR = "door"
    VIEWER = "viewer"


class Scope(enum.StrEnum):
    EVENTS_READ = "events:read"
    EVENTS_WRITE = "events:write"
    REGISTRATIONS_WRITE = "registrations:write"
    SCANS_WRITE = "scans:write"
    LOANS_WRITE = "loans:write"
    INTERESTS_WRITE = "interests:write"


class EventFunction(enum.StrEnum):
    """What another organisation's people may hold of one event: one function, and they see nothing else."""

    REGISTRATIONS = "registrations"
    DOOR = "door"
    OFFERS = "offers"
    SCHOOLS = "schools"
    PROGRAMME = "programme"
    FIGURES = "figures"


MAY_MANAGE = frozenset({Role.OWNER, Role.MANAGER})
MAY_READ = frozenset({Role.OWNER, Role.MANAGER, Role.VIEWER})
MAY_SCAN = frozenset({Role.OWNER, Role.MANAGER, Role.DOOR})
