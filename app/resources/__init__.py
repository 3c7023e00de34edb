"""What is used at a time: one ledger of uses of boxes, facilitators and rooms, half-days, open days, holidays."""
