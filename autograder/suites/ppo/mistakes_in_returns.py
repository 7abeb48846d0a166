"""Known mistakes in ``one_step_returns`` and ``multi_step_returns``."""

from autograder.suites.altered_cell import AlteredCell

ONE_STEP = AlteredCell(
    "one_step_returns",
    """
def one_step_returns(rewards, values, dones, gamma=0.99):
    continues = 1 - dones.to(rewards.dtype)
    return rewards + gamma * continues * values[1:].to(rewards.dtype)
""",
)
MULTI_STEP = AlteredCell(
    "multi_step_returns",
    """
def multi_step_returns(rewards, values, dones, gamma=0.99):
    continues = 1 - dones.to(rewards.dtype)
    returns = torch.zeros_like(rewards)
    following = values[-1].to(rewards.dtype)
    for t in reversed(range(len(rewards))):
        following = rewards[t] + gamma * continues[t] * following
        returns[t] = following
    return returns
""",
)
_RETURN = "return rewards + gamma * continues * values[1:].to(rewards.dtype)"
_STEP = "following = rewards[t] + gamma * continues[t] * following"
_START = "following = values[-1].to(rewards.dtype)"
_CONTINUES = "continues = 1 - dones.to(rewards.dtype)"

MISCONCEPTIONS = (
    ONE_STEP.misconception(
        "ignores_dones",
        "Your one-step return adds the next state's value after an episode's end as well: there is no next state.",
        (" * continues", ""),
    ),
    ONE_STEP.misconception(
        "value_of_the_state_before",
        "Your one-step return adds the value of the state before the step, values[:-1]; "
        "it is the value of the state after it, values[1:].",
        ("values[1:]", "values[:-1]"),
    ),
    ONE_STEP.misconception(
        "drops_the_last_reward",
        "Your one-step return multiplies the reward by 1 - dones too: the reward of an episode's last step counts.",
        (_RETURN, "return (rewards + gamma * values[1:].to(rewards.dtype)) * continues"),
    ),
    ONE_STEP.misconception(
        "dones_inverted",
        "Your one-step return keeps the next value where an episode ended and drops it everywhere else: "
        "multiply by 1 - dones, not by dones.",
        ("1 - dones", "dones"),
    ),
    ONE_STEP.misconception(
        "no_discount",
        "Your one-step return adds the next state's value without discounting it by gamma.",
        ("gamma * continues", "continues"),
    ),
    ONE_STEP.misconception(
        "fixed_gamma",
        "Your one-step return always discounts by 0.99, whatever gamma it is given.",
        ("gamma * continues", "0.99 * continues"),
    ),
    ONE_STEP.misconception(
        "subtracts_from_dones",
        "1 - dones works for numbers but not for truth values: torch refuses it for a bool tensor. "
        "Convert first, with dones.to(rewards.dtype).",
        (_CONTINUES, "continues = 1 - dones"),
    ),
    ONE_STEP.misconception(
        "single_precision",
        "Your one-step return converts everything to float32; the result must have the dtype of rewards.",
        (_RETURN, "return rewards.float() + gamma * continues.float() * values[1:].float()"),
    ),
    ONE_STEP.misconception(
        "adds_in_place",
        "Your one-step return writes into the tensor of rewards it was given (+=); make a new one.",
        (_RETURN, "rewards += gamma * continues * values[1:].to(rewards.dtype)\n    return rewards"),
    ),
    ONE_STEP.misconception(
        "squeezes",
        "squeeze() removes every axis of size 1: a rollout of one environment, or of one step, loses an axis "
        "that it needs.",
        (_RETURN, "returns = rewards + gamma * continues * values[1:].to(rewards.dtype)\n    return returns.squeeze()"),
    ),
    ONE_STEP.misconception(
        "cuts_one_step_late",
        "Your one-step return looks at dones[t - 1]: dones[t] says that the episode ended with step t, "
        "it does not mark the first step of the next one.",
        (_CONTINUES, _CONTINUES + "\n    continues = torch.cat([torch.ones_like(continues[:1]), continues[:-1]])"),
    ),
    ONE_STEP.misconception(
        "cuts_one_step_early",
        "Your one-step return looks at dones[t + 1]; whether step t was the last of its episode, dones[t] says.",
        (_CONTINUES, _CONTINUES + "\n    continues = torch.cat([continues[1:], continues[-1:]])"),
    ),
    ONE_STEP.misconception(
        "temporal_difference",
        "Your one-step return subtracts the value of the state before: that is the error of the critic's guess. "
        "The return is what the guess is compared with.",
        (_RETURN, _RETURN + " - values[:-1].to(rewards.dtype)"),
    ),
    ONE_STEP.misconception(
        "discounts_the_reward",
        "Your one-step return discounts the reward as well; gamma belongs to what follows it.",
        (_RETURN, "return gamma * (rewards + continues * values[1:].to(rewards.dtype))"),
    ),
    ONE_STEP.misconception(
        "last_value_everywhere",
        "Your one-step return bootstraps each step from values[-1]; step t leads to the state of values[t + 1].",
        ("values[1:]", "values[-1]"),
    ),
    ONE_STEP.misconception(
        "mixes_environments",
        "Your one-step return drops the next value for all environments as soon as one of them has ended its "
        "episode: each column has its own dones.",
        (
            _CONTINUES,
            _CONTINUES + "\n    if continues.ndim > 1:\n        continues = continues.amin(1, keepdim=True)",
        ),
    ),
    MULTI_STEP.misconception(
        "ignores_dones",
        "Your return keeps adding rewards after `done`: what the next episode brings is no return of this one.",
        (" * continues[t]", ""),
    ),
    MULTI_STEP.misconception(
        "cuts_one_step_late",
        "Your return forgets the future one step too late: dones[t] says that the episode ended with step t, "
        "so nothing after step t counts for it.",
        (_STEP, "following = rewards[t] + gamma * following"),
        ("returns[t] = following", "returns[t] = following\n        following = following * continues[t]"),
    ),
    MULTI_STEP.misconception(
        "cuts_one_step_early",
        "Your return cuts one step too early: it looks at dones[t + 1]; whether step t was the last, dones[t] says.",
        ("continues[t]", "continues[min(t + 1, len(rewards) - 1)]"),
    ),
    MULTI_STEP.misconception(
        "drops_the_last_reward",
        "Your return multiplies the reward by 1 - dones too: the reward of an episode's last step counts.",
        (_STEP, "following = continues[t] * (rewards[t] + gamma * following)"),
    ),
    MULTI_STEP.misconception(
        "no_bootstrap",
        "Your return starts from zero at the end of the rollout: an episode that is still running goes on there, "
        "worth values[-1].",
        (_START, "following = torch.zeros_like(values[-1])"),
    ),
    MULTI_STEP.misconception(
        "bootstraps_undiscounted",
        "Your return adds values[-1] to the last reward without discounting it by gamma.",
        (_START, _START + " / gamma if gamma else values[-1]"),
    ),
    MULTI_STEP.misconception(
        "bootstraps_from_the_state_before",
        "Your return bootstraps from values[-2], the state before the last step; values[-1] is the state after it.",
        ("values[-1]", "values[-2]"),
    ),
    MULTI_STEP.misconception(
        "bootstraps_at_dones",
        "Your return adds the value of the next state where an episode ended: after its end nothing more is to come.",
        (
            _STEP,
            "following = torch.where(continues[t] > 0, following, values[t + 1])\n"
            "        following = rewards[t] + gamma * following",
        ),
    ),
    MULTI_STEP.misconception(
        "one_step_only",
        "Your multi-step return uses values[t + 1] at each step: that is the one-step return. "
        "Carry the return of the next step backwards instead.",
        (_STEP, "following = rewards[t] + gamma * continues[t] * values[t + 1].to(rewards.dtype)"),
    ),
    MULTI_STEP.misconception(
        "no_discount",
        "Your return adds up rewards without discounting: each step back multiplies what follows by gamma.",
        ("gamma * continues", "continues"),
    ),
    MULTI_STEP.misconception(
        "discounts_from_the_start",
        "Your return discounts by the time since the start of the rollout; it is the time since step t that counts.",
        (_STEP, "following = gamma**t * rewards[t] + continues[t] * following"),
    ),
    MULTI_STEP.misconception(
        "sums_forwards",
        "Your loop runs forwards, so that it adds up the past: a return is made of what is still to come.",
        ("reversed(range(len(rewards)))", "range(len(rewards))"),
    ),
    MULTI_STEP.misconception(
        "fixed_gamma",
        "Your return always discounts by 0.99, whatever gamma it is given.",
        ("gamma * continues", "0.99 * continues"),
    ),
    MULTI_STEP.misconception(
        "writes_into_rewards",
        "returns = rewards does not copy: your loop overwrites the rewards that it was given.",
        ("returns = torch.zeros_like(rewards)", "returns = rewards"),
    ),
    MULTI_STEP.misconception(
        "default_dtype",
        "torch.zeros(shape) makes float32, whatever the rewards are; torch.zeros_like(rewards) keeps their dtype.",
        ("torch.zeros_like(rewards)", "torch.zeros(rewards.shape)"),
    ),
    MULTI_STEP.misconception(
        "subtracts_from_dones",
        "1 - dones works for numbers but not for truth values: torch refuses it for a bool tensor. "
        "Convert first, with dones.to(rewards.dtype).",
        (_CONTINUES, "continues = 1 - dones"),
    ),
    MULTI_STEP.misconception(
        "squeezes",
        "squeeze() removes every axis of size 1: a rollout of one environment, or of one step, loses an axis "
        "that it needs.",
        ("return returns", "return returns.squeeze()"),
    ),
    MULTI_STEP.misconception(
        "matrices_only",
        "Your code unpacks rewards.shape into two sizes; a rollout of one environment has only one axis, [T].",
        (_CONTINUES, "steps, envs = rewards.shape\n    " + _CONTINUES),
    ),
    MULTI_STEP.misconception(
        "mixes_environments",
        "Your return ends for all environments as soon as one of them has ended its episode: "
        "each column has its own dones.",
        ("continues[t] *", "continues[t].min() *"),
    ),
)
