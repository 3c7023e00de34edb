"""How gunicorn serves Parcours; each value can be overridden on its command line."""

import ctypes
import gc

M_ARENA_MAX = -8  # malloc.h of glibc
if hasattr(ctypes.CDLL(None), "mallopt"):
    # One heap for all threads: they take turns under the interpreter's lock anyway, and eight heaps keep what each was
    # largest by (20 MB of a process after load).
    ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)

gc.disable()  # until the code is loaded: looking for garbage meanwhile takes a tenth of the start, and finds next to none

workers = 2
preload_app = (
    True  # the code is loaded once and shared: half the memory, and a quicker start (no connection is open yet)
)
worker_class = "gthread"
threads = 8
timeout = 60
graceful_timeout = 15
keepalive = 5
max_requests = 20_000
max_requests_jitter = 2_000
accesslog = None
errorlog = "-"
loglevel = "warning"
control_socket_disable = True


def when_ready(_server: object) -> None:
    """The code that is loaded by then stays: left alone by the collector, its pages remain shared by all processes."""
    gc.freeze()
    gc.enable()
