"""Right solutions of the PPO assignment that look unlike the reference: hidden checks must pass every one."""

from autograder.suites.variant import Variant
from tests.course.ppo_actor_variants import ACTORS
from tests.course.ppo_losses_variants import ACTOR, CRITIC, ENTROPY
from tests.course.ppo_playing_variants import EVALUATE, MAKE_ENV, ROLLOUT
from tests.course.ppo_returns_variants import GAE, MULTI_STEP, ONE_STEP
from tests.course.ppo_trainers import TRAINERS, WATCHING

_KINDS = {
    "make_env": MAKE_ENV,
    "Actor": ACTORS,
    "one_step_returns": ONE_STEP,
    "multi_step_returns": MULTI_STEP,
    "compute_gae": GAE,
    "critic_loss": CRITIC,
    "actor_loss": ACTOR,
    "entropy_loss": ENTROPY,
    "rollout": ROLLOUT,
    "evaluate": EVALUATE,
    "PPOTrainer": TRAINERS,
}


VARIANTS = (
    *(Variant.numbered(f"set_{number}", _KINDS, number) for number in range(12)),
    Variant("shared_trunk_in_the_given_trainer", {"Actor": ACTORS["shared_trunk"]}, {"Actor": "shared_trunk"}),
    Variant("layer_norm_in_the_given_trainer", {"Actor": ACTORS["layer_norm"]}, {"Actor": "layer_norm"}),
    Variant(
        "next_step_trainer_of_the_given_actor",
        {"PPOTrainer": TRAINERS["next_step_autoreset"]},
        {"PPOTrainer": "next_step_autoreset"},
    ),
    Variant(
        "other_trainer_of_the_given_actor",
        {"PPOTrainer": TRAINERS["environment_by_environment"]},
        {"PPOTrainer": "environment_by_environment"},
    ),
    Variant("watching_trainer_of_the_given_actor", {"PPOTrainer": WATCHING}, {"PPOTrainer": "watches_the_ratio"}),
)
"""Each right variant is in one of the sets; some actors and trainers also beside the reference's."""
