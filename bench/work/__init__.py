"""The works that are measured, one module for each place where they happen."""
