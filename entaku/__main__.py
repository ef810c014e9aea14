"""`python -m entaku`, and the command `entaku`: everything is loaded here, where Ctrl+C is answered however early."""

import _thread
import ctypes
import gc
import os
import signal
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

INTERRUPTED = 130
"""The exit code that shells know for Ctrl+C."""
YOUNG = 50_000
"""Objects that are made before the youngest are looked through for cycles, of which there are few: Python's own 700 costs
a twentieth of a small catalogue's CPU."""
KEPT = 32 << 20
"""Bytes that the C library keeps of what is freed, to be used again."""


def run() -> None:
    """Run the command line and exit with its code.  Ctrl+C prints one line and exits with INTERRUPTED."""
    sys.unraisablehook = _repeat_interrupt
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy starts a thread a core for what nothing here uses
    keep_memory()
    gc.disable()  # what is imported stays: no garbage is looked for among it, now or later
    try:
        from entaku.work.cli import main

        gc.freeze()
        gc.set_threshold(YOUNG)
        gc.enable()
        code = main()
    except KeyboardInterrupt:
        code = INTERRUPTED
        with suppress(OSError):
            print(
                "中止しました。公開中の版はそのままです。/ Stopped. What is published stays as it was.", file=sys.stderr
            )
    except (ImportError, MemoryError, SystemError) as error:
        if not _is_starved(error):
            raise
        code = 1
        print(
            "メモリーが足りません。公開中の版はそのままです。/ Not enough memory. What is published stays as it was.",
            file=sys.stderr,
        )
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is said and done
    if code == INTERRUPTED:  # Python would end by the signal where it fell into an exec(), and wait for threads
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)
    sys.exit(code)


def keep_memory() -> None:
    """Have glibc keep KEPT bytes of what is freed: tables pass in blocks of megabytes, and each page that is given back
    and asked for again costs a fault, two thirds of all there are."""
    with suppress(OSError, AttributeError):  # other C libraries have no such call
        library = ctypes.CDLL(None)
        library.mallopt(_TRIM_THRESHOLD, KEPT)
        library.mallopt(_MMAP_THRESHOLD, KEPT)


_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Of mallopt(3)."""


def _is_starved(error: BaseException) -> bool:
    """Test whether a library could not be loaded for lack of memory."""
    from entaku.formats.limits import is_starved

    return is_starved(error)


def _repeat_interrupt(unraisable: "UnraisableHookArgs") -> None:
    """Repeat a Ctrl+C that came in a place that can raise nothing, such as a weak reference's callback."""
    if unraisable.exc_type is KeyboardInterrupt:
        later = threading.Timer(0.01, _thread.interrupt_main)  # once this hook, which can raise nothing either, is over
        later.daemon = True
        later.start()
    else:
        sys.__unraisablehook__(unraisable)


if __name__ == "__main__":
    run()
