"""What is installed is what was locked, file by file; anything else is refused."""

import base64
import contextlib
import hashlib
import os
import re
import subprocess
import sys
import zipfile
from importlib.metadata import Distribution, PackageNotFoundError, distributions, version
from pathlib import Path

import pytest
import tomllib
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from scripts.audit import judge
from tests.lock_file import read_lock
from tests.ppo_course import REPOSITORY

LOCKS = sorted(REPOSITORY.glob("requirements*.lock"))
WRONG = "0" * 64


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_every_release_is_pinned_with_hashes_of_its_files(lock):
    releases = read_lock(lock)
    assert releases
    for release in releases:
        assert release.hashes, release.name
        assert all(re.fullmatch("[0-9a-f]{64}", each) for each in release.hashes), release.name


def test_the_locks_hold_what_the_project_asks_for():
    asked = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    extras = asked["project"]["optional-dependencies"]
    wanted = {
        "requirements.lock": [*asked["project"]["dependencies"], *extras["dev"], *extras["postgresql"]],
        "requirements-tools.lock": asked["dependency-groups"]["tools"],
        "requirements-torch-cpu.lock": ["torch"],
    }
    assert wanted.keys() == {lock.name for lock in LOCKS}
    for name, requirements in wanted.items():
        pinned = {release.name: release.version for release in read_lock(REPOSITORY / name) if release.applies}
        for requirement in map(Requirement, requirements):
            assert pinned[canonicalize_name(requirement.name)] in requirement.specifier, (name, str(requirement))


def test_both_builds_of_torch_are_of_one_release():
    (cpu_build,) = read_lock(REPOSITORY / "requirements-torch-cpu.lock")
    (index_build,) = (release for release in read_lock(REPOSITORY / "requirements.lock") if release.name == "torch")
    assert cpu_build.version == f"{index_build.version}+cpu"
    assert not set(cpu_build.hashes) & set(index_build.hashes)


def test_what_runs_here_is_what_was_locked():
    """`make test` installs first; a module that came in another way, or is old, shows here."""
    for release in read_lock(REPOSITORY / "requirements.lock"):
        if not release.applies:
            continue
        try:
            installed = Version(version(release.name)).public
        except PackageNotFoundError:
            assert re.match("cuda-|nvidia-|triton$", release.name), (
                f"{release.name} is locked, not installed; run `make install`"
            )
            continue
        assert installed == release.version, f"{release.name} is another release; run `make install`"


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of an environment that holds nothing but pip."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    return Path(folder, "bin", "python")


class Index:
    """Packages in a folder, the only place where pip looks, and a project whose locks name them."""

    def __init__(self, folder: Path) -> None:
        self.wheels, self.project = folder / "wheels", folder / "project"
        self.wheels.mkdir()
        (self.project / "scripts").mkdir(parents=True)
        script = REPOSITORY / "scripts" / "install_locked"
        (self.project / "scripts" / script.name).write_bytes(script.read_bytes())

    def offer(self, name: str, version: str, requires: str = "") -> str:
        """Makes a package; returns the line of a lock that pins it with its hash."""
        module, described = f"{name}.py", f"{name}-{version}.dist-info"
        wheel = self.wheels / f"{name}-{version}-py3-none-any.whl"
        content = {
            module: f"version = {version!r}\n",
            f"{described}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requires}",
            f"{described}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        records = "".join(f"{path},sha256={_record_hash(text)},{len(text)}\n" for path, text in content.items())
        with zipfile.ZipFile(wheel, "w") as archive:
            for path, text in (content | {f"{described}/RECORD": f"{records}{described}/RECORD,,\n"}).items():
                archive.writestr(path, text)
        return f"{name}=={version} \\\n    --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"

    def lock(self, lines: str, cpu_build: str, **others: str) -> None:
        (self.project / "requirements.lock").write_text(lines)
        (self.project / "requirements-torch-cpu.lock").write_text(cpu_build)
        for name, text in others.items():
            (self.project / f"requirements-{name}.lock").write_text(text)

    def install(self, python: Path, *locks: str) -> "subprocess.CompletedProcess[str]":
        """Uninstalls what an earlier test has installed, and installs what the locks name."""
        for distribution in _distributions(python):
            for file in distribution.files or ():
                path = Path(str(distribution.locate_file(file)))
                path.unlink(missing_ok=True)
                with contextlib.suppress(OSError):  # other files are there
                    path.parent.rmdir()
        own = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wheels), "PIP_CONFIG_FILE": os.devnull}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
        command = ["bash", str(self.project / "scripts" / "install_locked"), str(python), *locks]
        return subprocess.run(command, env=kept | own, capture_output=True, text=True, check=False)


def _record_hash(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


def _distributions(python: Path) -> list[Distribution]:
    """Of an environment, without what it began with."""
    (packages,) = python.parents[1].glob("lib/python3*/site-packages")
    return [each for each in distributions(path=[str(packages)]) if each.name not in ("pip", "setuptools")]


def installed(python: Path) -> set[str]:
    return {f"{canonicalize_name(each.name)}=={each.version}" for each in _distributions(python)}


@pytest.fixture
def index(tmp_path: Path) -> Index:
    return Index(tmp_path)


def test_torchs_build_for_cpus_is_taken_where_pip_finds_it_and_no_cuda_library_with_it(index, python):
    cuda = index.offer("nvidia_cublas", "13.1")
    lock = index.offer("torch", "2.13.0", "Requires-Dist: nvidia-cublas\n") + cuda + index.offer("six", "1.17")
    index.lock(lock.replace("nvidia_", "nvidia-"), index.offer("torch", "2.13.0+cpu"))
    done = index.install(python)
    assert done.returncode == 0, done.stderr
    assert installed(python) == {"torch==2.13.0+cpu", "six==1.17"}
    next(index.wheels.glob("*+cpu*")).unlink()
    done = index.install(python)
    assert done.returncode == 0, done.stderr
    assert installed(python) == {"torch==2.13.0", "nvidia-cublas==13.1", "six==1.17"}


@pytest.mark.parametrize("tampered", ["six", "torch"])
def test_a_file_that_is_not_the_one_that_was_locked_is_refused(index, python, tampered):
    locked = {"six": index.offer("six", "1.17"), "torch": index.offer("torch", "2.13.0+cpu")}
    index.lock(locked["six"], locked["torch"])
    wheel = next(index.wheels.glob(f"{tampered}-*"))
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("added.pth", "import os\n")
    done = index.install(python)
    assert done.returncode != 0
    assert "DO NOT MATCH THE HASHES" in done.stderr
    assert f"Got        {hashlib.sha256(wheel.read_bytes()).hexdigest()}" in done.stderr
    assert "requirements-torch-cpu.lock has no hash of torch==2.13.0+cpu" in done.stderr  # said if torch was it
    assert installed(python) == set()


def test_a_release_without_a_hash_and_one_that_nobody_has_locked_are_refused(index, python):
    six, cpu_build = index.offer("six", "1.17"), index.offer("torch", "2.13.0+cpu")
    index.lock(six.split(" ")[0] + "\n", cpu_build)
    assert "Hashes are required" in index.install(python).stderr
    index.lock(index.offer("asks", "1.0", "Requires-Dist: six\n"), cpu_build)
    assert "all requirements must have their versions pinned" in index.install(python).stderr
    assert installed(python) == set()


def test_another_lock_is_compared_with_its_hashes_too(index, python):
    tool = index.offer("uv", "0.13")
    index.lock("", index.offer("torch", "2.13.0+cpu"), tools=tool, wrong=re.sub("[0-9a-f]{64}", WRONG, tool))
    assert index.install(python, "requirements-tools.lock").returncode == 0
    assert installed(python) == {"uv==0.13"}
    assert "DO NOT MATCH" in index.install(python, "requirements-wrong.lock").stderr
    assert installed(python) == set()


SOUND = {"name": "six", "version": "1.17.0", "vulns": []}
WEAK = {"name": "old", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}]}
UNKNOWN = {"name": "odd", "skip_reason": "Dependency not found on PyPI and could not be audited: odd (1.0)"}


@pytest.mark.parametrize(
    ("answers", "status", "said"),
    [
        ([SOUND], 0, "1 releases looked up"),
        ([SOUND, WEAK], 1, "old 1.0: PYSEC-1; mended in 1.1"),
        ([SOUND, UNKNOWN], 2, "received none about 1: odd (Dependency"),
        ([WEAK, UNKNOWN], 2, "PYSEC-1"),
        ([], 2, "received none about any"),
    ],
)
def test_an_audit_that_could_not_look_everything_up_is_none(answers, status, said):
    """A mirror of the index answers without advisories, and pip-audit calls that free of known vulnerabilities."""
    found, lines = judge(answers)
    assert found == status
    assert said in "\n".join(lines)
