"""Boxes and their contents from files: read them, say line by line what they would change, write it; twice changes nothing."""
