"""What reports read, each in a fixed number of statements."""
