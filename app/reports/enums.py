"""Closed lists of reports."""

import enum


class ExportFormat(enum.StrEnum):
    CSV = "csv"
    XLSX = "xlsx"
