"""Closed lists of reports."""

import enum


class ExportFormat(enum.StrEnum):
    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"
    """Papers; several files of them come as one ZIP."""


class PaperKind(enum.StrEnum):
    """What is printed of many registrations; what an export of format PDF is of."""

    BADGES = "badges"
    TICKETS = "tickets"
    CARDS = "cards"
    WAVE_LISTS = "wave_lists"
