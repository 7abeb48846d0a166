"""Known mistakes in ``policy_gradient_loss``."""

from autograder.suites.altered_cell import AlteredCell

LOSS = AlteredCell(
    "policy_gradient_loss",
    """
def policy_gradient_loss(log_prob, score):
    products = log_prob * score
    return -products.mean()
""",
)
_PRODUCTS = "products = log_prob * score"
_MEAN = "return -products.mean()"

MISCONCEPTIONS = (
    LOSS.misconception(
        "sign",
        "Your loss lacks the minus: an optimizer minimises, so that good actions become rarer.",
        (_MEAN, "return products.mean()"),
    ),
    LOSS.misconception(
        "sum",
        "Your loss is a sum over the steps: its size, and its gradient's, grows with the number of steps. Take the "
        "mean.",
        (_MEAN, "return -products.sum()"),
    ),
    LOSS.misconception(
        "every_pair",
        "Your product is [N, N]: a [N, 1] meets a [N], every log-probability is multiplied by every score, and all "
        "actions are pushed alike.",
        (_PRODUCTS, "products = log_prob * score.unsqueeze(-1)"),
    ),
    LOSS.misconception(
        "every_pair_summed",
        "Your product is [N, N], a [N, 1] with a [N], and you divide its sum by N: every action gets the sum of all "
        "scores.",
        (_PRODUCTS, "products = log_prob * score.unsqueeze(-1)"),
        (_MEAN, "return -products.sum(0).mean()"),
    ),
    LOSS.misconception(
        "probabilities",
        "Your loss multiplies scores by probabilities, exp(log_prob); the policy gradient has the log-probabilities.",
        (_PRODUCTS, "products = log_prob.exp() * score"),
    ),
    LOSS.misconception(
        "logarithm_twice",
        "Your loss takes the logarithm of something that is one already: log_prob is the log-probability.",
        (_PRODUCTS, "products = torch.log(-log_prob) * score"),
    ),
    LOSS.misconception(
        "no_gradient",
        "Your loss is detached from the policy: no gradient reaches the log-probabilities.",
        (_PRODUCTS, "products = log_prob.detach() * score"),
    ),
    LOSS.misconception(
        "is_a_number",
        "Your loss is a Python number, which has no gradient: return the tensor, without .item().",
        (_MEAN, _MEAN + ".item()"),
    ),
    LOSS.misconception(
        "not_reduced",
        "Your loss has one element per step; reduce it to one number, with a mean.",
        (_MEAN, "return -products"),
    ),
    LOSS.misconception(
        "standardises",
        "Your loss standardises the scores; train does that, here they are used as they are.",
        (_PRODUCTS, "products = log_prob * (score - score.mean()) / (score.std(unbiased=False) + 1e-8)"),
    ),
    LOSS.misconception(
        "subtracts_the_mean",
        "Your loss subtracts the mean of the scores; here they are used as they are.",
        (_PRODUCTS, "products = log_prob * (score - score.mean())"),
    ),
    LOSS.misconception(
        "good_actions_only",
        "Your loss leaves negative scores out; what was bad has to become rarer.",
        (_PRODUCTS, "products = log_prob * score.clamp(min=0.0)"),
    ),
    LOSS.misconception(
        "absolute_scores",
        "Your loss takes the absolute value of the scores: bad actions become likelier as well.",
        (_PRODUCTS, "products = log_prob * score.abs()"),
    ),
    LOSS.misconception(
        "score_minus_log_prob",
        "Your loss is a squared difference, as if scores were to be predicted; it is minus the mean of the products.",
        (_PRODUCTS, "products = -((log_prob - score) ** 2)"),
    ),
    LOSS.misconception(
        "single_precision",
        "Your loss turns everything to float32; keep the dtype of the arguments.",
        (_PRODUCTS, "products = log_prob.float() * score.float()"),
    ),
    LOSS.misconception(
        "turns_scores_round",
        "Your loss negates the scores in place: the caller's scores have another sign afterwards.",
        (_PRODUCTS, "products = log_prob * score.neg_()"),
        (_MEAN, "return products.mean()"),
    ),
)
