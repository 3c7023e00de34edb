"""Boxes that go out and come back: requests, approval, agreement, hand-over, return, check."""
