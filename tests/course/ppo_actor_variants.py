"""Right actors of the PPO assignment that look unlike the reference."""

ACTORS = {
    "shared_trunk": """
class Actor(nn.Module):
    def __init__(self, obs_dim: int, action_dim: int, hidden_dim: int):
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Linear(obs_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, hidden_dim), nn.ReLU())
        self.mu = nn.Linear(hidden_dim, action_dim)
        self.critic = nn.Linear(hidden_dim, 1)
        self.log_std = nn.Parameter(torch.zeros(action_dim))

    def get_action_dist(self, obs):
        return torch.distributions.Normal(loc=self.mu(self.trunk(obs)), scale=torch.exp(self.log_std))

    def get_value(self, obs):
        return self.critic(self.trunk(obs))[:, 0]

    def forward(self, obs):
        features = self.trunk(obs)
        dist = torch.distributions.Normal(self.mu(features), self.log_std.exp())
        return dist, self.critic(features).flatten()

    @torch.no_grad()
    def get_action(self, obs, greedy=False):
        dist, _ = self(obs)
        if greedy:
            return dist.loc
        return dist.sample()
""",
    "layer_norm": """
class Body(nn.Module):
    def __init__(self, inputs, outputs, width):
        super().__init__()
        self.first = nn.Linear(inputs, width)
        self.norm = nn.LayerNorm(width)
        self.last = nn.Linear(width, outputs)

    def forward(self, x):
        return self.last(F.silu(self.norm(self.first(x))))

class Actor(nn.Module):
    def __init__(self, obs_dim, action_dim, hidden_dim):
        super().__init__()
        self.normalise = RunningNorm(obs_dim)
        self.mean_net = Body(obs_dim, action_dim, hidden_dim)
        self.value_net = Body(obs_dim, 1, hidden_dim)
        self.log_std = nn.Parameter(-0.5 * torch.ones(action_dim))

    def get_action_dist(self, obs):
        mean = self.mean_net(self.normalise(obs))
        std = torch.ones_like(mean) * self.log_std.exp()
        return Normal(mean, std)

    def get_value(self, obs):
        return torch.squeeze(self.value_net(self.normalise(obs)), dim=1)

    def forward(self, obs):
        return self.get_action_dist(obs), self.get_value(obs)

    def get_action(self, obs, greedy=False):
        dist = self.get_action_dist(obs)
        action = dist.mean if greedy else dist.mean + dist.stddev * torch.randn_like(dist.mean)
        return action.detach()
""",
    "module_list": """
class Actor(nn.Module):
    def __init__(self, obs_dim, action_dim, hidden_dim):
        super().__init__()
        self.normalise = RunningNorm(obs_dim)
        sizes = [obs_dim, hidden_dim, hidden_dim]
        pairs = list(zip(sizes[:-1], sizes[1:]))
        self.pi = nn.ModuleList([linear(a, b) for a, b in pairs])
        self.vf = nn.ModuleList([linear(a, b) for a, b in pairs])
        self.pi_out, self.vf_out = linear(hidden_dim, action_dim, gain=0.01), linear(hidden_dim, 1, gain=1.0)
        self.log_std = nn.Parameter(torch.ones(action_dim) * -1.0)

    def get_action_dist(self, obs):
        x = self.normalise(obs)
        for layer in self.pi:
            x = torch.tanh(layer(x))
        return Normal(self.pi_out(x), self.log_std.exp())

    def get_value(self, obs):
        x = self.normalise(obs)
        for layer in self.vf:
            x = torch.tanh(layer(x))
        return self.vf_out(x).view(-1)

    def forward(self, obs):
        return self.get_action_dist(obs), self.get_value(obs)

    def get_action(self, obs, greedy=False):
        with torch.no_grad():
            dist = self.get_action_dist(obs)
            return dist.mean if greedy else dist.sample()
""",
    "builder": """
def mlp(*sizes, activation=nn.ELU):
    layers = []
    for i in range(len(sizes) - 1):
        layers.append(nn.Linear(sizes[i], sizes[i + 1]))
        if i < len(sizes) - 2:
            layers.append(activation())
    return nn.Sequential(*layers)

class Actor(nn.Module):
    def __init__(self, obs_dim, action_dim, hidden_dim):
        nn.Module.__init__(self)
        self.normalise = RunningNorm(obs_dim)
        self.actor, self.critic = mlp(obs_dim, hidden_dim, hidden_dim, action_dim), mlp(obs_dim, hidden_dim, 1)
        self.log_std = nn.Parameter(torch.zeros(action_dim) - 0.7)

    def get_action_dist(self, obs):
        mu = self.actor(self.normalise(obs))
        return Normal(loc=mu, scale=self.log_std.exp().repeat(mu.shape[0], 1))

    def get_value(self, obs):
        return self.critic(self.normalise(obs))[..., 0]

    def forward(self, obs):
        return self.get_action_dist(obs), self.get_value(obs)

    def get_action(self, obs, greedy=False):
        with torch.no_grad():
            dist = self.get_action_dist(obs)
            return dist.mean if greedy else dist.sample()
""",
    "one_hidden_layer": """
class Actor(nn.Module):
    def __init__(self, obs_dim: int, action_dim: int, hidden_dim: int) -> None:
        super().__init__()
        self.normalise = RunningNorm(obs_dim)
        self.hidden_pi, self.hidden_v = nn.Linear(obs_dim, hidden_dim), nn.Linear(obs_dim, hidden_dim)
        self.mean, self.v = nn.Linear(hidden_dim, action_dim), nn.Linear(hidden_dim, 1)
        self.log_std = nn.Parameter(torch.full([action_dim], -1.0))

    def forward(self, obs):
        x = self.normalise(obs)
        mean = self.mean(F.relu(self.hidden_pi(x)))
        value = self.v(F.relu(self.hidden_v(x))).squeeze(dim=-1)
        return Normal(mean, torch.exp(self.log_std)), value

    def get_action_dist(self, obs):
        return self(obs)[0]

    def get_value(self, obs):
        return self(obs)[1]

    def get_action(self, obs, greedy=False):
        dist = self.get_action_dist(obs)
        return (dist.loc if greedy else dist.sample()).detach()
""",
    "subclasses": """
class ValueHead(nn.Sequential):
    def forward(self, x):
        return super().forward(x).squeeze(-1)

class GaussianHead(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.linear = nn.Linear(inputs, outputs)

    def forward(self, x, log_std):
        mean = self.linear(x)
        return Normal(mean, log_std.exp().expand(mean.shape))

class Actor(nn.Module):
    def __init__(self, obs_dim, action_dim, hidden_dim):
        super().__init__()
        self.normalise = RunningNorm(obs_dim)
        self.body = nn.Sequential(
            nn.Linear(obs_dim, hidden_dim), nn.Mish(), nn.Linear(hidden_dim, hidden_dim), nn.Mish())
        self.head, self.value_head = GaussianHead(hidden_dim, action_dim), ValueHead(nn.Linear(hidden_dim, 1))
        self.log_std = nn.Parameter(torch.full((action_dim,), -1.2))

    def get_action_dist(self, obs):
        return self.head(self.body(self.normalise(obs)), self.log_std)

    def get_value(self, obs):
        return self.value_head(self.body(self.normalise(obs)))

    def forward(self, obs):
        return self.get_action_dist(obs), self.get_value(obs)

    def get_action(self, obs, greedy=False):
        with torch.no_grad():
            dist = self.get_action_dist(obs)
            return dist.mean if greedy else dist.sample()
""",
    "bounded_mean": """
class Actor(nn.Module):
    # The mean is kept within the bounds of the torques by tanh.

    def __init__(self, obs_dim, action_dim, hidden_dim):
        super().__init__()
        self.normalise = RunningNorm(obs_dim)
        self.policy = nn.Sequential(
            nn.Linear(obs_dim, hidden_dim), nn.Tanh(), nn.Linear(hidden_dim, action_dim), nn.Tanh())
        self.value = nn.Sequential(nn.Linear(obs_dim, hidden_dim), nn.Tanh(), nn.Linear(hidden_dim, 1), nn.Flatten(0))
        self.log_std = nn.Parameter(-torch.ones(action_dim))

    def get_action_dist(self, obs):
        return Normal(self.policy(self.normalise(obs)), self.log_std.exp())

    def get_value(self, obs):
        return self.value(self.normalise(obs))

    def forward(self, obs):
        return self.get_action_dist(obs), self.get_value(obs)

    def get_action(self, obs, greedy=False):
        with torch.no_grad():
            dist = self.get_action_dist(obs)
            return dist.mean if greedy else dist.sample()
""",
    "own_weights": """
class Dense(nn.Module):
    def __init__(self, inputs, outputs, scale=1.0):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(inputs, outputs) * scale / inputs**0.5)
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x):
        return x @ self.weight + self.bias

class Actor(nn.Module):
    def __init__(self, obs_dim, action_dim, hidden_dim):
        super().__init__()
        self.normalise = RunningNorm(obs_dim)
        self.layers = nn.ModuleDict({
            "p1": Dense(obs_dim, hidden_dim), "p2": Dense(hidden_dim, action_dim, 0.1),
            "v1": Dense(obs_dim, hidden_dim), "v2": Dense(hidden_dim, 1)})
        self.log_std = nn.Parameter(torch.full((action_dim,), -1.0))

    def get_action_dist(self, obs):
        mean = self.layers["p2"](torch.tanh(self.layers["p1"](self.normalise(obs))))
        return Normal(mean, torch.exp(self.log_std).unsqueeze(0).expand_as(mean))

    def get_value(self, obs):
        return torch.select(self.layers["v2"](torch.tanh(self.layers["v1"](self.normalise(obs)))), -1, 0)

    def forward(self, obs):
        return self.get_action_dist(obs), self.get_value(obs)

    def get_action(self, obs, greedy=False):
        with torch.no_grad():
            dist = self.get_action_dist(obs)
            return dist.mean if greedy else dist.sample()
""",
    "optional_arguments": """
class Actor(nn.Module):
    def __init__(self, obs_dim, action_dim, hidden_dim, activation=nn.GELU, initial_log_std=-1.0):
        super().__init__()
        self.normalise = RunningNorm(obs_dim)
        width = hidden_dim
        self.policy = nn.Sequential(nn.Linear(obs_dim, width), activation(), nn.Linear(width, width), activation())
        self.mean = nn.Linear(width, action_dim)
        self.value = nn.Sequential(nn.Linear(obs_dim, width), activation(), nn.Linear(width, width), activation(),
                                   nn.Linear(width, 1))
        self.register_parameter("log_std", nn.Parameter(torch.empty(action_dim).fill_(initial_log_std)))

    def get_action_dist(self, obs):
        mean = self.mean(self.policy(self.normalise(obs)))
        return torch.distributions.Normal(mean, self.log_std.exp(), validate_args=False)

    def get_value(self, obs):
        return self.value(self.normalise(obs)).reshape(len(obs))

    def forward(self, obs):
        return self.get_action_dist(obs), self.get_value(obs)

    @torch.inference_mode()
    def get_action(self, obs, greedy: bool = False):
        dist = self.get_action_dist(obs)
        return (dist.mode if greedy else dist.sample()).clone()
""",
    "raw_observations": """
class Actor(nn.Module):
    # Without the given normalisation, which is allowed: the trainer then leaves it out.

    def __init__(self, obs_dim, action_dim, hidden_dim):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(obs_dim, hidden_dim), nn.LeakyReLU(), nn.Linear(hidden_dim, hidden_dim), nn.LeakyReLU())
        self.out = nn.Linear(hidden_dim, action_dim + 1)
        self.log_std = nn.Parameter(torch.tensor([-1.0] * action_dim))
        self.action_dim = action_dim

    def split(self, obs):
        return torch.split(self.out(self.net(obs)), [self.action_dim, 1], dim=-1)

    def get_action_dist(self, obs):
        mean, _ = self.split(obs)
        return Normal(mean, self.log_std.exp())

    def get_value(self, obs):
        return self.split(obs)[1].squeeze(1)

    def forward(self, obs):
        return self.get_action_dist(obs), self.get_value(obs)

    def get_action(self, obs, greedy=False):
        with torch.no_grad():
            dist = self.get_action_dist(obs)
            return dist.mean if greedy else dist.sample()
""",
    "doubled_critic": """
class Actor(nn.Module):
    # The value is the mean of two critics.

    def __init__(self, obs_dim, action_dim, hidden_dim):
        super().__init__()
        self.normalise = RunningNorm(obs_dim)
        self.policy = self.build(obs_dim, hidden_dim, action_dim)
        self.critics = nn.ModuleList([self.build(obs_dim, hidden_dim, 1) for _ in range(2)])
        self.log_std = nn.Parameter(torch.zeros(action_dim).sub(0.5))

    @staticmethod
    def build(inputs, hidden, outputs):
        return nn.Sequential(nn.Linear(inputs, hidden), nn.Softplus(), nn.Linear(hidden, outputs))

    def get_action_dist(self, obs):
        return Normal(self.policy(self.normalise(obs)), self.log_std.exp())

    def get_value(self, obs):
        x = self.normalise(obs)
        return torch.cat([critic(x) for critic in self.critics], dim=1).mean(dim=1)

    def forward(self, obs):
        return self.get_action_dist(obs), self.get_value(obs)

    def get_action(self, obs, greedy=False):
        with torch.no_grad():
            dist = self.get_action_dist(obs)
            return dist.mean if greedy else dist.sample()
""",
    "residual": """
class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.layer = nn.Linear(width, width)

    def forward(self, x):
        return x + F.silu(self.layer(x))

class Actor(nn.Module):
    def __init__(self, obs_dim, action_dim, hidden_dim):
        super().__init__()
        self.normalise = RunningNorm(obs_dim)
        self.policy = nn.Sequential(
            nn.Linear(obs_dim, hidden_dim), Block(hidden_dim), nn.Linear(hidden_dim, action_dim))
        self.value = nn.Sequential(nn.Linear(obs_dim, hidden_dim), Block(hidden_dim), nn.Linear(hidden_dim, 1))
        self.log_std = nn.Parameter(torch.full((action_dim,), fill_value=-0.9))

    def get_action_dist(self, obs):
        return Normal(self.policy(self.normalise(obs)), self.log_std.exp())

    def get_value(self, obs):
        return self.value(self.normalise(obs)).sum(-1)

    def forward(self, obs):
        return (self.get_action_dist(obs), self.get_value(obs))

    def get_action(self, obs, greedy=False):
        mean, std = (x.detach() for x in (self.get_action_dist(obs).mean, self.get_action_dist(obs).stddev))
        return mean if greedy else torch.normal(mean, std)
""",
}
