"""`entaku` for tests of shell scripts, without its start-up of a second: a server that has loaded everything forks.

`command()` is the line of a stub, in which "$@" are the arguments.  What runs is a process of its own with the caller's
folder, environment, standard streams, and exit code; that a fresh Python starts it, tests of the wheel show.
"""

import array
import atexit
import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path

HERE = Path(__file__)
ASK = """
import array, json, os, socket, sys
link = socket.socket(socket.AF_UNIX)
link.connect(sys.argv[1])
said = json.dumps([sys.argv[2:], os.getcwd(), dict(os.environ)]).encode()
link.sendmsg([len(said).to_bytes(8, "big") + said[:1]], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", (0, 1, 2)))])
link.sendall(said[1:])
sys.exit(link.recv(1)[0])
"""


@cache
def command() -> str:
    """Start the server, which ends with this process, and return the line that asks it."""
    place = Path(tempfile.mkdtemp(prefix="entaku-")) / "s"
    server = subprocess.Popen([sys.executable, HERE, place], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert server.stdout is not None and server.stdin is not None and server.stdout.readline() == b"ready\n"

    (place.parent / "ask.py").write_text(ASK, "utf-8")

    def end() -> None:
        server.stdin.close()
        server.wait()
        shutil.rmtree(place.parent)

    atexit.register(end)
    return f'exec {shlex.quote(sys.executable)} -ISE {place.parent / "ask.py"} {place} "$@"'


# ---- the server -------------------------------------------------------------------------------------------------


def serve(place: str) -> None:
    """Answer until the standard input is closed."""
    import select

    from code_host import GOOD, LOANS

    sys.path[0] = str(HERE.parents[1])
    import pandas  # noqa: F401
    import pyarrow.compute
    import pyarrow.csv
    import pyarrow.parquet  # noqa: F401

    from entaku.work.cli import main

    sample = Path(place).parent / "sample"  # else each process would load the templates, and what a first table needs
    with open(os.devnull, "w") as nothing, redirect_stdout(nothing), redirect_stderr(nothing):  # noqa: PTH123
        made = main(["init", str(sample), "--yes", "--publisher", "局", "--publisher-en", "Office"])
        for name, text in (("pipelines/loans.yaml", LOANS), ("data/loans.csv", GOOD)):
            (sample / name).parent.mkdir(exist_ok=True)
            (sample / name).write_text(text, "utf-8")
        made += main(["publish", "--project", str(sample)])
    assert made == 0, "the sample of at_hand.py can't be published"
    shutil.rmtree(sample)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(place)
    listening.listen()
    os.write(1, b"ready\n")
    while True:
        ready, _, _ = select.select([listening, 0], [], [])
        if 0 in ready:
            return
        link, _ = listening.accept()
        if os.fork() == 0:
            listening.close()
            answer(link)
        link.close()
        while True:
            try:
                if os.waitpid(-1, os.WNOHANG)[0] == 0:
                    break
            except ChildProcessError:
                break


def answer(link: socket.socket) -> None:
    """Be the process that was asked for, and say its exit code."""
    files = array.array("i")
    head, told, _, _ = link.recvmsg(9, socket.CMSG_SPACE(3 * files.itemsize))
    files.frombytes(told[0][2])
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    sys.stdin, sys.stdout, sys.stderr = (open(n, mode, encoding="utf-8") for n, mode in enumerate("rww"))  # noqa: PTH123, SIM115
    rest, said = int.from_bytes(head[:8], "big"), head[8:]
    while len(said) < rest:
        said += link.recv(1 << 20)
    words, folder, env = json.loads(said)
    sys.argv = ["entaku", *words]
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    code: object = 1
    try:
        from entaku.__main__ import run

        run()
    except SystemExit as ended:
        code = ended.code
    except BaseException:
        import traceback

        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    link.sendall(bytes([int(code) if isinstance(code, int) else 0 if code is None else 1]))
    os._exit(0)


if __name__ == "__main__":
    serve(sys.argv[1])
