"""Figures that organisers read: the dashboard of an event, its list of registrations with arrivals, and the search.

Everything here reads and nothing writes. Figures count people unless a name says registrations.
"""
