"""The demo: a whole installation to look at, made through the same operations as the real one.

It stands beside web and commands, on top of every feature; nothing imports it but its command.
"""
