"""Visible checks of the PPO assignment."""

from collections.abc import Mapping

from rlhelpers.visible_checks.case import Case
from rlhelpers.visible_checks.ppo.environments import MAKE_ENV_CASES, ROLLOUTS
from rlhelpers.visible_checks.ppo.losses import LOSSES
from rlhelpers.visible_checks.ppo.networks import ACTOR_CASES
from rlhelpers.visible_checks.ppo.policy import POLICY_CASES
from rlhelpers.visible_checks.ppo.returns import RETURNS
from rlhelpers.visible_checks.ppo.training import TRAINER_CASES

CASES: Mapping[str, tuple[Case, ...]] = {
    "make_env": MAKE_ENV_CASES,
    "Actor": ACTOR_CASES,
    **RETURNS,
    **LOSSES,
    **ROLLOUTS,
    "PPOTrainer": TRAINER_CASES,
    "policy": POLICY_CASES,
}
