"""The only writers of what is lent. Never commit: the edge opens the transaction."""
