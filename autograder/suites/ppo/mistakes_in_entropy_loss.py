"""Known mistakes in ``entropy_loss``."""

from autograder.suites.altered_cell import AlteredCell

ENTROPY = AlteredCell(
    "entropy_loss",
    """
def entropy_loss(action_dist):
    return -action_dist.entropy().mean()
""",
)
_ENTROPY = "-action_dist.entropy().mean()"

MISCONCEPTIONS = (
    ENTROPY.misconception(
        "sign",
        "Your entropy loss has the wrong sign: minimising it would narrow the policy.",
        (_ENTROPY, _ENTROPY.removeprefix("-")),
    ),
    ENTROPY.misconception(
        "sum",
        "Your entropy loss is a sum over all elements; take the mean.",
        ("mean()", "sum()"),
    ),
    ENTROPY.misconception(
        "sum_over_actions",
        "Your entropy loss adds up the entropies of an action's components; here it is the mean over all elements.",
        ("entropy().mean()", "entropy().sum(-1).mean()"),
    ),
    ENTROPY.misconception(
        "not_reduced",
        "Your entropy loss is one number for each element; take the mean.",
        (_ENTROPY, "-action_dist.entropy()"),
    ),
    ENTROPY.misconception(
        "from_samples",
        "Your entropy loss estimates the entropy from a sample; the distribution knows it exactly: entropy().",
        (_ENTROPY, "action_dist.log_prob(action_dist.sample()).mean()"),
    ),
    ENTROPY.misconception(
        "no_gradient",
        "Your entropy loss is cut off from the graph: nothing can widen the policy.",
        ("entropy().mean()", "entropy().mean().detach()"),
    ),
    ENTROPY.misconception(
        "sum_over_the_batch",
        "Your entropy loss adds up over the observations, so that it grows with the batch; take the mean over all "
        "elements.",
        ("entropy().mean()", "entropy().mean(-1).sum()"),
    ),
    ENTROPY.misconception(
        "mean_over_the_batch_only",
        "Your entropy loss is one number for each component of an action; take the mean over these as well.",
        ("entropy().mean()", "entropy().mean(0)"),
    ),
    ENTROPY.misconception(
        "python_number",
        "Your entropy loss is a plain number (.item()): no gradient can flow through it.",
        (_ENTROPY, _ENTROPY + ".item()"),
    ),
    ENTROPY.misconception(
        "standard_deviation",
        "Your entropy loss is minus the mean standard deviation; the entropy grows with its logarithm.",
        (_ENTROPY, "-action_dist.stddev.mean()"),
    ),
    ENTROPY.misconception(
        "exponential",
        "Your entropy loss takes the exponential of the entropy; leave the entropy as it is.",
        ("entropy().mean()", "entropy().exp().mean()"),
    ),
    ENTROPY.misconception(
        "without_the_constant",
        "Your entropy loss is minus the mean of log sigma; the entropy also has the constant log(2 pi e) / 2.",
        (_ENTROPY, "-action_dist.stddev.log().mean()"),
    ),
    ENTROPY.misconception(
        "deviation_for_variance",
        "Your entropy has sigma where the formula has its square: log(2 pi e sigma^2) / 2.",
        (_ENTROPY, "-(0.5 * torch.log(2 * np.pi * np.e * action_dist.stddev)).mean()"),
    ),
    ENTROPY.misconception(
        "bits",
        "Your entropy is in bits (log2); with the natural logarithm it is in nats, as torch has it.",
        (_ENTROPY, "-(0.5 * torch.log2(2 * np.pi * np.e * action_dist.variance)).mean()"),
    ),
    ENTROPY.misconception(
        "log_prob_of_the_mean",
        "Your entropy loss is the log-probability of the mean; the entropy averages over all actions, "
        "which brings another half.",
        (_ENTROPY, "action_dist.log_prob(action_dist.mean).mean()"),
    ),
    ENTROPY.misconception(
        "as_for_a_discrete_distribution",
        "Your entropy loss is p log p at a single action, half of the formula for discrete distributions; "
        "a Gaussian's entropy is an integral, and entropy() knows it.",
        (
            "return " + _ENTROPY,
            "log_p = action_dist.log_prob(action_dist.mean)\n    return (log_p.exp() * log_p).mean()",
        ),
    ),
    ENTROPY.misconception(
        "never_negative",
        "Your entropy is cut off at zero: that of a continuous distribution may be negative, and a narrow policy "
        "then gets no gradient any more.",
        ("entropy().mean()", "entropy().clamp(min=0).mean()"),
    ),
)
