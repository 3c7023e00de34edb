"""Benchmarks: `python -m bench`. Ours and a bare handler are served alike and measured in turn.

Figures are shown, not judged.
"""
