"""Trainer parts: checks of other exercises without which those of ``PPOTrainer`` cannot be judged."""

PARTS = (
    "make_env.makes_the_environment",
    "Actor.gives_a_distribution",
    "Actor.gives_values",
    "Actor.forward_gives_both",
    "Actor.actions_are_plain_tensors",
    "Actor.rows_are_judged_one_by_one",
    "critic_loss.is_one_number_for_any_batch",
    "actor_loss.is_one_number_for_any_batch",
    "entropy_loss.is_exact",
)
CRITIC = (
    "critic_loss.gradient_of_predictions",
    "critic_loss.no_gradient_into_targets",
    "Actor.every_parameter_is_trained",
)
ACTOR_LOSS = ("actor_loss.is_the_clipped_objective", "actor_loss.gradient_where_clipped")
RETURNS = ("multi_step_returns.random_matrices", "multi_step_returns.episodes_do_not_leak")
RECORD = (
    *PARTS,
    *RETURNS,
    "make_env.leaves_observations_and_rewards_alone",
    "Actor.log_std_is_a_parameter",
    "Actor.std_is_the_exponential_of_log_std",
)
