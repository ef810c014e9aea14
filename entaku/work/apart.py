"""Processes that do tasks in their main thread, for workers whose tasks run in other threads, where limits on time don't
hold: one for each task at a time, kept for the next.

    python -m entaku.work.apart     reads pickled functions and arguments from its input, writes the results to its output
"""

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import TypeVar

Task = TypeVar("Task")
Made = TypeVar("Made")
_idle: list["subprocess.Popen[bytes]"] = []


def do_apart(function: Callable[[Task], Made], task: Task) -> Made:
    """Return `function(task)`, computed in another process.  Raises EOFError if that ends."""
    child = _idle.pop() if _idle else _start()
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        pickle.dump((function, task), child.stdin)
        child.stdin.flush()
        made: Made = pickle.load(child.stdout)  # noqa: S301  from our own process
    except BaseException:
        child.kill()
        child.wait()
        raise
    _idle.append(child)
    return made


def _start() -> "subprocess.Popen[bytes]":
    command = (sys.executable, "-m", __name__)
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603  this program


def serve_tasks() -> None:
    """Do tasks until there are no more; ends with the process that gives them."""
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no result
    while True:
        try:
            function, task = pickle.load(sys.stdin.buffer)  # noqa: S301  from the process that started this one
        except EOFError:
            return
        pickle.dump(function(task), sink)
        sink.flush()


if __name__ == "__main__":
    serve_tasks()
