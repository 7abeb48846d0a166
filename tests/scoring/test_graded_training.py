"""Graded training runs with tiny budgets: a real trainer in a real sandbox, and what trainers do that goes wrong."""

from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from autograder.sandbox.limits import Limits
from autograder.sandbox.student import Student
from autograder.scoring import graded_training
from autograder.scoring.checkpoints import Checkpoint, Checkpoints, TrainingFolder
from autograder.scoring.graded_training import GradedTraining, TrainingRun
from tests.scoring.submitted import TASK
from tests.untranslated import untranslated

TINY = 2 * 8 * 256  # two updates
RUN = TrainingRun(timesteps=TINY, seed=1, device="cpu", with_gae=True, short=True, cpu_seconds=60.0)


class Reopened:
    """Stands for an execution: the submission that has run already, with other code after it."""

    def __init__(self, submitted, code):
        self.open_check = submitted.opener(code)

    def run(self):
        """It has run."""


def training(submitted, code="", task=TASK):
    @contextmanager
    def opened(limits):
        assert limits.cpu_seconds > 0
        yield Reopened(submitted, code)

    opening: Any = opened
    return GradedTraining("ppo", task, Limits(), opening, lambda execution: submitted.player(code))


def learning(body):
    """The reference's trainer with another ``learn``."""
    return f"class PPOTrainer(PPOTrainer):\n    def learn(self):\n{body}"


def facts(found, kind):
    return [fact for fact in found.evidence if fact["kind"] == kind]


def notes(found):
    return " ".join(fact["text"] for fact in facts(found, "note"))


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """Seconds beyond the processor time; a minute would be long for tests of what never ends."""
    monkeypatch.setattr(graded_training, "WALL_SECONDS", 20.0)


def test_a_short_run_is_played_and_told_with_its_course(submitted):
    task = replace(TASK, training_return=-1e6)
    found = training(submitted, task=task).short_run(RUN)
    assert (found.status, found.share) == ("failed", task.training_share)
    assert f"In a short run of {TINY} transitions" in found.message
    assert untranslated(found.message) == []
    (returns,) = facts(found, "episode_returns")
    assert sum(returns["returns"]) / 2 == pytest.approx(found.mean_return, abs=0.1)
    (updates,) = facts(found, "training_updates")
    assert updates["steps"] == [TINY / 2, TINY]
    assert all(0.0 < kl < 1.0 for kl in updates["kl"])
    # 6 independent normals of log standard deviation about -1: 6 (1/2 ln(2 pi e) - 1)
    assert updates["entropy"] == pytest.approx([6 * (1.4189 - 1.0)] * 2, abs=0.3)
    assert len(found.states) == 200


def test_a_trainer_that_does_not_reach_the_return_earns_nothing_by_it(submitted):
    found = training(submitted, task=replace(TASK, training_return=1e6)).short_run(RUN)
    assert (found.status, found.share) == ("failed", 0.0)
    assert "one that learns reaches 1000000" in found.message
    assert untranslated(found.message) == []


def test_a_trainer_that_does_not_end_is_stopped_and_scored_as_it_is(submitted):
    endless = learning("        super().learn()\n        while True: pass\n")
    found = training(submitted, endless).short_run(replace(RUN, cpu_seconds=12.0))
    assert found.mean_return is not None
    assert f"stopped after 12 seconds of processor time, at {TINY} of {TINY} transitions" in notes(found)
    assert [text for fact in facts(found, "note") for text in untranslated(fact["text"])] == []


LOST = {
    "exits": ("import os; os._exit(0)", "failed"),
    "will not be stopped": (
        "import signal; signal.signal(signal.SIGPROF, signal.SIG_IGN)\n        while True: pass",
        "timeout",
    ),
    "raises": ("raise RuntimeError", "failed"),
    "takes all memory": ("torch.ones(10**12)", "failed"),
}


@pytest.mark.parametrize(("body", "status"), LOST.values(), ids=LOST)
def test_what_ends_a_trainer_does_not_lose_what_it_has_reached(submitted, monkeypatch, body, status):
    monkeypatch.setattr(graded_training, "WALL_PER_CPU_SECOND", 1.0)
    code = learning(f"        super().learn()\n        {body}\n")
    found = training(submitted, code).short_run(replace(RUN, cpu_seconds=8.0))
    assert found.status == status
    assert found.mean_return is not None
    assert "were scored all the same" in found.message
    assert untranslated(found.message) == []


def test_a_trainer_that_is_not_written_is_blocked_by_nothing_else(submitted):
    stub = learning("        raise NotImplementedError('Write your solution here, then delete this line.')\n")
    found = training(submitted, stub).short_run(RUN)
    assert found.status in ("failed", "blocked")
    assert found.mean_return is None
    assert "not written yet" in found.message


RECIPE = graded_training.recipe("ppo")
ROLLOUT = RECIPE.FULL_RUN["num_vec_envs"] * RECIPE.FULL_RUN["num_env_steps"]
FULL = replace(RUN, short=False, timesteps=3 * ROLLOUT)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where full runs are kept, after each of their updates."""
    monkeypatch.setattr("autograder.sandbox.guest_training.CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr("autograder.scoring.training_log.KEEP_SECONDS", 0.0)
    return TrainingFolder(tmp_path / "training", tmp_path / "stop")


def newest(folder):
    """The only run's."""
    (state,) = folder.folder.glob("*.json")
    return folder.checkpoints(state.stem).newest()


def test_an_interrupted_full_run_goes_on_where_it_was(submitted, folder, monkeypatch):
    saved = Checkpoints.keep

    def interrupted(self, checkpoint):
        saved(self, checkpoint)
        raise KeyboardInterrupt

    monkeypatch.setattr(Checkpoints, "keep", interrupted)
    with pytest.raises(KeyboardInterrupt):
        training(submitted).full_run(FULL, "one", folder)
    monkeypatch.setattr(Checkpoints, "keep", saved)
    checkpoint = newest(folder)
    assert not checkpoint.complete
    assert checkpoint.transitions == ROLLOUT

    found = training(submitted).full_run(FULL, "one", folder)
    assert found.mean_return is not None
    assert f"went on after {ROLLOUT} transitions" in notes(found)
    (updates,) = facts(found, "training_updates")
    assert updates["steps"] == [ROLLOUT, 2 * ROLLOUT, 3 * ROLLOUT]  # the first is what was kept
    finished = newest(folder)
    assert finished.complete
    assert finished.transitions == FULL.timesteps

    untrainable = learning("        raise RuntimeError\n")
    again = training(submitted, untrainable).full_run(FULL, "one", folder)
    assert again.mean_return == found.mean_return
    assert facts(again, "training_updates") == [updates]
    other = training(submitted, untrainable).full_run(FULL, "another", folder)
    assert other.mean_return is None


def test_a_full_run_whose_process_is_ended_is_not_taken_for_a_finished_one(submitted, folder):
    killed = training(
        submitted, learning("        self.total_timesteps = 1\n        super().learn()\n        import os; os._exit(9)")
    )
    found = killed.full_run(FULL, "one", folder)
    assert found.mean_return is not None and "were scored all the same" in found.message
    assert (newest(folder).complete, newest(folder).transitions) == (False, ROLLOUT)
    found = training(submitted).full_run(FULL, "one", folder)
    assert f"went on after {ROLLOUT} transitions" in notes(found)
    assert newest(folder).complete


def test_a_full_run_that_is_told_to_end_is_scored_as_it_is_and_goes_on_later(submitted, folder, monkeypatch):
    told = iter([False, True, True])
    with monkeypatch.context() as patched:
        patched.setattr(TrainingFolder, "is_stopping", lambda _: next(told))
        found = training(submitted).full_run(FULL, "one", folder)
    assert found.is_interrupted
    assert found.mean_return is not None
    (attention,) = facts(found, "attention")
    assert f"interrupted at {2 * ROLLOUT} of {3 * ROLLOUT} transitions" in attention["text"]
    assert untranslated(attention["text"]) == []
    found = training(submitted).full_run(FULL, "one", folder)
    assert not found.is_interrupted
    assert f"went on after {2 * ROLLOUT} transitions" in notes(found)


DEAF = {"swallows it": "return self.actor", "raises": "raise RuntimeError", "exits": "import os; os._exit(1)"}


@pytest.mark.parametrize("body", DEAF.values(), ids=DEAF)
def test_what_a_trainer_makes_of_being_told_to_end_is_no_end_of_its_own_and_no_fault(submitted, folder, body):
    folder.stop_sign.touch()
    code = learning(f"        try: super().learn()\n        except BaseException: {body}\n")
    found = training(submitted, code).full_run(FULL, "one", folder)
    assert found.is_interrupted
    assert (found.mean_return is None, found.fault) == (False, "")
    assert f"interrupted at {ROLLOUT} of" in facts(found, "attention")[0]["text"]
    assert not newest(folder).complete


def test_a_run_that_ends_while_the_class_is_stopped_is_a_finished_one(submitted, folder, monkeypatch):
    told = iter([False, False, True, True])
    monkeypatch.setattr(TrainingFolder, "is_stopping", lambda _: next(told))
    found = training(submitted).full_run(FULL, "one", folder)
    assert not found.is_interrupted
    assert newest(folder).complete


def test_a_trainer_without_statistics_reports_all_the_same(submitted, folder):
    """Its log-probabilities are not summed over the components of actions."""
    code = (
        "class PPOTrainer(PPOTrainer):\n"
        "    def collect(self):\n"
        "        found = super().collect()\n"
        "        return found._replace(log_probs=found.log_probs[..., None] + found.actions)\n"
        "    def update_epochs(self, *rollout): pass\n"
    )
    folder.stop_sign.touch()
    found = training(submitted, code).full_run(FULL, "one", folder)
    assert found.is_interrupted
    assert newest(folder).transitions == ROLLOUT
    assert facts(found, "training_updates") == []


def test_the_stop_sign_is_a_file(folder):
    assert not folder.is_stopping()
    folder.stop_sign.touch()
    assert folder.is_stopping()


def test_a_run_by_another_recipe_does_not_go_on_where_this_one_was(submitted, folder, monkeypatch):
    training(submitted).full_run(replace(FULL, timesteps=1), "one", folder)
    monkeypatch.setattr(RECIPE, "FULL_RUN", RECIPE.FULL_RUN | {"hidden_dim": 32})
    found = training(submitted).full_run(replace(FULL, timesteps=1), "one", folder)
    assert found.mean_return is not None and notes(found) == ""
    assert len(list(folder.folder.glob("*.json"))) == 2


def test_the_trained_agent_is_played_on_the_cpu_wherever_it_was_trained(submitted):
    moved = (
        "class Actor(Actor):\n"
        "    is_here = False\n"
        "    def cpu(self):\n"
        "        self.is_here = True\n"
        "        return super().cpu()\n"
        "    def get_action(self, *args, **kwargs):\n"
        "        assert self.is_here\n"
        "        return super().get_action(*args, **kwargs)\n"
    )
    found = training(submitted, moved).short_run(RUN)
    assert found.mean_return is not None, found.message


def test_checkpoints_that_cannot_be_read_are_none(tmp_path):
    kept = Checkpoints(tmp_path, "run")
    assert kept.newest() is None
    checkpoint = Checkpoint(7, b"weights", complete=True, rows={"episodes": [(1.0, 2.0)]})
    kept.keep(checkpoint)
    assert kept.newest() == checkpoint
    for broken in ("{", "[]", '{"rows": 3}'):
        (tmp_path / "run.json").write_text(broken)
        assert kept.newest() is None


@pytest.mark.parametrize("report", ["'text'", "{'transitions': 'many', 'steps': [], 'returns': []}", "{'steps': []}"])
def test_a_report_that_is_none_ends_the_process_and_nothing_else(submitted, report):
    code = learning(
        f"        import gc\n        from autograder.sandbox.guest import Guest\n"
        "        guest = next(each for each in gc.get_objects() if isinstance(each, Guest))\n"
        f"        guest.ask({{'training': {report}}})\n"
    )
    found = training(submitted, code).short_run(RUN)
    assert (found.status, found.share, found.mean_return) == ("failed", 0.0, None)


def test_arguments_that_a_trainer_does_not_take_are_not_given(submitted):
    narrow = (
        "Wide = PPOTrainer\n"
        "class PPOTrainer(Wide):\n"
        "    def __init__(self, env_id, total_timesteps, num_vec_envs, num_env_steps, num_update_epochs, batch_size, "
        "gamma, eps, seed=0, device='cpu'):\n"
        "        super().__init__(env_id, total_timesteps, num_vec_envs, num_env_steps, num_update_epochs, batch_size, "
        "gamma, eps, seed, device)\n"
        "    def update_epochs(self, *args): pass\n"
    )
    process = submitted.opener(narrow)()
    assert "gae_lambda" not in Student(process).signature("PPOTrainer")
    process.close()
    for short in (True, False):
        found = training(submitted, narrow).full_run(replace(RUN, timesteps=1, short=short), "one", None)
        assert found.mean_return is not None, found.message
