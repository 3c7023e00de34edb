"""Registrations: one person's or one group's places at an event, their tickets, and what they may change themselves.

States and moves:
  (new) → confirmed (places taken) | waitlisted (no places; asked for)
  confirmed → confirmed (change: new places first, then the old ones are freed) | cancelled
  waitlisted → confirmed (change to other waves with places; to the same ones in order of arrival) | offered | cancelled
  offered (places taken, until a moment) → confirmed (accept) | cancelled (decline, cancel) | lapsed (not taken in time)
  cancelled → what it was before (reinstate: its places again, or its turn on the waiting list)
Registering again makes a new one.
"""
