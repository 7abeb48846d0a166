"""The weight of the entropy in the reference's longest runs."""

import pytest

from benchmarks.recipe import FastTrainer

SETTINGS = {
    "total_timesteps": 64,
    "num_vec_envs": 2,
    "num_env_steps": 4,
    "num_update_epochs": 1,
    "batch_size": 8,
    "gamma": 0.99,
    "eps": 0.2,
    "entropy_weight": 0.4,
}


class Recording(FastTrainer):
    def update_epochs(self, *experience):
        super().update_epochs(*experience)
        self.weights = [*getattr(self, "weights", []), self.entropy_weight]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, [0.4] * 8),
        ({"entropy_falls_after": 0.5}, [0.4, 0.4, 0.4, 0.4, 0.3, 0.2, 0.1, 0.0]),
        ({"entropy_falls_after": 0.0}, [0.35, 0.3, 0.25, 0.2, 0.15, 0.1, 0.05, 0.0]),
    ],
)
def test_it_falls_linearly_to_zero_from_the_share_of_training_that_is_given(change, expected):
    trainer = Recording("sync", 0, SETTINGS | change)
    trainer.learn()
    assert trainer.weights == pytest.approx(expected)
