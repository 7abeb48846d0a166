"""A GPU as a Dask resource, on a cluster of which one worker says that it has one; no GPU is needed here."""

import pytest
from distributed import Client, Nanny, Scheduler, SpecCluster

from autograder.classroom import grade_class
from autograder.desk import Job
from autograder.errors import InputError
from autograder.gpu_resource import choose_device_there
from autograder.grading_plan import GradingPlan
from tests.ppo_course import hand_in, released_course

STUDENTS = [f"student-{number:02}" for number in range(1, 7)]


@pytest.fixture(scope="module")
def cluster():
    """One worker with a GPU, and one without."""
    options = {"nthreads": 1, "memory_limit": 0, "config": {"distributed.worker.daemon": False}}
    workers = {
        "with": {"cls": Nanny, "options": options | {"resources": {"GPU": 1}}},
        "without": {"cls": Nanny, "options": options},
    }
    scheduler = {"cls": Scheduler, "options": {"dashboard_address": ":0"}}
    with SpecCluster(workers=workers, scheduler=scheduler, silence_logs=50) as running:
        yield running


def executed(cluster):
    """How many tasks each worker has run."""
    with Client(cluster.scheduler_address) as client:
        counts = client.run(lambda dask_worker: (dask_worker.name, dask_worker.state.executed_count))
    return dict(counts.values())


@pytest.fixture(scope="module")
def jobs(tmp_path_factory):
    """Hand-ins that are no notebooks: a report of each is made without running anything on a GPU."""
    course = released_course(tmp_path_factory.mktemp("course"))
    for student in STUDENTS:
        (hand_in(course, student) / "ppo.ipynb").write_text("not a notebook")
    return course, [Job(student, "ppo", course.root / "submitted" / student / "ppo") for student in STUDENTS]


@pytest.mark.parametrize("device", ["cuda", "cpu"])
def test_submissions_that_need_a_gpu_go_to_workers_that_have_one(cluster, jobs, tmp_path, device):
    course, hand_ins = jobs
    before = executed(cluster)
    plan = GradingPlan(tier="training", device=device)
    reports = list(grade_class(course, hand_ins, tmp_path, scheduler=cluster.scheduler_address, plan=plan))
    assert len(reports) == len(STUDENTS)
    ran = {name: count - before[name] for name, count in executed(cluster).items()}
    assert sum(ran.values()) == len(STUDENTS)
    if device == "cuda":
        assert ran["without"] == 0


def test_a_cluster_is_asked_whether_it_has_a_gpu(cluster):
    address = cluster.scheduler_address
    assert choose_device_there("cuda", address, trains=True) == "cuda"
    assert choose_device_there("auto", address, trains=True) == "cuda"
    assert choose_device_there("auto", address, trains=False) == "cpu"
    assert choose_device_there("cpu", address, trains=True) == "cpu"


def test_a_cluster_without_a_gpu_is_said_in_one_line_and_nothing_waits_for_ever():
    worker = {"cls": Nanny, "options": {"nthreads": 1, "memory_limit": 0}}
    scheduler = {"cls": Scheduler, "options": {"dashboard_address": ":0"}}
    with SpecCluster(workers={"plain": worker}, scheduler=scheduler, silence_logs=50) as plain:
        with pytest.raises(InputError, match=r"--device cuda: expected a worker at .* with the resource GPU=1"):
            choose_device_there("cuda", plain.scheduler_address, trains=True)
        assert choose_device_there("auto", plain.scheduler_address, trains=True) == "cpu"
