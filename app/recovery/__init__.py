"""What a broken or late box was promised to, and what to do about it (docs/boxes.md, Trouble)."""
