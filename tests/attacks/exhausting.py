"""Attacks that exhaust the machine. All are bounded: what they take without limits this machine can spare."""

import signal
from typing import Any

from tests.attacks.attack import Attack, Outcome, attack, measured

MEBIBYTE = 1024 * 1024
SMALL = {"memory_bytes": 128 * MEBIBYTE, "file_bytes": 16 * MEBIBYTE, "processes": 16, "open_files": 64}
ALONE = {"autograder.sandbox.door.end_family": lambda pidfd: signal.pidfd_send_signal(pidfd, signal.SIGKILL)}
TALKATIVE = {"output_bytes": 64 * MEBIBYTE}
FULL_DISK = """
written = 0
try:
    while written < 48 * 2**20:
        {write}
        written += 4 * 2**20
    time.sleep(3)
    reached()
except OSError as error:
    print("refused:", error)
"""


def exhausting(name: str, harm: str, source: str, **options) -> Attack:
    defaults: dict[str, Any] = {"limits": SMALL, "seconds": 15.0}
    return attack(name, "exhaust", harm, source, **defaults | options)


def endless(name: str, harm: str, source: str, **options) -> Attack:
    """What never ends by itself: the grader goes on all the same, by the same means at every level."""
    chosen = {"judge": measured("seconds", 60.0), "seconds": 1.0, "lifted_seconds": 4.0}
    return exhausting(name, harm, source, **chosen | options)


def holding(name: str, body: str, **options) -> Attack:
    """768 MiB in all, held for 3 seconds by 16 processes."""
    source = f"""
        children = []
        for number in range(12):
            pid = os.fork()
            if pid == 0:
                size = 64 * 2**20
                {body}
                time.sleep(100)
            children.append(pid)
        time.sleep(4)
        reached(all(os.waitpid(pid, os.WNOHANG) == (0, 0) for pid in children))
    """
    return exhausting(name, "hold 768 MiB in several processes", source, **options)


def said_too_much(outcome: Outcome, _secret: str) -> bool:
    return len(outcome.printed) > 4 * MEBIBYTE


EXHAUSTING = (
    endless("endless loop", "keep a core for ever", "while True: pass"),
    endless(
        "swallowed interrupts",
        "go on after the time limit",
        "while True:\n    try: time.sleep(100)\n    except BaseException: pass",
    ),
    endless(
        "blocked signals", "not hear of the time limit", "signal.pthread_sigmask(0, range(1, 65)); time.sleep(1e6)"
    ),
    endless("stopped process", "stop itself", "os.kill(os.getpid(), signal.SIGSTOP)"),
    endless(
        "destructor without end",
        "never return from __del__",
        "class Sticky:\n    def __del__(self):\n        while True: pass\nkept = Sticky()\ndel kept",
    ),
    endless(
        "exit handler without end",
        "never return from atexit",
        "import atexit; atexit.register(time.sleep, 1e6); atexit._run_exitfuncs()",
    ),
    endless("endless iterator", "never finish a list", "print(sum(1 for _ in iter(int, 1)))"),
    endless("regular expression", "never finish a match", "import re; re.match('(a+)+$', 'a' * 64 + 'b')"),
    exhausting(
        "memory of one process",
        "hold 512 MiB",
        "kept = [b'x' * 2**20 for _ in range(512)]\ntime.sleep(3)\nreached()",
    ),
    exhausting(
        "memory by mmap",
        "hold 512 MiB of shared pages",
        """
        kept = mmap.mmap(-1, 512 * 2**20)
        for page in range(0, len(kept), 4096):
            kept[page] = 1
        time.sleep(3)
        reached()
        """,
    ),
    holding("memory of many processes", "kept = b'x' * size"),
    holding(
        "shared pages of many processes",
        "kept = mmap.mmap(-1, size); kept.write(b'x' * size)",
    ),
    holding(
        "memory under a false name",
        "libc.prctl(15, b'\\\\xff\\\\nRssAnon: 0 kB', 0, 0, 0); kept = b'x' * size",
    ),
    holding(
        "memory out of sight",
        "libc.prctl(4, 0, 0, 0, 0); kept = b'x' * size",
    ),
    exhausting(
        "files in memory by memfd",
        "hold memory outside of every process",
        """
        with refused():
            made = os.memfd_create("x")
            os.write(made, b"x" * (8 * 2**20))
            reached()
        """,
        limits={},
    ),
    exhausting(
        "full /tmp", "fill the disk", FULL_DISK.format(write="open(f'{written}', 'wb').write(b'x' * 4 * 2**20)")
    ),
    exhausting(
        "full /dev/shm",
        "fill the shared memory",
        FULL_DISK.format(write="open(f'/dev/shm/attack-{os.getpid()}-{written}', 'wb').write(b'x' * 4 * 2**20)")
        + "\nfor path in glob.glob(f'/dev/shm/attack-{os.getpid()}-*'): os.unlink(path)",
    ),
    exhausting(
        "deleted files",
        "fill the disk with files that no folder shows",
        "kept = []\n"
        + FULL_DISK.format(
            write="kept.append(open('x', 'w+b')); kept[-1].write(b'x' * 4 * 2**20); kept[-1].flush(); os.unlink('x')"
        ),
    ),
    exhausting(
        "long file",
        "write one file beyond its limit",
        """
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        with refused():
            with open("long", "wb") as file:
                file.write(b"x" * (24 * 2**20))
            reached()
        """,
    ),
    exhausting(
        "inodes",
        "use up the file system's inodes",
        """
        with refused():
            for number in range(5000):
                open(f"{number}", "w").close()
            time.sleep(3)
            reached()
        """,
        uncontrolled="it succeeds at bubblewrap",
        open_at=frozenset({"bubblewrap"}),
    ),
    exhausting(
        "fork bomb",
        "make processes without end",
        """
        children = 0
        with refused():
            while children < 45:
                if os.fork() == 0:
                    time.sleep(100)
                children += 1
        reached(children >= 45)
        """,
    ),
    exhausting(
        "threads",
        "make threads without end",
        """
        threads = 0
        with refused():
            while threads < 45:
                threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
                threads += 1
        reached(threads >= 45)
        """,
    ),
    exhausting(
        "descriptors",
        "open files without end",
        """
        kept = []
        with refused():
            while len(kept) < 100:
                kept.append(open(os.devnull))
        reached(len(kept) >= 100)
        """,
    ),
    exhausting(
        "socket buffers",
        "hold memory of the kernel",
        """
        kept = []
        with refused():
            while len(kept) < 100:
                kept.append(socket.socketpair())
                kept[-1][0].setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    while True:
                        kept[-1][0].send(b"x" * 65536)
        reached(len(kept) >= 100)
        """,
    ),
    exhausting(
        "output",
        "fill the grader's memory with output",
        "for _ in range(16): print('x' * 2**20)",
        judge=said_too_much,
        lifted=TALKATIVE,
    ),
    exhausting(
        "log",
        "fill the grader's memory through warnings and logging",
        "import logging\nfor _ in range(16): logging.error('x' * 2**20)",
        judge=said_too_much,
        lifted=TALKATIVE,
    ),
    exhausting(
        "long exception",
        "fill it with an exception's text",
        "raise ValueError('x' * 5 * 2**20)",
        judge=said_too_much,
        limits={},
        planted="from autograder.sandbox import recorder; recorder.MAX_LINE_CHARACTERS = 2**26",
    ),
    exhausting(
        "daemon",
        "leave a process behind",
        """
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.execvp("sleep", ["sleep", SCENE["marker"]])
            os._exit(0)
        os.wait()
        """,
        judge=measured("left processes", 0),
        limits={},
        off=ALONE,
    ),
    exhausting(
        "daemons that multiply",
        "be forked faster than ended",
        """
        for number in range(6):
            if os.fork() == 0:
                os.setsid()
                subprocess.Popen(["sleep", SCENE["marker"]], start_new_session=True)
                os.execvp("sh", ["sh", "-c", f"trap '' TERM INT HUP; while :; do sleep {SCENE['marker']}; done"])
        """,
        judge=measured("left processes", 0),
        limits={},
        off=ALONE,
    ),
)
