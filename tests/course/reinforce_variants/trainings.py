"""Right trainers: ``train``."""

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
    "closure": """
def train(actor, env_id, lr=1e-2, epochs=100, batch_episodes=5, seed=0, score_fn=None):
    torch.manual_seed(seed)
    optimizer = torch.optim.Adam(actor.parameters(), lr=lr)
    mean_returns = []
    env = gym.make(env_id)
    env.reset(seed=seed)
    for _ in range(epochs):
        obs, actions, scores, info = collect_experience(env, actor, batch_episodes, score_fn)
        scores = standardise(scores)
        def closure():
            optimizer.zero_grad()
            loss = policy_gradient_loss(actor(obs).log_prob(actions), scores)
            loss.backward()
            return loss
        optimizer.step(closure)
        mean_returns.append(info["mean_return"])
    return mean_returns
""",
    "log_softmax_by_hand": """
def train(actor, env_id, lr=1e-2, epochs=100, batch_episodes=5, seed=0, score_fn=None):
    torch.manual_seed(seed)
    optimizer = torch.optim.Adam(actor.parameters(), lr=lr)
    mean_returns = []
    env = gym.make(env_id)
    env.reset(seed=seed)
    for _ in range(epochs):
        obs, actions, scores, info = collect_experience(env, actor, batch_episodes, score_fn)
        scores = standardise(scores)
        optimizer.zero_grad()
        log_probs = torch.log_softmax(actor(obs).logits, dim=-1)
        loss = policy_gradient_loss(log_probs.gather(1, actions[:, None]).squeeze(1), scores)
        loss.backward()
        optimizer.step()
        mean_returns.append(info["mean_return"])
    return mean_returns
""",
    "zeroed_afterwards": """
def train(actor, env_id, lr=1e-2, epochs=100, batch_episodes=5, seed=0, score_fn=None):
    torch.manual_seed(seed)
    optimizer = torch.optim.Adam(actor.parameters(), lr=lr)
    mean_returns = []
    env = gym.make(env_id)
    env.reset(seed=seed)
    for _ in range(epochs):
        obs, actions, scores, info = collect_experience(env, actor, batch_episodes, score_fn)
        scores = standardise(scores)
        policy_gradient_loss(actor(obs).log_prob(actions), scores).backward()
        optimizer.step()
        optimizer.zero_grad()
        mean_returns.append(info["mean_return"])
    return mean_returns
""",
    "gradients_by_hand": """
def train(actor, env_id, lr=1e-2, epochs=100, batch_episodes=5, seed=0, score_fn=None):
    torch.manual_seed(seed)
    optimizer = torch.optim.Adam(actor.parameters(), lr=lr)
    mean_returns = []
    env = gym.make(env_id)
    env.reset(seed=seed)
    for _ in range(epochs):
        obs, actions, scores, info = collect_experience(env, actor, batch_episodes, score_fn)
        scores = standardise(scores)
        loss = policy_gradient_loss(actor(obs).log_prob(actions), scores)
        parameters = list(actor.parameters())
        for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters)):
            parameter.grad = gradient
        optimizer.step()
        mean_returns.append(info["mean_return"])
    return mean_returns
""",
    "optimizer_as_argument": """
def train(actor, env_id, lr=1e-2, epochs=100, batch_episodes=5, seed=0, score_fn=None, make_optimizer=torch.optim.Adam):
    torch.manual_seed(seed)
    optimizer = make_optimizer(actor.parameters(), lr=lr)
    mean_returns = []
    env = gym.make(env_id)
    env.reset(seed=seed)
    for _ in tqdm(range(epochs)):
        obs, actions, scores, info = collect_experience(env, actor, batch_episodes, score_fn)
        scores = standardise(scores)
        optimizer.zero_grad()
        loss = policy_gradient_loss(actor(obs).log_prob(actions), scores)
        loss.backward()
        optimizer.step()
        mean_returns.append(info["mean_return"])
    return mean_returns
""",
    "array_of_means": """
def train(actor, env_id, lr=1e-2, epochs=100, batch_episodes=5, seed=0, score_fn=None):
    torch.manual_seed(seed)
    optimizer = torch.optim.Adam(actor.parameters(), lr=lr)
    mean_returns = []
    env = gym.make(env_id)
    env.reset(seed=seed)
    for _ in range(epochs):
        obs, actions, scores, info = collect_experience(env, actor, batch_episodes, score_fn)
        mean, std = scores.mean(), scores.std(unbiased=False)
        scores = (scores - mean) / std.clamp(min=1e-6)
        optimizer.zero_grad()
        loss = policy_gradient_loss(actor(obs).log_prob(actions), scores)
        loss.backward()
        optimizer.step()
        mean_returns.append(float(info["mean_return"]))
    env.close()
    return list(mean_returns)
""",
    "median_subtracted": """
def train(actor, env_id, lr=1e-2, epochs=100, batch_episodes=5, seed=0, score_fn=None):
    torch.manual_seed(seed)
    optimizer = torch.optim.Adam(actor.parameters(), lr=lr)
    mean_returns = []
    env = gym.make(env_id)
    env.reset(seed=seed)
    for _ in [None] * epochs:
        obs, actions, scores, info = collect_experience(env, actor, batch_episodes, score_fn)
        scores = scores - scores.median()
        optimizer.zero_grad()
        loss = policy_gradient_loss(actor(obs).log_prob(actions), scores)
        loss.backward()
        optimizer.step()
        mean_returns.append(info["mean_return"])
    return mean_returns
""",
    "seeded_action_space": """
def train(actor, env_id, lr=1e-2, epochs=100, batch_episodes=5, seed=0, score_fn=None):
    torch.manual_seed(seed)
    optimizer = torch.optim.Adam(actor.parameters(), lr=lr)
    mean_returns = []
    env = gym.make(env_id)
    env.action_space.seed(seed)
    env.reset(seed=seed)
    for _ in range(epochs):
        obs, actions, scores, info = collect_experience(env, actor, batch_episodes, score_fn)
        with torch.no_grad():
            scores = standardise(scores)
        optimizer.zero_grad()
        loss = policy_gradient_loss(actor(obs).log_prob(actions), scores)
        loss.backward()
        optimizer.step()
        mean_returns.append(info["mean_return"])
    return mean_returns
""",
}
