"""The live board of an event."""
