"""Right solutions of the REINFORCE assignment that look unlike the reference: hidden checks must pass every one."""

from tests.course.variant import Variant

ACTORS = {
    "probabilities": """
class Actor(nn.Module):
    def __init__(self, obs_dim, action_dim, hidden_dim=32):
        super(Actor, self).__init__()
        self.fc1 = nn.Linear(obs_dim, hidden_dim)
        self.fc2 = nn.Linear(hidden_dim, action_dim)

    def forward(self, obs):
        h = F.relu(self.fc1(obs))
        return Categorical(torch.softmax(self.fc2(h), dim=-1))

    def get_action(self, obs, greedy=False):
        dist = self.forward(torch.tensor(obs, dtype=torch.float32).view(1, -1))
        if greedy:
            return int(torch.argmax(dist.probs, dim=1)[0])
        return int(dist.sample()[0])
""",
    "log_softmax_two_layers": """
class Actor(nn.Module):
    def __init__(self, obs_dim: int, action_dim: int, hidden_dim: int = 32):
        super().__init__()
        sizes = [obs_dim, hidden_dim, hidden_dim]
        blocks = []
        for a, b in zip(sizes, sizes[1:]):
            blocks += [nn.Linear(a, b), nn.ELU()]
        self.body = nn.Sequential(*blocks)
        self.head = nn.Linear(hidden_dim, action_dim, bias=False)

    def forward(self, obs):
        return torch.distributions.Categorical(logits=F.log_softmax(self.head(self.body(obs)), dim=1))

    @torch.no_grad()
    def get_action(self, obs, greedy=False):
        dist = self(torch.from_numpy(np.asarray(obs, dtype=np.float32))[None])
        action = dist.mode if greedy else dist.sample()
        return action.item()
""",
    "linear_with_norm": """
class Actor(nn.Module):
    def __init__(self, obs_dim, action_dim, hidden_dim=32, gain=0.1):
        super().__init__()
        self.first = nn.Linear(obs_dim, hidden_dim)
        self.norm = nn.LayerNorm(hidden_dim)
        self.last = nn.Linear(hidden_dim, action_dim)
        nn.init.orthogonal_(self.last.weight, gain)

    def forward(self, obs):
        return Categorical(logits=self.last(F.silu(self.norm(self.first(obs)))))

    def get_action(self, obs, greedy=False):
        with torch.inference_mode():
            logits = self(torch.FloatTensor(obs).unsqueeze(0)).logits[0]
            if greedy:
                return logits.argmax().item()
            return torch.multinomial(logits.softmax(0), 1).item()
""",
    "module_list": """
class Actor(nn.Module):
    def __init__(self, obs_dim, action_dim, hidden_dim=32):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(obs_dim, hidden_dim), nn.Linear(hidden_dim, action_dim)])

    def forward(self, obs):
        *hidden, last = self.layers
        for layer in hidden:
            obs = torch.tanh(layer(obs))
        return Categorical(logits=last(obs))

    def get_action(self, obs, greedy=False):
        probs = self(torch.as_tensor(obs).float()).probs.detach().numpy()
        if greedy:
            return int(np.argmax(probs))
        return int(np.searchsorted(np.cumsum(probs), torch.rand(()).item() * probs.sum()).clip(0, len(probs) - 1))
""",
    "gumbel": """
class Mlp(nn.Sequential):
    def __init__(self, inputs, width, outputs):
        super().__init__(nn.Linear(inputs, width), nn.GELU(), nn.Linear(width, outputs))

class Actor(nn.Module):
    def __init__(self, obs_dim, action_dim, hidden_dim=32):
        super().__init__()
        self.policy = Mlp(obs_dim, hidden_dim, action_dim)

    def forward(self, obs):
        return Categorical(logits=self.policy(obs.to(torch.float32)))

    def get_action(self, obs, greedy: bool = False) -> int:
        with torch.no_grad():
            z = self.policy(torch.as_tensor(np.array(obs), dtype=torch.float32))
            noise = 0.0 if greedy else torch.distributions.Gumbel(0.0, 1.0).sample(z.shape)
        return int((z + noise).argmax(-1))
""",
    "parameters_by_hand": """
class Actor(nn.Module):
    def __init__(self, obs_dim, action_dim, hidden_dim=32):
        super().__init__()
        self.w1 = nn.Parameter(torch.randn(obs_dim, hidden_dim) / obs_dim**0.5)
        self.b1 = nn.Parameter(torch.zeros(hidden_dim))
        self.w2 = nn.Parameter(torch.randn(hidden_dim, action_dim) / hidden_dim**0.5)
        self.b2 = nn.Parameter(torch.zeros(action_dim))

    def logits(self, obs):
        return torch.tanh(obs @ self.w1 + self.b1) @ self.w2 + self.b2

    def forward(self, obs):
        return Categorical(logits=self.logits(obs))

    def get_action(self, obs, greedy=False):
        obs = torch.as_tensor(obs, dtype=torch.float32)
        return self.logits(obs).argmax().item() if greedy else self(obs).sample().item()
""",
}
COLLECTORS = {
    "arrays": """
def collect_experience(env, actor, num_episodes, score_fn=None):
    O, A, S, totals, lengths = [], [], [], [], []
    for episode in range(num_episodes):
        state = env.reset()[0]
        rewards = []
        while True:
            a = actor.get_action(state)
            next_state, r, terminated, truncated, info = env.step(a)
            O.append(torch.from_numpy(np.array(state)).float()); A.append(a); rewards.append(r)
            state = next_state
            if terminated or truncated:
                break
        scores = np.full(len(rewards), np.sum(rewards)) if score_fn is None else np.asarray(score_fn(rewards))
        S.append(scores); totals.append(np.sum(rewards)); lengths.append(len(rewards))
    return (torch.stack(O), torch.LongTensor(A), torch.from_numpy(np.concatenate(S)).to(torch.float32),
            dict(mean_return=np.mean(totals).item(), mean_len=np.mean(lengths).item()))
""",
    "one_function_per_episode": """
def play(env, actor):
    obs, _ = env.reset()
    steps, over = [], False
    while not over:
        action = actor.get_action(obs, greedy=False)
        following, reward, terminated, truncated, _ = env.step(action)
        steps.append((np.asarray(obs, dtype=np.float32), action, float(reward)))
        obs, over = following, terminated | truncated
    return steps

def total(rewards):
    return [sum(rewards)] * len(rewards)

def collect_experience(env, actor, num_episodes, score_fn=None):
    episodes = [play(env, actor) for _ in range(num_episodes)]
    rewards = [[r for _, _, r in episode] for episode in episodes]
    scores = [torch.as_tensor(np.array((score_fn or total)(each)), dtype=torch.float32) for each in rewards]
    flat = [step for episode in episodes for step in episode]
    observations = torch.as_tensor(np.stack([o for o, _, _ in flat]))
    actions = torch.as_tensor([a for _, a, _ in flat])
    info = {"mean_return": sum(map(sum, rewards)) / num_episodes, "mean_len": len(flat) / num_episodes,
            "episodes": num_episodes}
    return observations, actions, torch.cat(scores), info
""",
    "samples_from_forward": """
@torch.no_grad()
def collect_experience(env, actor, num_episodes, score_fn=None):
    if score_fn is None:
        score_fn = lambda rewards: np.ones(len(rewards)) * np.sum(rewards)
    data = {"obs": [], "actions": [], "scores": []}
    returns, count = [], 0
    obs, _ = env.reset()
    rewards = []
    while count < num_episodes:
        x = torch.tensor(obs, dtype=torch.float32)
        action = actor(x[None]).sample()[0]
        data["obs"].append(x)
        data["actions"].append(action)
        obs, reward, terminated, truncated, _ = env.step(int(action))
        rewards.append(float(reward))
        if terminated or truncated:
            data["scores"] += [float(each) for each in score_fn(rewards)]
            returns.append(sum(rewards))
            rewards, count = [], count + 1
            obs, _ = env.reset()
    return (torch.stack(data["obs"]), torch.stack(data["actions"]).long(), torch.tensor(data["scores"]),
            {"mean_return": float(np.mean(returns)), "mean_len": len(data["obs"]) / count})
""",
    "no_grad_and_numpy_info": """
def collect_experience(env, actor, num_episodes, score_fn=None, device="cpu"):
    observations, actions = [], []
    scores = torch.empty(0)
    returns = np.zeros(num_episodes)
    for i in range(num_episodes):
        obs, info = env.reset()
        rewards, terminated, truncated = [], False, False
        while not (terminated or truncated):
            observations.append(obs.copy())
            actions.append(actor.get_action(obs))
            obs, reward, terminated, truncated, info = env.step(actions[-1])
            rewards.append(reward)
        returns[i] = sum(rewards)
        new = torch.tensor([returns[i]] * len(rewards)) if score_fn is None else torch.tensor(list(score_fn(rewards)))
        scores = torch.cat([scores, new.float()])
    return (torch.tensor(np.vstack(observations), dtype=torch.float, device=device), torch.tensor(actions),
            scores.to(device), {"mean_return": returns.mean(), "mean_len": len(actions) / num_episodes})
""",
}
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
}
TRAINERS = {
    "scores_as_they_are": """
def train(actor, env_id, lr=1e-2, epochs=50, batch_episodes=10, seed=0, score_fn=None):
    torch.manual_seed(seed)
    np.random.seed(seed)
    env = gym.make(env_id)
    env.action_space.seed(seed)
    env.reset(seed=seed)
    optim = torch.optim.Adam(actor.parameters(), lr)
    history = []
    for _ in range(epochs):
        states, actions, scores, info = collect_experience(env, actor, batch_episodes, score_fn=score_fn)
        optim.zero_grad()
        policy_gradient_loss(actor.forward(states).log_prob(actions), scores).backward()
        optim.step()
        history.append(info["mean_return"])
    return history
""",
    "mean_subtracted": """
def train(actor, env_id, lr=0.01, epochs=100, batch_episodes=8, seed=0, score_fn=None):
    rlhelpers.set_seed(seed)
    actor.train()
    opt = torch.optim.Adam(params=actor.parameters(), lr=lr, betas=(0.9, 0.999))
    means = np.zeros(epochs)
    with gym.make(env_id) as env:
        env.reset(seed=seed)
        for i in tqdm(range(epochs), disable=True):
            obs, act, score, info = collect_experience(env, actor, batch_episodes, score_fn)
            score = score - score.mean()
            loss = policy_gradient_loss(log_prob=actor(obs).log_prob(act), score=score)
            for p in actor.parameters():
                p.grad = None
            loss.backward()
            opt.step()
            means[i] = info["mean_return"]
    return means.tolist()
""",
    "clipped_gradients": """
class FirstResetSeeded(gym.Wrapper):
    def __init__(self, env, seed):
        super().__init__(env)
        self.first = seed

    def reset(self, **kwargs):
        seed, self.first = self.first, None
        return self.env.reset(seed=seed, **kwargs)

def train(actor, env_id, lr=1e-2, epochs=100, batch_episodes=5, seed=0, score_fn=None):
    torch.random.manual_seed(seed)
    env = FirstResetSeeded(gym.make(env_id), seed)
    optimizer = torch.optim.AdamW(actor.parameters(), lr=lr, weight_decay=0.0)
    returns = []
    while len(returns) < epochs:
        obs, actions, scores, info = collect_experience(env, actor, batch_episodes, score_fn)
        dist = actor(obs)
        optimizer.zero_grad(set_to_none=False)
        (policy_gradient_loss(dist.log_prob(actions), standardise(scores))).backward()
        torch.nn.utils.clip_grad_norm_(actor.parameters(), 1.0)
        optimizer.step()
        returns += [float(info["mean_return"])]
    env.close()
    return returns
""",
    "own_loss_scaled": """
def train(actor, env_id, lr=1e-2, epochs=100, batch_episodes=5, seed=0, score_fn=None):
    torch.manual_seed(seed)
    env, out = gym.make(env_id), []
    opt = torch.optim.Adam([*actor.parameters()], lr=lr)
    _ = env.reset(seed=seed)
    for epoch in range(1, epochs + 1):
        *batch, info = collect_experience(env, actor, num_episodes=batch_episodes, score_fn=score_fn)
        obs, actions, scores = batch
        spread = scores.std() if len(scores) > 1 and scores.std() > 1e-6 else 1.0
        loss = policy_gradient_loss(actor(obs).log_prob(actions), scores / spread)
        opt.zero_grad()
        loss.backward()
        opt.step()
        out.append(float(info["mean_return"]))
    return out
""",
}
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
}
VALUES = {
    "relu": """
class ValueNetwork(nn.Module):
    def __init__(self, obs_dim, hidden_dim=32):
        super().__init__()
        self.fc1 = nn.Linear(obs_dim, hidden_dim)
        self.fc2 = nn.Linear(hidden_dim, 1)

    def forward(self, obs):
        return self.fc2(F.relu(self.fc1(obs)))[:, 0]
""",
    "two_layers": """
class ValueNetwork(nn.Module):
    def __init__(self, obs_dim: int, hidden_dim: int = 32):
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(obs_dim, hidden_dim), nn.SiLU(), nn.Linear(hidden_dim, hidden_dim), nn.SiLU())
        self.out = nn.Linear(hidden_dim, 1)

    def forward(self, obs):
        return self.out(self.body(obs)).flatten()
""",
    "dot_product": """
class ValueNetwork(nn.Module):
    def __init__(self, obs_dim, hidden_dim=32):
        super().__init__()
        self.features = nn.Linear(obs_dim, hidden_dim)
        self.weights = nn.Parameter(0.1 * torch.randn(hidden_dim))

    def forward(self, obs):
        return torch.tanh(self.features(obs)) @ self.weights
""",
    "sequential_subclass": """
class ValueNetwork(nn.Sequential):
    def __init__(self, obs_dim, hidden_dim=32):
        super().__init__(nn.Linear(obs_dim, hidden_dim), nn.Tanh(), nn.Linear(hidden_dim, 1), nn.Flatten(0))
""",
    "reshaped": """
class ValueNetwork(nn.Module):
    def __init__(self, obs_dim, hidden_dim=32, activation=nn.ELU):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(obs_dim, hidden_dim), activation(), nn.Linear(hidden_dim, 1))

    def forward(self, obs):
        return self.net(obs.float()).reshape(len(obs))
""",
    "layer_norm": """
class ValueNetwork(nn.Module):
    def __init__(self, obs_dim, hidden_dim=32):
        super().__init__()
        self.first, self.norm = nn.Linear(obs_dim, hidden_dim), nn.LayerNorm(hidden_dim)
        self.last = nn.Linear(hidden_dim, 1)

    def forward(self, obs):
        return torch.squeeze(self.last(torch.relu(self.norm(self.first(obs)))), dim=1)
""",
}
BASELINES = {
    "one_step_of_each": """
def train_with_baseline(actor, value_network, env_id, lr, epochs, batch_episodes, gamma, seed=0):
    torch.manual_seed(seed)
    env = gym.make(env_id)
    env.reset(seed=seed)
    pi_opt = torch.optim.Adam(actor.parameters(), lr=lr)
    v_opt = torch.optim.Adam(value_network.parameters(), lr=lr)
    score_fn = partial(returns_to_go, gamma=gamma)
    means = []
    for _ in range(epochs):
        obs, actions, returns, info = collect_experience(env, actor, batch_episodes, score_fn)
        values = value_network(obs)
        pi_opt.zero_grad()
        policy_gradient_loss(actor(obs).log_prob(actions), (returns - values).detach()).backward()
        pi_opt.step()
        v_opt.zero_grad()
        ((values - returns) ** 2).mean().backward()
        v_opt.step()
        means.append(info["mean_return"])
    return means
""",
    "standardised_one_optimizer": """
def train_with_baseline(actor, value_network, env_id, lr, epochs, batch_episodes, gamma, seed=0, value_weight=0.5):
    rlhelpers.set_seed(seed)
    optimizer = torch.optim.Adam([*actor.parameters(), *value_network.parameters()], lr=lr)
    history = []
    with gym.make(env_id) as env:
        env.reset(seed=seed)
        for _ in range(epochs):
            obs, actions, returns, info = collect_experience(
                env, actor, batch_episodes, score_fn=lambda rewards: returns_to_go(rewards, gamma))
            with torch.no_grad():
                advantages = standardise(returns - value_network(obs))
            loss = policy_gradient_loss(actor(obs).log_prob(actions), advantages)
            loss = loss + value_weight * F.mse_loss(value_network(obs), returns)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            history.append(float(info["mean_return"]))
    return history
""",
    "values_first": """
def train_with_baseline(actor, value_network, env_id, lr, epochs, batch_episodes, gamma, seed=0):
    torch.manual_seed(seed)
    optimizers = [torch.optim.Adam(each.parameters(), lr=lr) for each in (actor, value_network)]
    env = gym.make(env_id)
    env.reset(seed=seed)
    history = []
    for epoch in range(epochs):
        obs, actions, returns, info = collect_experience(
            env, actor, batch_episodes, lambda rewards: returns_to_go(rewards, gamma))
        for _ in range(10):
            optimizers[1].zero_grad()
            nn.MSELoss()(value_network(obs), returns).backward()
            optimizers[1].step()
        advantages = returns - value_network(obs).detach()
        optimizers[0].zero_grad()
        policy_gradient_loss(actor(obs).log_prob(actions), advantages).backward()
        optimizers[0].step()
        history.append(info["mean_return"])
    return history
""",
    "huge_batches_of_values": """
def fit(network, optimizer, obs, targets, steps):
    for _ in range(steps):
        for batch in torch.randperm(len(obs)).split(16):
            loss = 0.5 * (network(obs[batch]) - targets[batch]).pow(2).mean()
            optimizer.zero_grad(); loss.backward(); optimizer.step()

def train_with_baseline(actor, value_network, env_id, lr, epochs, batch_episodes, gamma, seed=0):
    torch.manual_seed(seed)
    actor_optimizer = torch.optim.Adam(actor.parameters(), lr=lr)
    value_optimizer = torch.optim.Adam(value_network.parameters(), lr=lr)
    env = gym.make(env_id)
    env.reset(seed=seed)
    result = []
    for _ in range(epochs):
        obs, actions, returns, info = collect_experience(
            env, actor, batch_episodes, lambda rewards: returns_to_go(rewards, gamma))
        baseline = value_network(obs).detach()
        loss = policy_gradient_loss(actor(obs).log_prob(actions), returns - baseline)
        actor_optimizer.zero_grad(); loss.backward(); actor_optimizer.step()
        fit(value_network, value_optimizer, obs, returns, 3)
        result.append(info["mean_return"])
    return result
""",
}
_KINDS = {
    "Actor": ACTORS,
    "collect_experience": COLLECTORS,
    "policy_gradient_loss": LOSSES,
    "train": TRAINERS,
    "discounted_return": DISCOUNTED,
    "returns_to_go": TO_GO,
    "ValueNetwork": VALUES,
    "train_with_baseline": BASELINES,
}


def _whole_set(number: int) -> Variant:
    """One right variant of every exercise, in the order of the exercises."""
    cells = {exercise: list(kinds.values())[number % len(kinds)] for exercise, kinds in _KINDS.items()}
    return Variant(f"set_{number}", cells)


VARIANTS = tuple(_whole_set(number) for number in range(6))
"""Each right variant is in one of the sets."""
