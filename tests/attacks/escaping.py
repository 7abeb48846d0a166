"""Attacks that get out: more rights, the network, files, other processes."""

from typing import Any

from tests.attacks.attack import Attack, attack, says_so, witnessed


def escaping(name: str, harm: str, source: str, **options) -> Attack:
    defaults: dict[str, Any] = {"judge": says_so}
    return attack(name, "escape", harm, source, **defaults | options)


def by_number(name: str, harm: str, call: str, **options) -> Attack:
    """A system call, by its number on x86_64: refused means EPERM, whatever else the kernel would say."""
    source = f"reached(syscall({call})[1] not in (errno.EPERM, errno.ENOSYS))"
    return escaping(name, harm, source, **options)


ESCAPING = (
    escaping(
        "user namespace by unshare",
        "become root in a namespace",
        "if os.fork() == 0: os._exit(0 if libc.unshare(0x10000000) == 0 else 1)\nreached(os.wait()[1] == 0)",
    ),
    escaping(
        "user namespace by clone",
        "become root in a namespace",
        """
        pid = libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0)
        if pid == 0:
            os._exit(0)
        reached(pid > 0)
        """,
    ),
    escaping(
        "user namespace by clone3",
        "hide flags from the filter",
        """
        arguments = struct.pack("8Q", 0x10000000, 0, 0, 0, 17, 0, 0, 0)
        pid = libc.syscall(435, arguments, 64)
        if pid == 0:
            os._exit(0)
        reached(pid > 0)
        """,
    ),
    escaping(
        "mount namespace by clone",
        "mount what it likes",
        """
        pid = libc.syscall(56, 0x00020000 | 17, 0, 0, 0, 0)
        if pid == 0:
            os._exit(0)
        reached(pid > 0)
        """,
    ),
    escaping(
        "someone else's namespaces",
        "enter those of another process",
        """
        with refused():
            reached(libc.setns(os.open(f"/proc/{SCENE['victim']}/ns/uts", os.O_RDONLY), 0) == 0)
        """,
    ),
    by_number("mount", "mount a file system", "165, 0, 0, 0, 0, 0"),
    by_number("mount in the new way", "mount a file system", "430, b'no such file system', 0"),
    by_number("tree of mounts", "take a mount out of reach of rules", "428, -1, b'/nowhere', 0"),
    escaping(
        "change of root",
        "see another root",
        """
        if os.fork() == 0:
            os._exit(0 if libc.chroot(b".") == 0 else 1)
        reached(os.wait()[1] == 0)
        """,
    ),
    by_number("programs in the kernel", "load bpf", "321, 999, 0, 0"),
    by_number("module", "load a kernel module", "313, -1, b'', 0", uncontrolled="kernels without modules"),
    by_number("io_uring", "make system calls past the filter", "425, 0, 0"),
    by_number("userfaultfd", "stop the kernel half-way", "323, 0x7fffffff"),
    by_number("handles of files", "open files by number", "304, -1, 0, 0"),
    by_number("performance counters", "watch the kernel", "298, 0, 0, 0, 0, 0"),
    escaping(
        "x32 calls",
        "name system calls otherwise than the filter",
        """
        pid = os.fork()
        if pid == 0:
            os._exit(0 if libc.syscall(0x40000000 | 39) > 0 else 1)
        reached(os.waitpid(pid, 0)[1] == 0)
        """,
        uncontrolled="few kernels have them",
    ),
    escaping("root by setuid", "become root", "with refused(): os.setresuid(0, 0, 0); reached()"),
    escaping(
        "root by a program",
        "become root by a setuid program",
        "reached(libc.prctl(39, 0, 0, 0, 0) == 0)  # PR_GET_NO_NEW_PRIVS: such programs give their rights",
    ),
    escaping(
        "device node",
        "make a device",
        "with refused(): os.mknod('disk', 0o600 | stat.S_IFBLK, os.makedev(7, 250)); reached()",
    ),
    escaping(
        "raw memory and kernel log",
        "open devices of the machine",
        """
        for path in ("/dev/mem", "/dev/kmsg", "/dev/vda", "/dev/sda", "/dev/loop-control", "/dev/fuse"):
            with refused():
                os.close(os.open(path, os.O_RDONLY))
                reached()
        """,
    ),
    escaping(
        "signal to the grader's process",
        "end a process of the grader's",
        "with refused(): os.kill(SCENE['victim'], signal.SIGTERM)",
        judge=witnessed("victim ended"),
    ),
    escaping(
        "signal by pidfd",
        "end it by a descriptor",
        "with refused(): signal.pidfd_send_signal(os.pidfd_open(SCENE['victim']), signal.SIGTERM)",
        judge=witnessed("victim ended"),
    ),
    escaping(
        "signal to a sibling",
        "end another submission",
        "with refused(): os.kill(SCENE['sibling'], signal.SIGKILL)",
        judge=witnessed("sibling ended"),
    ),
    escaping(
        "signal to all",
        "end everything that it may",
        "if os.fork() == 0: os.kill(-1, signal.SIGTERM)\nos.wait()\n",
        judge=witnessed("victim ended"),
        uncontrolled="it would end everything of this machine's user",
    ),
    escaping(
        "file of the grader's",
        "write beside the course",
        "with refused(): open(SCENE['open_folder'] + '/planted', 'w').close()",
        judge=witnessed("file planted"),
    ),
    escaping(
        "rights of a file",
        "open the grader's file to everybody",
        "with refused(): os.chmod(SCENE['mine'], 0o777)",
        judge=witnessed("rights changed"),
    ),
    escaping(
        "end of a file",
        "cut the grader's file",
        "with refused(): os.truncate(SCENE['mine'], 0)",
        judge=witnessed("file cut"),
    ),
    escaping(
        "removal of a file",
        "remove the grader's file",
        "with refused(): os.unlink(SCENE['removable'])",
        judge=witnessed("file removed"),
    ),
    escaping(
        "times of a file",
        "date the grader's file otherwise",
        "with refused(): os.utime(SCENE['mine'], (0, 0))",
        judge=witnessed("file dated"),
        open_at=frozenset({"landlock"}),
    ),
    escaping(
        "presence of a file",
        "find out whether a file is there, and its size",
        "with refused(): reached(os.stat(SCENE['file']).st_size > 0)",
        open_at=frozenset({"separate-users", "landlock"}),
    ),
    escaping(
        "system folders",
        "write to Python and the libraries",
        """
        import numpy
        for folder in ("/usr/lib", os.path.dirname(os.__file__), os.path.dirname(numpy.__file__)):
            with refused():
                os.close(os.open(folder, os.O_TMPFILE | os.O_WRONLY))  # nameless: it leaves nothing
                reached()
        """,
    ),
    escaping(
        "network by address",
        "reach another machine",
        """
        with refused():
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.connect(("192.0.2.1", 9))  # documentation's addresses: nothing is sent
                reached()
        """,
    ),
    escaping(
        "datagram on loopback",
        "send to a service of the machine",
        """
        with refused():
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.sendto(b"hello", ("127.0.0.1", SCENE["udp"]))
        """,
        judge=witnessed("datagram came"),
    ),
    escaping(
        "datagram that leaves its pair",
        "send to a service by one end of a pair",
        """
        with refused():
            one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
            one.connect(SCENE["datagrams"])
            one.send(b"hello")
        """,
        judge=witnessed("message came"),
    ),
    escaping(
        "odd families of sockets",
        "reach the host past the network namespace",
        """
        for family in (socket.AF_PACKET, socket.AF_VSOCK, 16 + 22, 31):
            for kind in (1, 2, 3, 5):
                descriptor = libc.socket(family, kind, 0)
                reached(descriptor >= 0)
        """,
    ),
    escaping(
        "control group",
        "lift its own limits",
        """
        for path in glob.glob("/sys/fs/cgroup/**/cgroup.procs", recursive=True)[:50]:
            with refused():
                os.close(os.open(path, os.O_WRONLY))
                reached()
        """,
    ),
    escaping(
        "limits",
        "raise its own limits",
        """
        for kind in (resource.RLIMIT_NOFILE, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
            with refused():
                hard = resource.getrlimit(kind)[1]
                resource.setrlimit(kind, (hard + 1, hard + 1))
                reached()
        """,
        uncontrolled="no process may that is not root",
    ),
)
