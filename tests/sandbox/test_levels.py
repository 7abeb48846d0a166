"""Isolation levels: what is tried, what is told, and what the weaker ones are made of."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.errors import IsolationUnavailable
from autograder.machine import _mend
from autograder.sandbox.control_group import ControlGroup, control_groups
from autograder.sandbox.disk_use import MAX_FILES, disk_bytes
from autograder.sandbox.door import WarmProcess
from autograder.sandbox.families import threads_of_user
from autograder.sandbox.landlock import without
from autograder.sandbox.lent_user import LentUser
from autograder.sandbox.levels import ISOLATED, LEVELS
from autograder.sandbox.limits import MEBIBYTE, Limits

ROOT = Path(__file__).parents[2]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="lends users and emulates Docker: as root only")


def doctor(machine: str, *options: str) -> list[str]:
    """What ``autograder doctor`` says of isolation on an emulated machine."""
    command = [
        sys.executable,
        str(Path(__file__).with_name(f"{machine}.py")),
        *options,
        sys.executable,
        "-m",
        "autograder.cli",
        "doctor",
        "--course",
        str(ROOT),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=500)
    return [line.removeprefix("Isolation: ") for line in done.stdout.splitlines() if line.startswith("Isolation")]


@as_root
@pytest.mark.parametrize(("uid", "level"), [(0, "separate-users"), (65534, "landlock")])
def test_in_a_container_doctor_names_its_level_and_the_command_for_a_better_one(uid: int, level: str) -> None:
    *refused, reached = doctor("machine_like_docker", str(uid))
    assert reached.startswith(f"{level} (")
    assert [line.split(":")[0] for line in refused] == [f"not {name}" for name in ISOLATED[: ISOLATED.index(level)]]
    assert all("docker run --security-opt seccomp=unconfined" in line for line in refused[:2])


@as_root
def test_where_nested_namespaces_are_refused_every_submission_gets_a_bubblewrap() -> None:
    refused, reached = doctor("machine_without_nesting")
    assert refused.startswith("not namespaces: ")
    assert "nested user namespaces" in refused
    assert reached.startswith("bubblewrap (")


@pytest.mark.parametrize(
    ("level", "reason", "command"),
    [
        ("namespaces", "run `apt-get install bubblewrap`", "apt-get install bubblewrap"),
        ("separate-users", "expected to be root", "sudo"),
        ("landlock", "expected a kernel with Landlock, received EOPNOTSUPP", "lsm=landlock"),
        ("landlock", "expected a kernel with Landlock, received ENOSYS", "5.13"),
    ],
)
def test_what_is_refused_is_mended_by_a_command(level, reason, command) -> None:
    assert command in _mend(level, reason)


@pytest.mark.parametrize(
    "setting", ["kernel.unprivileged_userns_clone", "kernel.apparmor_restrict_unprivileged_userns"]
)
def test_a_setting_that_refuses_user_namespaces_is_named(monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    bad = {"kernel.unprivileged_userns_clone": "0", "kernel.apparmor_restrict_unprivileged_userns": "1"}[setting]
    monkeypatch.setattr("autograder.machine._value", lambda name: bad if name == setting else "")
    assert _mend("namespaces", "bwrap: No permissions").startswith(f"sysctl -w {setting}=")


@as_root
def test_root_is_not_given_the_level_of_ordinary_users() -> None:
    with pytest.raises(IsolationUnavailable, match="separate-users"):
        WarmProcess("landlock")


def test_levels_are_named_once_strongest_first_and_none_is_never_chosen() -> None:
    assert [level.name for level in LEVELS] == [*ISOLATED, "none"]
    assert len(set(ISOLATED)) == len(ISOLATED) == 4


def test_what_is_hidden_below_something_visible_stays_out_of_the_rules(tmp_path: Path) -> None:
    for name in ("site/one", "site/course/guest", "site/course/suites", "other"):
        (tmp_path / name).mkdir(parents=True)
    readable, listed = without(
        [tmp_path / "site", tmp_path / "other", tmp_path / "site/course/guest"], [tmp_path / "site/course"]
    )
    assert readable == {tmp_path / name for name in ("site/one", "other", "site/course/guest")}
    assert listed == {tmp_path / "site"}


def test_space_of_files_is_counted_and_that_of_deleted_ones_too(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    before = disk_bytes(tmp_path, []) or 0
    (tmp_path / "folder" / "kept").write_bytes(b"x" * MEBIBYTE)
    with (tmp_path / "gone").open("wb") as deleted:
        deleted.write(b"x" * MEBIBYTE)
        deleted.flush()
        (tmp_path / "gone").unlink()
        assert disk_bytes(tmp_path, []) == before + MEBIBYTE
        assert (disk_bytes(tmp_path, [os.getpid()]) or 0) >= before + 2 * MEBIBYTE


def test_too_many_files_are_too_many(tmp_path: Path) -> None:
    for number in range(MAX_FILES + 1):
        (tmp_path / str(number)).touch()
    assert disk_bytes(tmp_path, []) is None


@as_root
def test_a_lent_user_is_nobody_elses_and_its_processes_can_be_ended() -> None:
    one, other = LentUser(), LentUser()
    try:
        assert one.uid != other.uid
        script = "setsid sleep 1000 & setsid sleep 1000 & wait"
        with subprocess.Popen(["/bin/sh", "-c", script], user=one.uid, group=one.uid, extra_groups=[]) as process:
            while threads_of_user(one.uid) < 3:
                assert process.poll() is None
            one.end_processes()
        while threads_of_user(one.uid):
            pass
    finally:
        one.give_back()
        other.give_back()


def test_a_group_of_version_2_is_written_as_the_kernel_documents_it(tmp_path: Path) -> None:
    group = ControlGroup(tmp_path, 2)
    group.limit(1000)
    assert (tmp_path / "memory.max").read_text() == "1000"
    assert (tmp_path / "memory.oom.group").read_text() == "1"
    assert not group.was_full()
    (tmp_path / "memory.events").write_text("low 0\nmax 7\noom 1\noom_kill 1\n")
    assert group.was_full()


def test_a_process_that_fills_its_group_is_killed_by_the_kernel() -> None:
    groups = control_groups()
    if groups is None:
        pytest.skip("this machine gives no control groups")
    source = "import sys; sys.stdin.readline(); kept = b'x' * (600 * 2**20)"
    with subprocess.Popen([sys.executable, "-c", source], stdin=subprocess.PIPE) as process:
        group = groups.around(process.pid, Limits(memory_bytes=64 * MEBIBYTE, file_bytes=MEBIBYTE))
        process.communicate(b"\n")
        assert process.returncode == -9
        assert group.was_full()
    group.remove()
    assert not any(folder.exists() for folder in group.folders)
