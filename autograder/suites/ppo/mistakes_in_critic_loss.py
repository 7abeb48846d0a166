"""Known mistakes in ``critic_loss``."""

from autograder.suites.altered_cell import AlteredCell

CRITIC = AlteredCell(
    "critic_loss",
    """
def critic_loss(target_values, pred_values):
    return F.mse_loss(pred_values, target_values.detach())
""",
)
_MSE = "F.mse_loss(pred_values, target_values.detach())"

MISCONCEPTIONS = (
    CRITIC.misconception(
        "sum",
        "Your critic's loss is the sum of the squared errors; take their mean, which does not grow with the batch.",
        ("target_values.detach())", 'target_values.detach(), reduction="sum")'),
    ),
    CRITIC.misconception(
        "half",
        "Your critic's loss is half the mean squared error; here it is the mean squared error itself, "
        "the trainer has a weight for it.",
        (_MSE, "0.5 * " + _MSE),
    ),
    CRITIC.misconception(
        "root",
        "Your critic's loss is the root of the mean squared error; leave the root out.",
        (_MSE, _MSE + ".sqrt()"),
    ),
    CRITIC.misconception(
        "absolute_errors",
        "Your critic's loss averages absolute errors; it is their squares that make values expectations.",
        ("mse_loss", "l1_loss"),
    ),
    CRITIC.misconception(
        "not_reduced",
        "Your critic's loss is one number for each sample; take the mean.",
        ("target_values.detach())", 'target_values.detach(), reduction="none")'),
    ),
    CRITIC.misconception(
        "trains_the_targets",
        "A gradient of your critic's loss flows into its targets, so that it can shrink by moving them: detach them.",
        ("target_values.detach()", "target_values"),
    ),
    CRITIC.misconception(
        "detaches_predictions",
        "Your critic's loss detaches the predictions, which it should train, and not the targets.",
        (_MSE, "F.mse_loss(pred_values.detach(), target_values)"),
    ),
    CRITIC.misconception(
        "broadcasts",
        "Your critic's loss compares every prediction with every target: [N, 1] minus [N] is [N, N].",
        (_MSE, "((pred_values.unsqueeze(-1) - target_values.detach()) ** 2).mean()"),
    ),
    CRITIC.misconception(
        "python_number",
        "Your critic's loss is a plain number (.item()): no gradient can flow through it.",
        (_MSE, _MSE + ".item()"),
    ),
    CRITIC.misconception(
        "negated",
        "Your critic's loss has a minus sign: minimising it would make the errors grow.",
        (_MSE, "-" + _MSE),
    ),
    CRITIC.misconception(
        "signed_errors",
        "Your critic's loss averages the errors themselves: too high and too low cancel out. Square them first.",
        (_MSE, "(pred_values - target_values.detach()).mean()"),
    ),
    CRITIC.misconception(
        "squares_the_mean_error",
        "Your critic's loss squares the mean of the errors: it is zero as soon as they cancel out. "
        "Square each error, then take the mean.",
        (_MSE, "(pred_values - target_values.detach()).mean() ** 2"),
    ),
    CRITIC.misconception(
        "huber",
        "Your critic's loss grows linearly for large errors (Huber, smooth L1); here it is the squared error "
        "throughout.",
        ("mse_loss", "smooth_l1_loss"),
    ),
    CRITIC.misconception(
        "normalises_targets",
        "Your critic's loss normalises the targets: the critic then learns numbers that are no returns.",
        (
            "return F.mse_loss(pred_values, target_values.detach())",
            "targets = target_values.detach()\n"
            "    targets = (targets - targets.mean()) / (targets.std(unbiased=False) + 1e-8)\n"
            "    return F.mse_loss(pred_values, targets)",
        ),
    ),
    CRITIC.misconception(
        "keeps_an_axis",
        "Your critic's loss has shape [1]; a loss is a scalar, shape [].",
        (_MSE, _MSE + ".unsqueeze(0)"),
    ),
    CRITIC.misconception(
        "no_gradient",
        "Your critic's loss is computed without a graph: no gradient reaches the predictions.",
        (_MSE, "F.mse_loss(pred_values.detach(), target_values.detach())"),
    ),
)
