"""GPUs, seen from a machine that need not have one."""

from pathlib import Path

import pytest

from autograder import gpu
from autograder.errors import InputError
from autograder.gpu import choose_device, find_gpu, gpu_finding
from autograder.sandbox.door import WarmProcess
from autograder.sandbox.isolation import outer_command
from autograder.sandbox.limits import Limits


@pytest.fixture
def nodes(tmp_path):
    for name in ("nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm", "null"):
        (tmp_path / name).touch()
    (tmp_path / "nvidia-caps").mkdir()
    (tmp_path / "nvidia-caps" / "nvidia-cap1").touch()
    return tmp_path


def test_without_nodes_there_is_no_gpu(tmp_path):
    found = find_gpu(tmp_path)
    assert found.nodes == ()
    assert "NVIDIA's driver" in found.missing


def test_a_gpu_without_its_driver_or_torch_is_told_with_the_remedy(nodes, monkeypatch):
    monkeypatch.setattr("ctypes.util.find_library", lambda name: None)
    assert find_gpu(nodes).missing == "no libcuda; install NVIDIA's driver"
    monkeypatch.setattr("ctypes.util.find_library", lambda name: "libcuda.so.1")
    monkeypatch.setattr("importlib.metadata.version", lambda name: "2.13.0+cpu")
    assert "built without CUDA" in find_gpu(nodes).missing
    monkeypatch.setattr("importlib.metadata.version", lambda name: "2.13.0")
    found = find_gpu(nodes)
    assert found.missing == ""
    assert {path.name for path in found.nodes} == {"nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm", "nvidia-cap1"}


def test_auto_takes_a_gpu_only_where_something_is_trained(monkeypatch):
    monkeypatch.setattr(gpu, "find_gpu", lambda: gpu.Gpu((Path("/dev/nvidia0"),)))
    assert [choose_device("auto", trains=trains) for trains in (False, True)] == ["cpu", "cuda"]
    assert choose_device("cpu", trains=True) == "cpu"
    monkeypatch.setattr(gpu, "find_gpu", lambda: gpu.Gpu((), "none at all"))
    assert choose_device("auto", trains=True) == "cpu"
    with pytest.raises(InputError, match="--device cuda: expected a GPU that torch can use, found none at all"):
        choose_device("cuda", trains=True)


def test_device_nodes_are_bound_only_where_they_are_asked_for():
    without = outer_command("namespaces", ["program"], [], [])
    with_gpu = outer_command("namespaces", ["program"], [], [], [Path("/dev/nvidia0")])
    assert "--dev-bind" not in without
    at = with_gpu.index("--dev-bind")
    assert with_gpu[at : at + 3] == ["--dev-bind", "/dev/nvidia0", "/dev/nvidia0"]
    assert at > with_gpu.index("--dev")


LOOK = "import os, torch\nassert os.path.exists({node!r}) is {there}, os.listdir('/dev')\n{more}"


def test_a_submission_sees_a_node_only_where_it_is_asked_for():
    """Shown with a node that any machine may have; what CUDA does with a GPU's can be seen where there is one."""
    spare = [path for path in map(Path, ("/dev/fuse", "/dev/loop-control", "/dev/net/tun")) if path.exists()]
    if not spare:
        pytest.skip("no device node to show it with")
    node = str(spare[0])
    assert spare[0].is_char_device()
    for devices in ((), (spare[0],)):
        with WarmProcess(devices=devices) as warm, warm.submission(Limits()) as submission:
            more = "assert os.environ['CUDA_VISIBLE_DEVICES'] == " + ("'0'" if devices else "''")
            more += "\nassert not torch.cuda.is_initialized()"
            ran = submission.run_cell(1, LOOK.format(node=node, there=bool(devices), more=more), 20.0)
            assert (ran.error, ran.message) == (None, "")


def test_the_doctor_says_that_there_is_none_and_finds_a_gpu_that_is_none(monkeypatch):
    """A machine without a GPU is well; one whose nodes lead nowhere is told so, after a trial in a real sandbox."""
    monkeypatch.setattr(gpu, "find_gpu", lambda: gpu.Gpu((), "none at all"))
    assert gpu_finding() == ("GPU: none that torch can use (none at all); --device auto trains on the CPU", True)
    monkeypatch.setattr(gpu, "find_gpu", lambda: gpu.Gpu((Path("/dev/null"),)))
    text, well = gpu_finding()
    if not well:  # true of every machine without CUDA
        assert text.startswith("GPU: there, but not usable in the sandbox")
