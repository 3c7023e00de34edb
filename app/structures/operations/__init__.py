"""Changes to structures, their contacts and their links."""

from app.structures.operations.keeping import forget_structure, keep_structure

__all__ = ["forget_structure", "keep_structure"]
