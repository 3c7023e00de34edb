"""Pages of structures' contacts: what concerns their own structure, entered by a single-use link."""
