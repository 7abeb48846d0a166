"""Known mistakes in ``actor_loss``."""

from autograder.suites.altered_cell import AlteredCell

ACTOR = AlteredCell(
    "actor_loss",
    """
def actor_loss(new_log_probs, old_log_probs, advantages, eps=0.2):
    ratio = torch.exp(new_log_probs - old_log_probs.detach())
    advantages = advantages.detach()
    clipped = ratio.clamp(1 - eps, 1 + eps)
    return -torch.minimum(ratio * advantages, clipped * advantages).mean()
""",
)
_RATIO = "ratio = torch.exp(new_log_probs - old_log_probs.detach())"
_OBJECTIVE = "torch.minimum(ratio * advantages, clipped * advantages)"

MISCONCEPTIONS = (
    ACTOR.misconception(
        "sign",
        "Your actor's loss has the wrong sign: the objective is to be maximised, so the loss is minus its mean.",
        ("return -torch", "return torch"),
    ),
    ACTOR.misconception(
        "not_clipped",
        "Your actor's loss does not clip: it lacks the second term of the minimum, with the clipped ratio.",
        (_OBJECTIVE, "(ratio * advantages)"),
    ),
    ACTOR.misconception(
        "clipped_only",
        "Your actor's loss uses the clipped ratio alone: a change for the worse then has no gradient back. "
        "Take the minimum of both terms.",
        (_OBJECTIVE, "(clipped * advantages)"),
    ),
    ACTOR.misconception(
        "maximum",
        "Your actor's loss takes the maximum of the two terms before the sign is turned: "
        "take the minimum, the pessimistic one.",
        ("torch.minimum", "torch.maximum"),
    ),
    ACTOR.misconception(
        "minimum_of_ratios",
        "Your actor's loss takes the minimum of the ratios before multiplying by the advantage: for negative "
        "advantages that is the wrong one. Multiply first.",
        (_OBJECTIVE, "(torch.minimum(ratio, clipped) * advantages)"),
    ),
    ACTOR.misconception(
        "clamps_the_product",
        "Your actor's loss clips ratio times advantage; clip the ratio, then multiply.",
        (_OBJECTIVE, "torch.minimum(ratio * advantages, (ratio * advantages).clamp(1 - eps, 1 + eps))"),
    ),
    ACTOR.misconception(
        "inverted_ratio",
        "Your probability ratio is upside down: new over old, exp(new_log_probs - old_log_probs).",
        (_RATIO, "ratio = torch.exp(old_log_probs.detach() - new_log_probs)"),
    ),
    ACTOR.misconception(
        "no_exponential",
        "Your ratio divides log-probabilities; the ratio of probabilities is the exponential of their difference.",
        (_RATIO, "ratio = new_log_probs / old_log_probs.detach()"),
    ),
    ACTOR.misconception(
        "difference_without_exponential",
        "Your ratio is a difference of log-probabilities; take its exponential.",
        (_RATIO, "ratio = new_log_probs - old_log_probs.detach()"),
    ),
    ACTOR.misconception(
        "sum",
        "Your actor's loss is a sum over samples; take the mean, so that it does not grow with the batch.",
        (").mean()", ").sum()"),
    ),
    ACTOR.misconception(
        "normalises_advantages",
        "Your actor's loss normalises the advantages; that is the trainer's work, done once for all batches.",
        (
            "advantages = advantages.detach()",
            "advantages = advantages.detach()\n"
            "    advantages = (advantages - advantages.mean()) / (advantages.std(unbiased=False) + 1e-8)",
        ),
    ),
    ACTOR.misconception(
        "trains_the_advantages",
        "A gradient of your actor's loss flows into the advantages, and so into the critic: detach them.",
        ("advantages.detach()", "advantages"),
    ),
    ACTOR.misconception(
        "trains_the_old_policy",
        "A gradient of your actor's loss flows into old_log_probs: they are data, detach them.",
        ("old_log_probs.detach()", "old_log_probs"),
    ),
    ACTOR.misconception(
        "no_gradient",
        "Your ratio is computed from detached log-probabilities: nothing trains the policy.",
        ("torch.exp(new_log_probs -", "torch.exp(new_log_probs.detach() -"),
    ),
    ACTOR.misconception(
        "gradient_through_the_clip",
        "Your clip changes the value but not the gradient: samples that have gained enough keep pulling.",
        ("ratio.clamp(1 - eps, 1 + eps)", "ratio + (ratio.clamp(1 - eps, 1 + eps) - ratio).detach()"),
    ),
    ACTOR.misconception(
        "fixed_eps",
        "Your actor's loss always clips at 0.2, whatever eps it is given.",
        ("ratio.clamp(1 - eps, 1 + eps)", "ratio.clamp(0.8, 1.2)"),
    ),
    ACTOR.misconception(
        "works_in_place",
        "Your actor's loss overwrites the advantages (*=), which the next epoch needs again.",
        ("advantages = advantages.detach()", "advantages = advantages.detach()\n    advantages *= -1"),
        ("return -torch.minimum", "return torch.maximum"),
    ),
)
