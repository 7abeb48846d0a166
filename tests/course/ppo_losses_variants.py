"""Right cells of PPO's losses that look unlike the reference."""

CRITIC = {
    "by_hand": """
def critic_loss(target_values, pred_values):
    error = pred_values - target_values.detach()
    return torch.mean(error.pow(2))
""",
    "module": """
def critic_loss(target_values, pred_values):
    with torch.no_grad():
        target = target_values.clone()
    return nn.MSELoss()(input=pred_values, target=target)
""",
    "square": """
def critic_loss(target_values, pred_values):
    return torch.square(pred_values - target_values.detach()).mean()
""",
    "sum_over_count": """
def critic_loss(target_values, pred_values):
    error = target_values.detach() - pred_values
    return (error * error).sum() / error.numel()
""",
    "dot_product": """
def critic_loss(target_values, pred_values):
    error = (pred_values - target_values.detach()).flatten()
    return torch.dot(error, error) / len(error)
""",
    "norm": """
def critic_loss(target_values, pred_values):
    return torch.linalg.vector_norm(pred_values - target_values.detach()) ** 2 / pred_values.shape[0]
""",
    "keywords": """
def critic_loss(target_values, pred_values):
    return F.mse_loss(input=pred_values, target=target_values.detach(), reduction="mean")
""",
    "reduced_afterwards": """
def critic_loss(target_values, pred_values):
    return F.mse_loss(pred_values, target_values.detach(), reduction="none").mean(dim=0)
""",
    "binomial": """
def critic_loss(target_values, pred_values):
    t = target_values.detach()
    return (pred_values ** 2).mean() - 2 * (pred_values * t).mean() + (t ** 2).mean()
""",
    "data": """
def critic_loss(target_values, pred_values):
    return ((target_values.data - pred_values) ** 2).mean()
""",
    "optional_argument": """
def critic_loss(target_values, pred_values, weight: float = 1.0):
    td = target_values.detach().sub(pred_values)
    return weight * td.pow(2).mean()
""",
    "helper": """
def mean_square(x):
    return (x ** 2).sum().div(x.nelement())

def critic_loss(target_values, pred_values):
    with torch.no_grad():
        fixed = target_values.detach().clone()
    return mean_square(fixed - pred_values)
""",
}
ACTOR = {
    "maximum": """
def actor_loss(new_log_probs, old_log_probs, advantages, eps=0.2):
    with torch.no_grad():
        A, old = advantages.clone(), old_log_probs.clone()
    r = (new_log_probs - old).exp()
    return torch.max(-A * r, -A * torch.clip(r, min=1.0 - eps, max=1.0 + eps)).mean()
""",
    "bound": """
def actor_loss(new_log_probs, old_log_probs, advantages, eps=0.2):
    advantages = advantages.detach()
    ratio = torch.exp(new_log_probs) / torch.exp(old_log_probs.detach())
    bound = torch.where(advantages >= 0, (1 + eps) * advantages, (1 - eps) * advantages)
    objective = torch.minimum(ratio * advantages, bound)
    return -objective.sum() / objective.numel()
""",
    "two_names": """
def actor_loss(new_log_probs, old_log_probs, advantages, eps=0.2):
    ratio = (new_log_probs - old_log_probs.detach()).exp()
    A = advantages.detach()
    surr1 = ratio * A
    surr2 = torch.clamp(ratio, 1 - eps, 1 + eps) * A
    return -torch.min(surr1, surr2).mean()
""",
    "stacked": """
def actor_loss(new_log_probs, old_log_probs, advantages, eps=0.2):
    r = torch.exp(new_log_probs - old_log_probs.detach())
    terms = torch.stack([r, r.clip(1 - eps, 1 + eps)]) * advantages.detach()
    return terms.amin(dim=0).mean().neg()
""",
    "minimum_and_maximum": """
def actor_loss(new_log_probs, old_log_probs, advantages, eps=0.2):
    r = torch.exp(new_log_probs - old_log_probs.detach())
    limited = torch.minimum(torch.maximum(r, torch.full_like(r, 1 - eps)), torch.full_like(r, 1 + eps))
    A = advantages.detach()
    return (-torch.minimum(r * A, limited * A)).mean()
""",
    "by_sign": """
def actor_loss(new_log_probs, old_log_probs, advantages, eps=0.2):
    A = advantages.detach()
    ratio = torch.exp(new_log_probs - old_log_probs.detach())
    gain = torch.where(A > 0, ratio.clamp(max=1 + eps), ratio.clamp(min=1 - eps)) * A
    return -gain.mean()
""",
    "masked": """
def actor_loss(new_log_probs, old_log_probs, advantages, eps=0.2):
    A, old = advantages.detach(), old_log_probs.detach()
    r = torch.exp(new_log_probs - old)
    spent = ((A > 0) & (r > 1 + eps)) | ((A < 0) & (r < 1 - eps))
    flat = torch.where(A > 0, torch.full_like(A, 1 + eps), torch.full_like(A, 1 - eps)) * A
    return -torch.where(spent, flat, r * A).mean()
""",
    "sum_over_count": """
def actor_loss(new_log_probs, old_log_probs, advantages, eps=0.2):
    ratio = torch.exp(torch.sub(new_log_probs, old_log_probs.detach()))
    A = advantages.detach()
    worst = torch.minimum(ratio * A, torch.clamp(ratio, min=1.0 - eps, max=1.0 + eps) * A)
    return worst.sum() * (-1.0 / worst.numel())
""",
    "hinge": """
def actor_loss(new_log_probs, old_log_probs, advantages, eps=0.2):
    A = advantages.detach()
    r = (new_log_probs - old_log_probs.detach()).exp()
    too_far = F.relu(r - (1 + eps)) * F.relu(A) + F.relu((1 - eps) - r) * F.relu(-A)
    return (too_far - r * A).mean()
""",
    "helper": """
def clipped(ratio, eps):
    return ratio.clamp(1 - eps, 1 + eps)

def actor_loss(new_log_probs, old_log_probs, advantages, eps=0.2):
    advantages, old_log_probs = advantages.detach(), old_log_probs.detach()
    ratio = torch.exp(new_log_probs - old_log_probs)
    objective = torch.min(advantages * ratio, advantages * clipped(ratio, eps))
    return -objective.mean(dim=-1)
""",
    "expm1": """
def actor_loss(new_log_probs, old_log_probs, advantages, eps=0.2):
    r = torch.expm1(new_log_probs - old_log_probs.detach())
    A = advantages.detach()
    return -(A + torch.minimum(r * A, r.clamp(-eps, eps) * A)).mean()
""",
    "optional_argument": """
def actor_loss(new_log_probs, old_log_probs, advantages, eps: float = 0.2, mean: bool = True):
    old, A = old_log_probs.data, advantages.data
    log_ratio = new_log_probs - old
    ratio = log_ratio.exp()
    losses = torch.maximum(-A * ratio, -A * torch.clamp(ratio, 1 - eps, 1 + eps))
    return losses.mean() if mean else losses
""",
}
ENTROPY = {
    "formula": """
def entropy_loss(action_dist):
    return -torch.mean(0.5 + 0.5 * np.log(2 * np.pi) + torch.log(action_dist.stddev))
""",
    "negated_mean": """
def entropy_loss(action_dist):
    entropies = action_dist.entropy()
    return entropies.neg().flatten().mean(dim=0)
""",
    "mean_of_means": """
def entropy_loss(action_dist):
    return -action_dist.entropy().mean(-1).mean(-1)
""",
    "sum_over_count": """
def entropy_loss(action_dist):
    h = action_dist.entropy()
    return -h.sum() / h.numel()
""",
    "independent": """
def entropy_loss(action_dist):
    width = action_dist.batch_shape[-1]
    joint = torch.distributions.Independent(action_dist, 1)
    return -joint.entropy().mean() / width
""",
    "variance": """
def entropy_loss(action_dist):
    return -(0.5 * torch.log(2 * np.pi * np.e * action_dist.variance)).mean()
""",
    "scale": """
def entropy_loss(action_dist):
    constant = 0.5 * (1 + np.log(2 * np.pi))
    return -(action_dist.scale.log().mean() + constant)
""",
    "torch_mean": """
def entropy_loss(action_dist):
    return torch.mean(torch.neg(action_dist.entropy()))
""",
    "log_prob_of_the_mean": """
def entropy_loss(action_dist):
    return (action_dist.log_prob(action_dist.mean) - 0.5).mean()
""",
    "flattened": """
def entropy_loss(action_dist):
    return action_dist.entropy().reshape(-1).mean() * -1
""",
    "optional_argument": """
def entropy_loss(action_dist, weight=1.0):
    return weight * action_dist.entropy().mean().neg()
""",
    "helper": """
import math

def gaussian_entropy(std):
    return std.log() + 0.5 * math.log(2 * math.pi * math.e)

def entropy_loss(action_dist):
    return -gaussian_entropy(action_dist.stddev).mean()
""",
}
