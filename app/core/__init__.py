"""What every feature stands on: database, transaction, clock, errors, actor, tokens, audit, addresses, languages."""
