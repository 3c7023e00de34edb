"""Work that follows a commit: stored in the caller's transaction, done by workers, never lost.

States and moves: queued → running (leased) → done; running → queued (failed, tried again later, or its lease ran out);
running → dead (tried `MAX_ATTEMPTS` times; kept and visible) → queued (somebody asks to try again).
"""
