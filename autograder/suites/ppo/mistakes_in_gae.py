"""Known mistakes in ``compute_gae``."""

from autograder.suites.altered_cell import AlteredCell

GAE = AlteredCell(
    "compute_gae",
    """
def compute_gae(rewards, values, dones, gamma=0.99, gae_lambda=0.95):
    values = values.to(rewards.dtype)
    continues = 1 - dones.to(rewards.dtype)
    errors = rewards + gamma * continues * values[1:] - values[:-1]
    advantages = torch.zeros_like(rewards)
    following = torch.zeros_like(values[-1])
    for t in reversed(range(len(rewards))):
        following = errors[t] + gamma * gae_lambda * continues[t] * following
        advantages[t] = following
    return advantages + values[:-1], advantages
""",
)
_RETURN = "return advantages + values[:-1], advantages"

MISCONCEPTIONS = (
    GAE.misconception(
        "bootstraps_at_dones",
        "Your TD error adds the value of the next state after an episode's end as well: multiply it by 1 - dones.",
        ("gamma * continues * values[1:]", "gamma * values[1:]"),
    ),
    GAE.misconception(
        "leaks_across_episodes",
        "Your advantages carry those of the next episode backwards over its start: multiply them by 1 - dones[t].",
        ("gae_lambda * continues[t] *", "gae_lambda *"),
    ),
    GAE.misconception(
        "ignores_dones",
        "Your advantages ignore dones: neither values nor advantages of the next episode belong to this one.",
        ("continues = 1 - dones.to(rewards.dtype)", "continues = torch.ones_like(rewards)"),
    ),
    GAE.misconception(
        "forgets_lambda",
        "Your advantages are discounted by gamma alone; each step back multiplies by gamma times lambda.",
        ("gamma * gae_lambda * continues", "gamma * continues"),
    ),
    GAE.misconception(
        "forgets_gamma",
        "Your advantages are weighted by lambda alone; each step back multiplies by gamma times lambda.",
        ("gamma * gae_lambda * continues", "gae_lambda * continues"),
    ),
    GAE.misconception(
        "one_step_only",
        "Your advantages are the TD errors of single steps; carry them backwards, weighted by gamma times lambda.",
        (" + gamma * gae_lambda * continues[t] * following", ""),
    ),
    GAE.misconception(
        "starts_from_the_value",
        "Your backward pass starts from values[-1]; that value is in the last TD error already, so start from zero.",
        ("torch.zeros_like(values[-1])", "values[-1]"),
    ),
    GAE.misconception(
        "swapped_results",
        "Your results are in the wrong order: returns first, then advantages.",
        (_RETURN, "return advantages, advantages + values[:-1]"),
    ),
    GAE.misconception(
        "adds_the_next_values",
        "Your returns are advantages plus values[1:], the next states' values; they are advantages plus values[:-1].",
        ("return advantages + values[:-1]", "return advantages + values[1:]"),
    ),
    GAE.misconception(
        "advantages_alone",
        "Your function returns the advantages alone; it returns two tensors, returns and advantages.",
        (_RETURN, "return advantages"),
    ),
    GAE.misconception(
        "normalises",
        "Your function normalises the advantages; it returns them as they are, the trainer normalises them later.",
        (
            _RETURN,
            "returns = advantages + values[:-1]\n"
            "    return returns, (advantages - advantages.mean()) / (advantages.std() + 1e-8)",
        ),
    ),
    GAE.misconception(
        "fixed_discounts",
        "Your advantages always use 0.99 and 0.95, whatever gamma and gae_lambda are given.",
        ("    values = values", "    gamma, gae_lambda = 0.99, 0.95\n    values = values"),
    ),
    GAE.misconception(
        "other_defaults",
        "The default of gae_lambda is 0.95; yours is another one.",
        ("gae_lambda=0.95", "gae_lambda=0.97"),
    ),
    GAE.misconception(
        "default_dtype",
        "torch.zeros(shape) makes float32, whatever the rewards are; torch.zeros_like(rewards) keeps their dtype.",
        ("torch.zeros_like(rewards)", "torch.zeros(rewards.shape)"),
    ),
    GAE.misconception(
        "subtracts_from_dones",
        "1 - dones works for numbers but not for truth values: torch refuses it for a bool tensor. "
        "Convert first, with dones.to(rewards.dtype).",
        ("1 - dones.to(rewards.dtype)", "1 - dones"),
    ),
    GAE.misconception(
        "writes_into_rewards",
        "Your TD errors are computed in place (+=), in the tensor of rewards that was given; make a new one.",
        (
            "errors = rewards + gamma * continues * values[1:] - values[:-1]",
            "rewards += gamma * continues * values[1:] - values[:-1]\n    errors = rewards",
        ),
    ),
    GAE.misconception(
        "squeezes",
        "squeeze() removes every axis of size 1: a rollout of one environment, or of one step, loses an axis "
        "that it needs.",
        (_RETURN, "return (advantages + values[:-1]).squeeze(), advantages.squeeze()"),
    ),
)
