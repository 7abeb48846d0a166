"""Training checks as hidden checks: thresholds from a file, attempts with fresh seeds, curves as evidence."""

from dataclasses import replace

import numpy as np
import pytest

from autograder.errors import AutograderError
from autograder.sandbox.loopback import loopback_student
from autograder.suites import training_check
from autograder.suites.calibrated import (
    Band,
    CalibratedCheck,
    CalibratedTrainer,
    Calibration,
    calibrated_check,
    calibration_file,
    read_calibration,
)
from autograder.suites.training_check import Curve, Trained, TrainingCheck

BAND = Band((1, 2), (0.0, 0.5), (1.0, 1.5))
CALIBRATED = CalibratedCheck(id="made_up.train.learns", budget=None, threshold=0.5, attempts=2, trainers=(), band=BAND)
CHECK = TrainingCheck(
    "made_up.train.learns",
    lambda student, rng, *budget: [student.call("train"), *budget],
    lambda run: run[0],
    (),
    curve=lambda run: Curve((1, 2), (0.1, run[0])),
)


class Trial:
    """A trainer whose outcomes are known, and what is made of them."""

    def __init__(self, outcomes):
        self.left = list(outcomes)
        self.shown: list[dict[str, object]] = []
        self.asked: list[object] = []
        student = loopback_student({"train": lambda: self.left.pop(0)})

        def shared(run):
            self.asked.append(run)
            return run(student, np.random.default_rng(0))

        self.trained = Trained(student, np.random.default_rng(0), shared, self.shown.append)


@pytest.fixture(autouse=True)
def calibrated(monkeypatch):
    def use(calibration=CALIBRATED):
        monkeypatch.setattr(training_check, "calibrated_check", lambda assignment, check_id: calibration)

    use()
    return use


@pytest.mark.parametrize(
    ("outcomes", "passes", "left"), [([0.9, 0.0], True, 1), ([0.1, 0.5], True, 0), ([0.4, 0.3, 0.9], False, 1)]
)
def test_a_miss_gets_another_attempt_until_none_is_left(outcomes, passes, left):
    trial = Trial(outcomes)
    assert trial.trained(CHECK) is passes
    assert len(trial.left) == left


def test_the_first_run_is_the_shared_one():
    trial = Trial([0.1, 0.9])
    trial.trained(CHECK)
    assert trial.asked == [CHECK.run]


def test_the_curve_is_shown_beside_the_band_of_the_reference():
    trial = Trial([0.9])
    trial.trained(CHECK)
    assert trial.shown == [
        {
            "kind": "learning_curve",
            "check": "made_up.train.learns",
            "exercise": "train",
            "text": "A short run of your train in a check.",
            "steps": [1, 2],
            "returns": [0.1, 0.9],
            "band": {"steps": [1, 2], "low": [0.0, 0.5], "high": [1.0, 1.5]},
        }
    ]


@pytest.mark.parametrize("curve", [Curve((), ()), Curve((1,), (float("nan"),)), Curve((0,) * 300, (0.0,) * 300)])
def test_a_curve_that_cannot_stand_in_a_report_is_left_out(curve):
    trial = Trial([0.9])
    assert trial.trained(replace(CHECK, curve=lambda run: curve))
    assert trial.shown == []


def test_a_budget_goes_to_the_run(calibrated):
    calibrated(replace(CALIBRATED, budget=7))
    trial = Trial([0.9])
    assert trial.trained(replace(CHECK, outcome=lambda run: run[1] - 6.5))
    assert trial.asked == [CHECK.with_budget(7)]
    assert hash(trial.asked[0]) == hash(CHECK.with_budget(7))


def test_a_calibration_survives_its_file():
    trainer = CalibratedTrainer(
        name="ascends",
        kind="broken",
        source="0f",
        runs=3,
        raised=0,
        reached=1,
        quantiles=(0.0, 1.0),
        run_bound=0.5,
        joint_bound=0.75,
        is_told_apart=False,
        caught_by=("made_up.train.turns",),
    )
    check = replace(CALIBRATED, trainers=(trainer,))
    calibration = Calibration(
        assignment="made_up", reference="a", measuring="b", confidence=0.95, versions={"torch": "2"}, checks=(check,)
    )
    assert Calibration.from_json(calibration.to_json()) == calibration


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema_version": 99}', '{"schema_version": 1, "checks": 3}'])
def test_what_is_no_calibration_is_refused(text):
    with pytest.raises(ValueError, match=r"expected|not a calibration|char 0"):
        Calibration.from_json(text)


def test_a_check_without_calibration_is_a_fault_of_the_grader_that_says_what_to_do():
    with pytest.raises(AutograderError, match="run `autograder calibrate made_up`"):
        read_calibration("made_up")
    with pytest.raises(AutograderError, match=r"ppo\.PPOTrainer\.nope: has not been calibrated; run"):
        calibrated_check("ppo", "ppo.PPOTrainer.nope")
    assert calibration_file("ppo").name == "calibration.json"
