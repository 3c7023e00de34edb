"""One thing done to many registrations: their mail again, a message, another wave, cancelling them.

prepared (what it would do is shown) → at work (a job, some in each transaction) → done → undoing → undone; at work → stopped →
at work. Each registration is dealt with once, by the operation that a person would have used, and its result is written in
the same transaction. Moves and cancellations can be undone for a day.
"""
