"""Right losses."""

LOSSES = {
    "dot": "def policy_gradient_loss(log_prob, score):\n    return -torch.dot(log_prob, score) / len(score)\n",
    "mean_of_negative": """
def policy_gradient_loss(log_prob, score):
    return torch.mean(-log_prob * score.detach())
""",
    "loop": """
def policy_gradient_loss(log_prob, score):
    loss = 0
    for lp, s in zip(log_prob, score):
        loss = loss - lp * s
    return loss / log_prob.shape[0]
""",
    "einsum": """
def policy_gradient_loss(log_prob, score):
    return -torch.einsum("n,n->", log_prob, score) / score.numel()
""",
    "flattened": """
def policy_gradient_loss(log_prob, score):
    if log_prob.shape != score.shape:
        raise ValueError(f"expected the same shapes, received {log_prob.shape} and {score.shape}")
    return (log_prob.flatten() * score.flatten()).mean().neg()
""",
    "stacked": """
def policy_gradient_loss(log_prob: Tensor, score: Tensor) -> Tensor:
    assert log_prob.ndim == score.ndim == 1
    weighted = torch.stack([log_prob, score]).prod(dim=0)
    return -1.0 * weighted.sum() / weighted.numel()
""",
    "matmul": """
def policy_gradient_loss(log_prob, score):
    return -(log_prob @ score) / len(log_prob)
""",
    "inner": """
def policy_gradient_loss(log_prob, score):
    return torch.inner(log_prob, -score).div(log_prob.size(0))
""",
    "sum_over_count": """
def policy_gradient_loss(log_prob, score, reduction=torch.sum):
    return -reduction(log_prob * score) / float(log_prob.numel())
""",
    "lambda": """
policy_gradient_loss = lambda log_prob, score: -torch.mean(torch.mul(log_prob, score))
""",
    "own_copies": """
def policy_gradient_loss(log_prob, score):
    products = log_prob.clone()
    products *= score
    return products.neg_().mean()
""",
    "helper": """
def weighted(log_prob, weights):
    return log_prob * weights

def policy_gradient_loss(log_prob, score):
    return (0.0 - weighted(weights=score, log_prob=log_prob)).mean()
""",
}
