"""How a handler says that its work is not done. Any other exception is a fault: tried again, its trace logged."""


class TryLater(Exception):
    """Expected and passing, such as a mail server that is down: tried again after the usual delay."""


class GiveUp(Exception):
    """No further try would help, such as a mailbox that does not exist: the job is dead at once, this reason kept."""


class UnknownJob(LookupError):
    """No handler of that name in this process. Another version of the program may have one: the job is tried again."""
