"""What writes lists kept under a name, exports and their log."""
