"""Right cells of PPO's returns and advantages that look unlike the reference."""

ONE_STEP = {
    "loop": """
def one_step_returns(rewards, values, dones, gamma=0.99):
    result = []
    for t in range(rewards.shape[0]):
        future = torch.where(dones[t].bool(), torch.zeros_like(values[t + 1]), values[t + 1])
        result.append((rewards[t] + gamma * future).to(rewards.dtype))
    return torch.stack(result)
""",
    "numpy": """
def one_step_returns(rewards, values, dones, gamma=0.99):
    r, v, d = (x.detach().cpu().numpy() for x in (rewards, values, dones))
    return torch.from_numpy((r + gamma * np.where(d, 0, v[1:])).astype(r.dtype)).to(rewards.device)
""",
    "where": """
def one_step_returns(rewards, values, dones, gamma=0.99):
    following = values[1:].to(rewards)
    return torch.where(dones.bool(), rewards, rewards + gamma * following)
""",
    "logical_not": """
def one_step_returns(rewards, values, dones, gamma=0.99):
    alive = torch.logical_not(dones).type_as(rewards)
    return torch.addcmul(rewards, alive, values[1:].type_as(rewards), value=gamma)
""",
    "own_copy_in_place": """
def one_step_returns(rewards, values, dones, gamma=0.99):
    future = values[1:].clone()
    future[dones.to(torch.bool)] = 0
    future *= gamma
    future += rewards
    return future.to(rewards.dtype)
""",
    "preallocated": """
def one_step_returns(rewards, values, dones, gamma=0.99):
    T = len(rewards)
    returns = torch.empty_like(rewards)
    for t in range(T):
        mask = 1 - dones[t].to(rewards.dtype)
        returns[t] = rewards[t] + gamma * mask * values[t + 1]
    return returns
""",
    "backwards": """
def one_step_returns(rewards, values, dones, gamma=0.99):
    returns = []
    for t in range(rewards.shape[0] - 1, -1, -1):
        returns.append(rewards[t] + gamma * values[t + 1] * (dones[t] == 0))
    return torch.stack(returns[::-1]).to(rewards.dtype)
""",
    "double_inside": """
@torch.no_grad()
def one_step_returns(rewards, values, dones, gamma=0.99):
    r, v, d = rewards.double(), values.double(), dones.double()
    return (r + gamma * v[1:] - gamma * v[1:] * d).to(rewards.dtype)
""",
    "helper": """
def not_done(dones, like):
    return like.new_ones(like.shape) - dones.to(like.dtype)

def one_step_returns(rewards, values, dones, gamma=0.99):
    next_values = values.narrow(0, 1, rewards.shape[0])
    return rewards + not_done(dones, rewards) * next_values * gamma
""",
    "masked_fill": """
def one_step_returns(rewards, values, dones, gamma: float = 0.99, *, terminal_value: float = 0.0):
    bootstrap = values[1:].masked_fill(dones > 0, terminal_value)
    return torch.add(rewards, bootstrap.to(rewards.dtype), alpha=gamma)
""",
    "row_by_row": """
def one_step_returns(rewards, values, dones, gamma=0.99):
    rows = zip(rewards, values[1:], dones.to(rewards.dtype))
    return torch.stack([r + gamma * (1.0 - d) * v for r, v, d in rows])
""",
    "reversed_factors": """
def one_step_returns(rewards, values, dones, gamma=0.99):
    discounts = torch.full_like(rewards, gamma)
    discounts[dones.bool()] = 0.0
    _, successors = torch.split(values, [1, len(values) - 1])
    return discounts * successors + rewards
""",
}
MULTI_STEP = {
    "list": """
def multi_step_returns(rewards, values, dones, gamma=0.99):
    G = values[-1].clone()
    out = []
    for r, d in zip(reversed(rewards.unbind(0)), reversed(dones.unbind(0))):
        G = torch.where(d > 0, r, r + gamma * G)
        out.insert(0, G)
    return torch.stack(out).type_as(rewards)
""",
    "matrix": """
def multi_step_returns(rewards, values, dones, gamma=0.99):
    T = rewards.size(0)
    flat = rewards.reshape(T, -1).double()
    ended = dones.reshape(T, -1).double()
    out = torch.empty_like(flat)
    for t in range(T):
        alive = torch.cumprod(torch.cat([torch.ones(1, flat.size(1)).double(), 1 - ended[t:]]), dim=0)
        weights = alive * (gamma ** torch.arange(T - t + 1).double())[:, None]
        terms = torch.cat([flat[t:], values[-1:].reshape(1, -1).double()])
        out[t] = (weights * terms).sum(0)
    return out.reshape(rewards.shape).to(rewards.dtype)
""",
    "numpy": """
def multi_step_returns(rewards, values, dones, gamma=0.99):
    r, v, d = (x.detach().cpu().numpy() for x in (rewards, values, dones))
    out, following = np.empty_like(r), v[-1]
    for t in range(len(r) - 1, -1, -1):
        following = r[t] + gamma * np.where(d[t], 0.0, following)
        out[t] = following
    return torch.from_numpy(out).to(rewards.device)
""",
    "recursion": """
def multi_step_returns(rewards, values, dones, gamma=0.99):
    def go(t):
        if t == len(rewards):
            return [values[-1].to(rewards.dtype)]
        later = go(t + 1)
        return [rewards[t] + gamma * later[0] * (dones[t] == 0), *later]
    return torch.stack(go(0)[:-1]).to(rewards.dtype)
""",
    "own_copy_in_place": """
def multi_step_returns(rewards, values, dones, gamma=0.99):
    G = rewards.clone()
    keep = gamma * (1 - dones.to(G.dtype))
    G[-1] += keep[-1] * values[-1]
    for t in range(len(G) - 2, -1, -1):
        G[t] += keep[t] * G[t + 1]
    return G
""",
    "one_row_more": """
def multi_step_returns(rewards, values, dones, gamma=0.99):
    returns = torch.cat([torch.zeros_like(rewards), values[-1:].to(rewards.dtype)])
    for t in reversed(range(rewards.size(0))):
        returns[t] = rewards[t] + gamma * returns[t + 1] * (1 - dones[t].to(rewards.dtype))
    return returns[:-1]
""",
    "while_loop": """
def multi_step_returns(rewards, values, dones, gamma=0.99):
    t, g, collected = rewards.shape[0], values[-1], []
    while t > 0:
        t -= 1
        g = g.masked_fill(dones[t].bool(), 0.0)
        g = rewards[t] + gamma * g
        collected.append(g)
    return torch.flip(torch.stack(collected), dims=[0]).to(rewards.dtype)
""",
    "accumulate": """
from itertools import accumulate

def multi_step_returns(rewards, values, dones, gamma=0.99):
    steps = zip(rewards.flip(0), dones.to(rewards.dtype).flip(0))
    backwards = accumulate(steps, lambda g, step: step[0] + gamma * (1 - step[1]) * g, initial=values[-1])
    return torch.stack(list(backwards)[1:]).flip(0).to(rewards.dtype)
""",
    "no_grad_double": """
@torch.no_grad()
def multi_step_returns(rewards, values, dones, gamma=0.99):
    r, d = rewards.double(), dones.double()
    g, out = values[-1].double(), torch.zeros_like(r)
    for i in range(len(r)):
        t = len(r) - 1 - i
        g = r[t] + gamma * (1 - d[t]) * g
        out[t] = g
    return out.to(rewards.dtype)
""",
    "column_by_column": """
def multi_step_returns(rewards, values, dones, gamma=0.99):
    if rewards.dim() == 2:
        columns = zip(rewards.T, values.T, dones.T)
        return torch.stack([multi_step_returns(r, v, d, gamma) for r, v, d in columns], dim=1)
    out, g = torch.zeros_like(rewards), float(values[-1])
    for t in reversed(range(len(rewards))):
        g = float(rewards[t]) + (0.0 if bool(dones[t]) else gamma * g)
        out[t] = g
    return out
""",
    "by_errors": """
def multi_step_returns(rewards, values, dones, gamma=0.99):
    # The one-step errors add up to the return minus the value.
    alive = 1 - dones.to(rewards.dtype)
    deltas = rewards + gamma * alive * values[1:] - values[:-1]
    total, totals = torch.zeros_like(deltas[0]), []
    for delta, a in zip(deltas.flip(0), alive.flip(0)):
        total = delta + gamma * a * total
        totals.append(total)
    return (torch.stack(totals).flip(0) + values[:-1]).to(rewards.dtype)
""",
    "optional_argument": """
def discounted_step(reward, done, following, gamma):
    return reward + torch.where(done.bool(), torch.zeros_like(following), gamma * following)

def multi_step_returns(rewards, values, dones, gamma=0.99, bootstrap=True):
    following = values[-1] if bootstrap else torch.zeros_like(values[-1])
    returns = rewards.new_zeros(rewards.shape)
    for step in range(rewards.shape[0])[::-1]:
        returns[step] = following = discounted_step(rewards[step], dones[step], following, gamma)
    return returns
""",
}
GAE = {
    "list": """
def compute_gae(rewards, values, dones, gamma=0.99, gae_lambda=0.95):
    advantage, advantages = 0.0, []
    for t in range(len(rewards) - 1, -1, -1):
        running = (dones[t] == 0).to(rewards.dtype)
        delta = rewards[t] + gamma * values[t + 1] * running - values[t]
        advantage = delta + gamma * gae_lambda * running * advantage
        advantages.append(advantage)
    advantages = torch.stack(advantages[::-1]).to(rewards.dtype)
    return [advantages + values[:-1].to(rewards.dtype), advantages]
""",
    "numpy": """
def compute_gae(rewards, values, dones, gamma=0.99, gae_lambda=0.95):
    r, v, d = (np.array(x.tolist(), dtype=np.float64) for x in (rewards, values, dones))
    adv = np.zeros_like(r)
    last = np.zeros(r.shape[1:])
    for t in reversed(range(r.shape[0])):
        last = r[t] + gamma * v[t + 1] * (1 - d[t]) - v[t] + gamma * gae_lambda * (1 - d[t]) * last
        adv[t] = last
    advantages = torch.tensor(adv, dtype=rewards.dtype)
    return torch.tensor(adv + v[:-1], dtype=rewards.dtype), advantages
""",
    "preallocated": """
def compute_gae(rewards, values, dones, gamma=0.99, gae_lambda=0.95):
    v, alive = values.to(rewards.dtype), 1.0 - dones.to(rewards.dtype)
    advantages = torch.empty_like(rewards)
    carry = rewards.new_zeros(rewards.shape[1:])
    for t in reversed(range(len(rewards))):
        delta = rewards[t] + gamma * alive[t] * v[t + 1] - v[t]
        carry = delta + gamma * gae_lambda * alive[t] * carry
        advantages[t] = carry
    return advantages + v[:-1], advantages
""",
    "lambda_returns": """
def compute_gae(rewards, values, dones, gamma=0.99, gae_lambda=0.95):
    # By the recursion of lambda-returns.
    v, alive = values.to(rewards.dtype), 1 - dones.to(rewards.dtype)
    returns, following = [], v[-1]
    for t in reversed(range(len(rewards))):
        mixed = (1 - gae_lambda) * v[t + 1] + gae_lambda * following
        following = rewards[t] + gamma * alive[t] * mixed
        returns.append(following)
    returns = torch.stack(returns[::-1])
    return returns, returns - v[:-1]
""",
    "weights": """
def compute_gae(rewards, values, dones, gamma=0.99, gae_lambda=0.95):
    # The definition: a sum over all later errors.
    r, v, d = rewards.double(), values.double(), dones.double()
    deltas = r + gamma * (1 - d) * v[1:] - v[:-1]
    advantages = torch.zeros_like(r)
    for t in range(len(r)):
        weight = torch.ones_like(r[0])
        for k in range(t, len(r)):
            advantages[t] += weight * deltas[k]
            weight = weight * gamma * gae_lambda * (1 - d[k])
    return (advantages + v[:-1]).to(rewards.dtype), advantages.to(rewards.dtype)
""",
    "own_copy_in_place": """
def compute_gae(rewards, values, dones, gamma=0.99, gae_lambda=0.95):
    adv = rewards - values[:-1]
    cont = (dones == 0).to(rewards.dtype)
    adv += gamma * cont * values[1:]
    for t in range(len(adv) - 2, -1, -1):
        adv[t] += gamma * gae_lambda * cont[t] * adv[t + 1]
    return adv + values[:-1], adv
""",
    "recursion": """
def compute_gae(rewards, values, dones, gamma=0.99, gae_lambda=0.95):
    def advantage(t):
        if t == len(rewards):
            return []
        later = advantage(t + 1)
        running = 1 - dones[t].to(rewards.dtype)
        now = rewards[t] + gamma * running * values[t + 1] - values[t]
        return [now + (gamma * gae_lambda * running * later[0] if later else 0.0), *later]
    advantages = torch.stack(advantage(0)).to(rewards.dtype)
    return advantages + values[:-1].to(rewards.dtype), advantages
""",
    "by_parts": """
def td_errors(rewards, values, dones, gamma):
    return one_step_returns(rewards, values, dones, gamma) - values[:-1].to(rewards.dtype)

def compute_gae(rewards, values, dones, gamma=0.99, gae_lambda=0.95):
    # Advantages are multi-step returns of the errors, with another discount and nothing to come.
    nothing = torch.zeros_like(values)
    errors = td_errors(rewards, values, dones, gamma)
    advantages = multi_step_returns(errors, nothing, dones, gamma * gae_lambda)
    return advantages + values[:-1].to(rewards.dtype), advantages
""",
    "where": """
@torch.no_grad()
def compute_gae(rewards, values, dones, gamma=0.99, gae_lambda=0.95):
    ended = dones.bool()
    next_values = torch.where(ended, torch.zeros_like(values[1:]), values[1:])
    running, out = torch.zeros_like(rewards[-1]), {}
    for t in range(rewards.shape[0])[::-1]:
        running = torch.where(ended[t], torch.zeros_like(running), running)
        running = rewards[t] + gamma * next_values[t] - values[t] + gamma * gae_lambda * running
        out[t] = running
    advantages = torch.stack([out[t] for t in range(rewards.shape[0])]).to(rewards.dtype)
    return torch.add(advantages, values[:-1]).to(rewards.dtype), advantages
""",
    "column_by_column": """
def compute_gae(rewards, values, dones, gamma=0.99, gae_lambda=0.95):
    if rewards.ndim > 1:
        pairs = [compute_gae(rewards[:, b], values[:, b], dones[:, b], gamma, gae_lambda)
                 for b in range(rewards.shape[1])]
        return tuple(torch.stack(part, dim=-1) for part in zip(*pairs))
    advantages, last = torch.zeros_like(rewards), 0.0
    for t in reversed(range(len(rewards))):
        go = 0.0 if dones[t] else 1.0
        last = rewards[t] + gamma * go * values[t + 1] - values[t] + gamma * gae_lambda * go * last
        advantages[t] = last
    return advantages + values[:-1].to(rewards.dtype), advantages
""",
    "one_row_more": """
def compute_gae(rewards, values, dones, gamma=0.99, gae_lambda=0.95):
    not_done = torch.ones_like(rewards) - dones.type_as(rewards)
    padded = torch.zeros_like(torch.cat([rewards, rewards[-1:]]))
    for t in range(len(rewards) - 1, -1, -1):
        error = rewards[t] + gamma * values[t + 1] * not_done[t] - values[t]
        padded[t] = error + gamma * gae_lambda * not_done[t] * padded[t + 1]
    advantages = padded[:-1].clone()
    return advantages.add(values[:-1]).to(rewards.dtype), advantages
""",
    "named_result": """
class Estimates(NamedTuple):
    returns: Tensor
    advantages: Tensor

def compute_gae(rewards, values, dones, gamma=0.99, gae_lambda=0.95, *, normalise=False):
    values, mask = values.to(rewards.dtype), dones.to(rewards.dtype).neg().add(1)
    gains, decay, acc = rewards + gamma * mask * values[1:] - values[:-1], gamma * gae_lambda, 0.0
    rows = []
    for gain, m in zip(reversed(gains.unbind()), reversed(mask.unbind())):
        acc = gain + decay * m * acc
        rows.insert(0, acc)
    advantages = torch.stack(rows)
    if normalise:
        advantages = (advantages - advantages.mean()) / advantages.std()
    return Estimates(advantages + values[:-1], advantages)
""",
}
