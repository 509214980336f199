"""Runs a program that the kernel ends when its parent ends, however that ends; a script, standard library only.

Usage: `python -I -S die_with_parent.py PARENT_PID SIGNAL PROGRAM [ARGUMENT ...]`. The process id stays the same. A
script of its own is used because code between fork and exec (`preexec_fn`) can deadlock in a process that has
threads.
"""

import os
import signal
import sys

# From <linux/prctl.h>. The setting survives exec and is cleared by fork, so it covers exactly this program.
PR_SET_PDEATHSIG = 1


def ask_for_death_with_parent(number: int) -> None:
    """Have a signal sent to this process when its parent ends: a parent that was killed leaves nothing behind.

    Other kernels than Linux have no such call; there, only an orderly end of the parent stops the children.
    """
    if sys.platform != "linux":
        return
    import ctypes  # noqa: PLC0415 - needed on Linux alone

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, number) != 0:
        sys.exit(f"prctl(PR_SET_PDEATHSIG) failed: {os.strerror(ctypes.get_errno())}")


def main() -> None:
    parent_pid, number, program = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    ask_for_death_with_parent(number)
    if os.getppid() != parent_pid:
        sys.exit("the parent ended before its child began")
    # Python ignores these two at its start, and ignored signals stay ignored across exec.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    try:
        os.execv(program[0], program)  # noqa: S606 - the caller's own program, without a shell
    except OSError as error:
        sys.exit(f"{program[0]} does not run: {error.strerror}")


if __name__ == "__main__":
    main()
