"""Attacks that read: what the grader, the machine and other submissions keep to themselves."""

from typing import Any

from tests.attacks.attack import Attack, attack, read_the_secret, says_so


def reading(name: str, harm: str, source: str, **options) -> Attack:
    defaults: dict[str, Any] = {"judge": read_the_secret}
    return attack(name, "read", harm, source, **defaults | options)


READING = (
    reading("grader's file", "read a file beside the course", "with refused(): print(open(SCENE['file']).read())"),
    reading(
        "grader's file through a link",
        "read it by a symbolic link in its own folder",
        """
        with refused():
            os.symlink(SCENE["file"], "link")
            print(open("link").read())
        """,
    ),
    reading(
        "grader's file by another name",
        "read it by a hard link",
        """
        with refused():
            os.link(SCENE["file"], "hard")
            print(open("hard").read())
        """,
    ),
    reading(
        "grader's file from a shell",
        "read it by a program",
        "print(subprocess.run(['cat', SCENE['file']], capture_output=True, text=True).stdout)",
    ),
    reading(
        "hidden suite",
        "read the hidden checks",
        """
        with refused():
            print(open(SCENE["suite"]).read())
            reached()
        """,
        judge=says_so,
    ),
    reading(
        "oracles",
        "import what computes the expected values",
        """
        try:
            import autograder.suites.ppo.oracles
            reached()
        except ImportError as error:
            print("refused:", error)
        """,
        judge=says_so,
    ),
    reading(
        "environment variables",
        "read the grader's keys from its environment",
        "print(dict(os.environ))",
        planted="os.environ['KEY'] = SECRET",  # the warm process never gets them, whatever the level
    ),
    reading(
        "environment variables in /proc",
        "read the keys of another process",
        "with refused(): print(open(f'/proc/{SCENE[\"victim\"]}/environ', 'rb').read())",
    ),
    reading(
        "command lines",
        "read passwords from other processes' command lines",
        "with refused(): print([open(path, 'rb').read() for path in glob.glob('/proc/[0-9]*/cmdline')])",
    ),
    reading(
        "memory through /proc",
        "read the grader's memory",
        """
        with refused():
            with open(f"/proc/{SCENE['grader']}/mem", "rb", buffering=0) as memory:
                memory.seek(SCENE["address"])
                print(memory.read(64))
        """,
    ),
    reading(
        "memory by process_vm_readv",
        "read the grader's memory without a file",
        """
        buffer = ctypes.create_string_buffer(64)
        class Piece(ctypes.Structure):
            _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]
        here, there = Piece(ctypes.addressof(buffer), 64), Piece(SCENE["address"], 64)
        libc.process_vm_readv(SCENE["grader"], ctypes.byref(here), 1, ctypes.byref(there), 1, 0)
        print(buffer.raw)
        """,
    ),
    reading(
        "debugger",
        "attach to another process",
        """
        if libc.ptrace(16, SCENE["victim"], 0, 0) == 0:  # PTRACE_ATTACH
            os.waitpid(SCENE["victim"], 0x40000000)
            libc.ptrace(17, SCENE["victim"], 0, 0)
            reached()
        """,
        judge=says_so,
    ),
    reading(
        "stolen descriptor",
        "take an open file out of another process",
        """
        result, _ = syscall(434, SCENE["victim"], 0)  # pidfd_open
        result, _ = syscall(438, result, 0, 0)  # pidfd_getfd
        reached(result >= 0)
        """,
        judge=says_so,
    ),
    reading(
        "inherited descriptors",
        "use files and sockets that the grader had open",
        """
        import select
        own = 0
        for number in range(3, 1024):
            with contextlib.suppress(OSError):
                own += stat.S_ISSOCK(os.fstat(number).st_mode)
                reached(not stat.S_ISSOCK(os.fstat(number).st_mode))
        reached(own != 1)
        """,
        judge=says_so,
        planted="kept = open(os.devnull)",
    ),
    reading(
        "all objects",
        "find expected values by the garbage collector and the stack",
        """
        frame, seen = sys._getframe(), []
        while frame:
            seen.append(repr({**frame.f_locals}))
            frame = frame.f_back
        print([text for text in seen if "SECRET" in text])
        print([each for each in gc.get_objects() if isinstance(each, (dict, list)) and "SECRET-" in repr(each)[:10**5]])
        """,
        planted="kept = [SECRET]",  # whatever the level, they were never in this process
        seconds=30.0,
    ),
    reading(
        "sibling's files",
        "copy what another student has written",
        """
        with refused():
            for path in glob.glob(SCENE["sibling_folder"] + "/**", recursive=True):
                with contextlib.suppress(OSError):
                    print(open(path).read())
        """,
    ),
    reading(
        "sibling's memory",
        "read another submission's variables",
        """
        with refused():
            with open(f"/proc/{SCENE['sibling']}/mem", "rb", buffering=0) as memory:
                memory.seek(SCENE["sibling_address"])
                print(memory.read(64))
        """,
    ),
    reading(
        "sibling's shared memory",
        "read another submission's files in /dev/shm",
        "with refused(): print(open(SCENE['sibling_shared']).read())",
    ),
    reading(
        "System V shared memory",
        "read a segment of the grader's",
        """
        libc.shmat.restype = ctypes.c_void_p
        number = libc.shmget(SCENE["segment_key"], 64, 0)
        place = libc.shmat(number, None, 0o10000)
        print(ctypes.string_at(place, 40) if number >= 0 and place not in (None, 2**64 - 1) else "refused")
        """,
    ),
    reading(
        "leftovers",
        "read what an earlier submission has left anywhere",
        """
        for folder in (os.path.expanduser("~"), "/tmp", "/dev/shm", "/var/tmp", "."):
            for path in glob.glob(folder + "/**", recursive=True)[:2000]:
                with contextlib.suppress(OSError, ValueError):
                    if os.path.getsize(path) < 1000 and "planted" in path:
                        print(open(path).read())
        """,
    ),
    reading(
        "loopback service",
        "ask a database on the grader's machine",
        """
        with refused():
            with socket.create_connection(("127.0.0.1", SCENE["tcp"]), 5) as client:
                print(client.recv(64))
        """,
    ),
    reading(
        "abstract socket",
        "ask a service by its abstract name",
        """
        with refused():
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(SCENE["abstract"])
                print(client.recv(64))
        """,
    ),
    reading(
        "socket in a folder",
        "ask a service by a socket that everybody may use",
        """
        with refused():
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(SCENE["socket"])
                print(client.recv(64))
        """,
    ),
    reading(
        "core pattern",
        "have the kernel run a program for it",
        "with refused(): os.close(os.open('/proc/sys/kernel/core_pattern', os.O_WRONLY)); reached()",
        judge=says_so,
    ),
    reading(
        "key rings",
        "use the kernel's key rings",
        "reached(syscall(250, 0, -3, 0)[0] >= 0)  # keyctl: the session's",
        judge=says_so,
    ),
)
