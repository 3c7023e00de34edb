"""Scans and who is where.

A scan is append-only (triggers refuse UPDATE and DELETE on both databases) and keyed by the device's UUID within its organiser.
Results: accepted | duplicate | refused, with a reason of a closed list. Undoing is another scan that names the first.
`presences` is what the accepted scans add up to, a row a registration; `doctor` adds them up again.
"""
