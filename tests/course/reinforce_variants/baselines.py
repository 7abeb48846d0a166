"""Right trainers with a baseline: ``train_with_baseline``."""

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
            env, actor, batch_episodes, partial(returns_to_go, gamma=gamma))
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
            env, actor, batch_episodes, partial(returns_to_go, gamma=gamma))
        baseline = value_network(obs).detach()
        loss = policy_gradient_loss(actor(obs).log_prob(actions), returns - baseline)
        actor_optimizer.zero_grad(); loss.backward(); actor_optimizer.step()
        fit(value_network, value_optimizer, obs, returns, 3)
        result.append(info["mean_return"])
    return result
""",
    "huber_like_square": """
def train_with_baseline(actor, value_network, env_id, lr, epochs, batch_episodes, gamma, seed=0):
    torch.manual_seed(seed)
    env = gym.make(env_id)
    env.reset(seed=seed)
    pi = torch.optim.Adam(actor.parameters(), lr=lr)
    v = torch.optim.Adam(value_network.parameters(), lr=lr)
    history = []
    for _ in range(epochs):
        obs, actions, returns, info = collect_experience(
            env, actor, batch_episodes, partial(returns_to_go, gamma=gamma)
        )
        with torch.no_grad():
            advantages = returns - value_network(obs)
        pi.zero_grad()
        policy_gradient_loss(actor(obs).log_prob(actions), advantages).backward()
        pi.step()
        for _ in range(5):
            v.zero_grad()
            torch.square(value_network(obs) - returns).mean().backward()
            v.step()
        history.append(info["mean_return"])
    return history
""",
    "standardised": """
def train_with_baseline(actor, value_network, env_id, lr, epochs, batch_episodes, gamma, seed=0):
    torch.manual_seed(seed)
    env = gym.make(env_id)
    env.reset(seed=seed)
    pi = torch.optim.Adam(actor.parameters(), lr=lr)
    v = torch.optim.Adam(value_network.parameters(), lr=lr)
    history = []
    for _ in range(epochs):
        obs, actions, returns, info = collect_experience(
            env, actor, batch_episodes, partial(returns_to_go, gamma=gamma)
        )
        advantages = standardise(returns - value_network(obs).detach())
        pi.zero_grad()
        policy_gradient_loss(actor(obs).log_prob(actions), advantages).backward()
        pi.step()
        for _ in range(10):
            v.zero_grad()
            F.mse_loss(value_network(obs), returns).backward()
            v.step()
        history.append(info["mean_return"])
    return history
""",
    "partial": """
def train_with_baseline(actor, value_network, env_id, lr, epochs, batch_episodes, gamma, seed=0, value_steps=4):
    torch.manual_seed(seed)
    env = gym.make(env_id)
    env.reset(seed=seed)
    pi = torch.optim.Adam(actor.parameters(), lr=lr)
    v = torch.optim.Adam(value_network.parameters(), lr=lr)
    history = []
    for _ in range(epochs):
        obs, actions, returns, info = collect_experience(
            env, actor, batch_episodes, partial(returns_to_go, gamma=gamma)
        )
        values = value_network(obs).detach().clone()
        pi.zero_grad()
        policy_gradient_loss(actor(obs).log_prob(actions), returns.sub(values)).backward()
        pi.step()
        for _ in range(value_steps):
            v.zero_grad()
            nn.functional.mse_loss(input=value_network(obs), target=returns).backward()
            v.step()
        history.append(info["mean_return"])
    return history
""",
    "half_squares": """
def train_with_baseline(actor, value_network, env_id, lr, epochs, batch_episodes, gamma, seed=0):
    torch.manual_seed(seed)
    env = gym.make(env_id)
    env.reset(seed=seed)
    pi = torch.optim.Adam(actor.parameters(), lr=lr)
    v = torch.optim.Adam(value_network.parameters(), lr=lr)
    history = []
    for _ in range(epochs):
        obs, actions, returns, info = collect_experience(
            env, actor, batch_episodes, partial(returns_to_go, gamma=gamma)
        )
        pi.zero_grad()
        policy_gradient_loss(actor(obs).log_prob(actions), (returns - value_network(obs)).detach()).backward()
        pi.step()
        for _ in range(8):
            v.zero_grad()
            (0.5 * (returns - value_network(obs)).pow(2)).mean().backward()
            v.step()
        history.append(info["mean_return"])
    return history
""",
    "divided_by_the_spread": """
def train_with_baseline(actor, value_network, env_id, lr, epochs, batch_episodes, gamma, seed=0):
    torch.manual_seed(seed)
    env = gym.make(env_id)
    env.reset(seed=seed)
    pi = torch.optim.Adam(actor.parameters(), lr=lr)
    v = torch.optim.Adam(value_network.parameters(), lr=lr)
    history = []
    for _ in range(epochs):
        obs, actions, returns, info = collect_experience(
            env, actor, batch_episodes, partial(returns_to_go, gamma=gamma)
        )
        advantages = returns - value_network(obs).detach()
        advantages = advantages / (advantages.std(unbiased=False) + 1e-6)
        pi.zero_grad()
        policy_gradient_loss(actor(obs).log_prob(actions), advantages).backward()
        pi.step()
        for _ in range(6):
            v.zero_grad()
            F.mse_loss(value_network(obs), returns).backward()
            v.step()
        history.append(info["mean_return"])
    return history
""",
    "numpy_values": """
def train_with_baseline(actor, value_network, env_id, lr, epochs, batch_episodes, gamma, seed=0):
    torch.manual_seed(seed)
    env = gym.make(env_id)
    env.reset(seed=seed)
    pi = torch.optim.Adam(actor.parameters(), lr=lr)
    v = torch.optim.Adam(value_network.parameters(), lr=lr)
    history = []
    for _ in range(epochs):
        obs, actions, returns, info = collect_experience(
            env, actor, batch_episodes, partial(returns_to_go, gamma=gamma)
        )
        values = value_network(obs).detach().numpy()
        advantages = torch.from_numpy(returns.numpy() - values)
        pi.zero_grad()
        policy_gradient_loss(actor(obs).log_prob(actions), advantages).backward()
        pi.step()
        for _ in range(10):
            v.zero_grad()
            ((value_network(obs) - returns) ** 2).mean().backward()
            v.step()
        history.append(info["mean_return"])
    return history
""",
    "clipped_values": """
def train_with_baseline(actor, value_network, env_id, lr, epochs, batch_episodes, gamma, seed=0):
    torch.manual_seed(seed)
    env = gym.make(env_id)
    env.reset(seed=seed)
    pi = torch.optim.Adam(actor.parameters(), lr=lr)
    v = torch.optim.Adam(value_network.parameters(), lr=lr)
    history = []
    for _ in range(epochs):
        obs, actions, returns, info = collect_experience(
            env, actor, batch_episodes, partial(returns_to_go, gamma=gamma)
        )
        advantages = returns - value_network(obs).detach()
        pi.zero_grad()
        policy_gradient_loss(actor(obs).log_prob(actions), advantages).backward()
        pi.step()
        for _ in range(10):
            loss = F.mse_loss(value_network(obs), returns.detach())
            v.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(value_network.parameters(), 10.0)
            v.step()
        history.append(info["mean_return"])
    return history
""",
    "named_function": """
def train_with_baseline(actor, value_network, env_id, lr, epochs, batch_episodes, gamma, seed=0):
    torch.manual_seed(seed)
    env = gym.make(env_id)
    env.reset(seed=seed)
    pi = torch.optim.Adam(actor.parameters(), lr=lr)
    v = torch.optim.Adam(value_network.parameters(), lr=lr)
    history = []

    def to_go(rewards):
        return returns_to_go(rewards, gamma)

    def advantages_of(returns, network, obs):
        with torch.no_grad():
            return returns - network(obs)

    for _ in range(epochs):
        obs, actions, returns, info = collect_experience(env, actor, batch_episodes, to_go)
        advantages = advantages_of(returns, value_network, obs)
        pi.zero_grad()
        policy_gradient_loss(actor(obs).log_prob(actions), advantages).backward()
        pi.step()
        for _ in range(3):
            v.zero_grad()
            F.mse_loss(value_network(obs), returns).backward()
            v.step()
        history.append(info["mean_return"])
    return history
""",
}
