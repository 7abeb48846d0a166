"""What the sandbox reports of training is a claim: whatever it is, the log is short and finite."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.scoring.training_log import MAX_POINTS, TrainingLog

ANYTHING = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)


@given(st.lists(st.tuples(ANYTHING, ANYTHING, ANYTHING, ANYTHING), max_size=5))
def test_whatever_is_reported_the_evidence_is_finite(claims):
    log = TrainingLog()
    for transitions, step, kl, entropy in claims:
        report = {"transitions": transitions, "steps": [step], "returns": [kl], "kl": kl, "entropy": entropy}
        try:
            log.take(report)
        except ValueError:
            continue
    json.dumps(log.evidence("Somebody"), allow_nan=False)


def test_long_runs_are_told_by_means():
    log = TrainingLog()
    steps = list(range(2000))
    log.add_episodes(steps, [float(step % 5) for step in steps])
    (curve,) = log.evidence("Somebody")
    assert len(curve["steps"]) == len(curve["returns"]) == MAX_POINTS
    assert set(curve["returns"]) == {2.0}  # of 0, 1, 2, 3 and 4, twice
    assert curve["steps"][:2] == [4.5, 14.5]


def test_episodes_of_environments_side_by_side_are_told_by_their_mean():
    log = TrainingLog()
    log.add_episodes([320] * 4 + [640] * 4, [1.0, 2.0, 3.0, 6.0, 5.0, 5.0, 7.0, 7.0])
    (curve,) = log.evidence("Somebody")
    assert (curve["steps"], curve["returns"]) == ([320, 640], [3.0, 6.0])


@pytest.mark.parametrize("report", [{}, {"transitions": 1.5, "steps": [], "returns": []}, {"transitions": 1}])
def test_a_report_without_its_parts_is_refused(report):
    with pytest.raises(ValueError, match="expected a report"):
        TrainingLog().take(report)


def test_weights_that_are_too_many_are_not_kept():
    log = TrainingLog()
    report = {"transitions": 1, "steps": [], "returns": []}
    log.take(report | {"weights": bytes(17 * 1024 * 1024)})
    assert log.weights is None
    log.take(report | {"weights": b"few"})
    assert log.weights == b"few"


def test_a_log_that_goes_on_counts_from_where_it_was():
    first = TrainingLog()
    first.take({"transitions": 8, "steps": [4], "returns": [1.0], "kl": 0.1, "entropy": 2.0})
    second = TrainingLog(first.checkpoint(b"weights"))
    second.take({"transitions": 5, "steps": [3], "returns": [2.0], "kl": 0.3, "entropy": 1.0})
    curve, updates = second.evidence("Somebody")
    assert second.transitions == 13
    assert (curve["steps"], curve["returns"]) == ([4, 11], [1.0, 2.0])
    assert (updates["steps"], updates["kl"], updates["entropy"]) == ([8, 13], [0.1, 0.3], [2.0, 1.0])
    assert first.checkpoint(b"").rows == {"episodes": [(4.0, 1.0)], "updates": [(8.0, 0.1, 2.0)]}
