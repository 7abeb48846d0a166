"""Right ``discounted_return`` and ``returns_to_go``."""

DISCOUNTED = {
    "horner": """
def discounted_return(rewards, gamma):
    total = 0.0
    for reward in list(rewards)[::-1]:
        total = reward + gamma * total
    return float(total)
""",
    "dot": """
def discounted_return(rewards, gamma):
    rewards = np.asarray(rewards, dtype=float)
    return float(rewards @ gamma ** np.arange(rewards.size))
""",
    "running_weight": """
def discounted_return(rewards, gamma):
    weight, result = 1.0, 0.0
    for r in rewards:
        result += weight * float(r)
        weight *= gamma
    return result
""",
    "polynomial": """
def discounted_return(rewards, gamma):
    return float(np.polynomial.polynomial.polyval(gamma, np.array(rewards, dtype=np.float64)))
""",
    "torch": """
def discounted_return(rewards, gamma):
    r = torch.tensor(np.array(rewards), dtype=torch.float64)
    return (r * torch.pow(torch.tensor(gamma, dtype=torch.float64), torch.arange(len(r)))).sum().item()
""",
    "recursive": """
def discounted_return(rewards, gamma):
    if len(rewards) == 0:
        return 0.0
    return float(rewards[0] + gamma * discounted_return(rewards[1:], gamma))
""",
    "while": """
def discounted_return(rewards, gamma):
    t, total = 0, 0.0
    while t < len(rewards):
        total += rewards[t] * gamma**t
        t += 1
    return float(total)
""",
    "reduce": """
def discounted_return(rewards, gamma):
    from functools import reduce

    return float(reduce(lambda following, reward: float(reward) + gamma * following, reversed(list(rewards)), 0.0))
""",
    "cumprod": """
def discounted_return(rewards, gamma):
    weights = np.cumprod([1.0] + [gamma] * (len(rewards) - 1))
    return float(np.dot(weights, np.asarray(rewards, dtype=np.float64)))
""",
    "first_to_go": """
def discounted_return(rewards, gamma):
    to_go = [0.0]
    for reward in reversed(list(rewards)):
        to_go.append(reward + gamma * to_go[-1])
    return float(to_go[-1])
""",
    "extra_argument": """
def discounted_return(rewards, gamma, start=0):
    return float(sum(r * gamma ** (t - start) for t, r in enumerate(rewards, start=start)))
""",
    "fsum": """
def discounted_return(rewards: Sequence[float], gamma: float = 0.99) -> float:
    import math

    return math.fsum(float(reward) * math.pow(gamma, t) for t, reward in enumerate(rewards))
""",
}

TO_GO = {
    "list": """
def returns_to_go(rewards, gamma):
    out, g = [], 0.0
    for r in reversed(list(rewards)):
        g = float(r) + gamma * g
        out.append(g)
    return np.array(out[::-1])
""",
    "comprehension": """
def returns_to_go(rewards, gamma):
    return np.array([discounted_return(rewards[t:], gamma) for t in range(len(rewards))])
""",
    "plain_list": """
def returns_to_go(rewards, gamma):
    result = []
    running = 0
    for reward in rewards[::-1]:
        running = reward + running * gamma
        result.insert(0, float(running))
    return result
""",
    "matrix": """
def returns_to_go(rewards, gamma):
    steps = np.arange(len(rewards))
    ahead = steps[None, :] - steps[:, None]
    weights = np.where(ahead >= 0, float(gamma) ** np.maximum(ahead, 0), 0.0)
    return weights @ np.asarray(rewards, dtype=np.float64)
""",
    "accumulate": """
def returns_to_go(rewards, gamma):
    from itertools import accumulate

    backwards = accumulate((float(r) for r in reversed(list(rewards))), lambda g, r: r + gamma * g)
    return np.array(list(backwards))[::-1].copy()
""",
    "in_place_on_a_copy": """
def returns_to_go(rewards, gamma):
    g = np.array(rewards, dtype=np.float64)
    for t in range(len(g) - 2, -1, -1):
        g[t] += gamma * g[t + 1]
    return g
""",
    "preallocated_with_one_more": """
def returns_to_go(rewards, gamma):
    g = np.zeros(len(rewards) + 1)
    for t in range(len(rewards) - 1, -1, -1):
        g[t] = rewards[t] + gamma * g[t + 1]
    return g[:-1]
""",
    "recursive": """
def returns_to_go(rewards, gamma):
    if len(rewards) == 0:
        return np.zeros(0)
    rest = returns_to_go(rewards[1:], gamma)
    following = rest[0] if len(rest) else 0.0
    return np.concatenate([[rewards[0] + gamma * following], rest])
""",
    "deque": """
def returns_to_go(rewards, gamma):
    from collections import deque

    out = deque()
    for r in list(rewards)[::-1]:
        out.appendleft(float(r) + (gamma * out[0] if out else 0.0))
    return np.array(out, dtype=np.float64)
""",
    "torch": """
def returns_to_go(rewards, gamma):
    r = torch.as_tensor(np.array(rewards, dtype=np.float64))
    out = torch.zeros_like(r)
    running = torch.zeros((), dtype=r.dtype)
    for t in reversed(range(len(r))):
        running = r[t] + gamma * running
        out[t] = running
    return out.numpy()
""",
    "double_loop": """
def returns_to_go(rewards, gamma):
    result = np.zeros(len(rewards), dtype=float)
    for t in range(len(rewards)):
        for k in range(t, len(rewards)):
            result[t] += gamma ** (k - t) * rewards[k]
    return result
""",
    "shifted_sums": """
def returns_to_go(rewards, gamma):
    r = np.asarray(rewards, dtype=np.float64)
    g = r.copy()
    for shift in range(1, len(r)):
        g[:-shift] += gamma**shift * r[shift:]
    return g
""",
}
