"""The only writers of organisers, accounts, tokens, throttles and kept answers."""
