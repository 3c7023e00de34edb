"""Importing this registers what moves when structures are merged."""

from app.boxes import belongings

BELONGINGS = belongings.__name__
