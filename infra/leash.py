"""A leash: starts a program and ends it as soon as whoever holds the leash is gone.

Run as a program of its own, `python -I -S leash.py GRACE_S COMMAND...`, with a pipe as stdin that
the holder keeps open. When the pipe closes, for whatever reason (the holder ended, or was killed
with SIGKILL), the program gets SIGTERM, and SIGKILL after the grace. Should the leash itself be
killed, Linux kills the program. It stands alone and imports the standard library only.
"""

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence

GRACE_S = 8.0
_PR_SET_PDEATHSIG = 1


def leashed(command: Sequence[str], *, grace_s: float = GRACE_S) -> list[str]:
    """Return the command line that runs *command* on a leash; give it a pipe as stdin."""
    here = os.path.abspath(__file__)  # noqa: PTH100
    return [sys.executable, "-I", "-S", here, str(grace_s), *command]


def main(grace_s: float, command: Sequence[str]) -> int:
    """Run *command* until it ends or the holder is gone; return its exit code as a shell would."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # Ctrl-C is for the holder, who then lets go
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=_die_with_leash())  # noqa: PLW1509 - one thread
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    while child.poll() is None:
        if _let_go():
            _end(child, grace_s)
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


def _let_go() -> bool:
    """Tell, within 50 ms, whether the pipe to the holder is closed."""
    readable, _, _ = select.select([0], [], [], 0.05)
    return bool(readable) and not os.read(0, 1)


def _end(child: subprocess.Popen[bytes], grace_s: float) -> None:
    child.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(grace_s)
        return
    child.kill()
    child.wait()


def _die_with_leash() -> Callable[[], None] | None:
    if not sys.platform.startswith("linux"):
        return None  # elsewhere only a SIGKILL of the leash itself can leave an orphan
    prctl = ctypes.CDLL(None).prctl  # looked up here: after the fork nothing should be loaded
    me = os.getpid()

    def ask() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != me:  # the leash died before the line above
            os._exit(1)

    return ask


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2:]))
