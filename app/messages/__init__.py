"""Mails and calendar identities.

A message is a row (who, which template, about what) written with the change it tells of; a job renders and sends it.
States: queued → sent; queued → failed (its job is dead) → queued (somebody asks to try again); queued → skipped (when
its turn came, there was nothing to tell any more).
"""
