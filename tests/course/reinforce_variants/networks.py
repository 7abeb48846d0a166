"""Right networks: ``Actor`` and ``ValueNetwork``."""

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
    "mode": """
class Actor(nn.Module):
    def __init__(self, obs_dim, action_dim, hidden_dim=32):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(obs_dim, hidden_dim), nn.LeakyReLU(), nn.Linear(hidden_dim, action_dim))

    def forward(self, obs):
        return Categorical(logits=self.net(obs))

    def get_action(self, obs, greedy=False):
        with torch.no_grad():
            dist = self(torch.tensor(np.asarray(obs), dtype=torch.float32))
        return int(dist.mode) if greedy else int(dist.sample())
""",
    "numpy_choice_seeded_by_torch": """
class Actor(nn.Module):
    def __init__(self, obs_dim, action_dim, hidden_dim=32):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(obs_dim, hidden_dim), nn.Tanh(), nn.Linear(hidden_dim, action_dim))

    def forward(self, obs):
        return Categorical(logits=self.net(obs))

    def get_action(self, obs, greedy=False):
        x = torch.as_tensor(obs, dtype=torch.float32)
        p = self(x).probs.detach().double().numpy()
        if greedy:
            return p.argmax().item()
        rng = np.random.default_rng(torch.randint(2**31, ()).item())
        return int(rng.choice(len(p), p=p / p.sum()))
""",
    "three_layers": """
class Actor(nn.Module):
    def __init__(self, obs_dim, action_dim, hidden_dim=32):
        super().__init__()
        self.inside = nn.Linear(obs_dim, hidden_dim)
        self.middle = nn.ModuleDict({str(n): nn.Linear(hidden_dim, hidden_dim) for n in range(2)})
        self.out = nn.Linear(hidden_dim, action_dim)

    def forward(self, obs):
        h = torch.tanh(self.inside(obs))
        for layer in self.middle.values():
            h = torch.tanh(layer(h))
        return Categorical(logits=self.out(h))

    def get_action(self, obs, greedy=False):
        dist = self(torch.as_tensor(np.float32(obs)).reshape(1, -1))
        action = dist.logits.argmax(dim=-1) if greedy else dist.sample()
        return action.squeeze(0).item()
""",
    "probs_argument": """
class Actor(nn.Module):
    def __init__(self, obs_dim, action_dim, hidden_dim=32):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(obs_dim, hidden_dim), nn.Softplus(), nn.Linear(hidden_dim, action_dim))

    def forward(self, obs):
        return Categorical(probs=torch.softmax(self.net(obs), dim=-1))

    def get_action(self, obs, greedy=False):
        with torch.no_grad():
            probs = self.forward(torch.as_tensor(obs).float().unsqueeze(0)).probs[0]
        return int(torch.argmax(probs)) if greedy else int(torch.multinomial(probs, num_samples=1))
""",
    "activation_as_argument": """
class Actor(nn.Module):
    def __init__(self, obs_dim, action_dim, hidden_dim=32, activation=torch.tanh):
        super().__init__()
        self.first, self.second = nn.Linear(obs_dim, hidden_dim), nn.Linear(hidden_dim, action_dim)
        self.activation = activation

    def forward(self, obs):
        return Categorical(logits=self.second(self.activation(self.first(obs))))

    def get_action(self, obs, greedy=False):
        obs = torch.from_numpy(np.array(obs, dtype=np.float32))
        with torch.no_grad():
            logits = self(obs).logits
            return logits.max(dim=-1).indices.item() if greedy else Categorical(logits=logits).sample().item()
""",
    "layers_by_a_helper": """
def dense(*sizes):
    layers = []
    for inputs, outputs in zip(sizes[:-1], sizes[1:]):
        layers.extend([nn.Linear(inputs, outputs), nn.Tanh()])
    return nn.Sequential(*layers[:-1])

class Actor(nn.Module):
    def __init__(self, obs_dim, action_dim, hidden_dim=32):
        super().__init__()
        self.policy = dense(obs_dim, hidden_dim, hidden_dim, action_dim)

    def forward(self, obs):
        return Categorical(logits=self.policy(obs), validate_args=False)

    def get_action(self, obs, greedy=False):
        with torch.no_grad():
            dist = self(torch.as_tensor(obs, dtype=torch.float32)[None, :])
        return [dist.sample, dist.logits.argmax][greedy]().item()
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
    "view": """
class ValueNetwork(nn.Module):
    def __init__(self, obs_dim, hidden_dim=32):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(obs_dim, hidden_dim), nn.Tanh(), nn.Linear(hidden_dim, 1))

    def forward(self, obs):
        return self.net(obs).view(-1)
""",
    "select": """
class ValueNetwork(nn.Module):
    def __init__(self, obs_dim, hidden_dim=32):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(obs_dim, hidden_dim), nn.GELU(), nn.Linear(hidden_dim, 1))

    def forward(self, obs):
        return self.net(obs).select(1, 0)
""",
    "without_last_bias": """
class ValueNetwork(nn.Module):
    def __init__(self, obs_dim, hidden_dim=32):
        super().__init__()
        self.first = nn.Linear(obs_dim, hidden_dim)
        self.last = nn.Linear(hidden_dim, 1, bias=False)

    def forward(self, obs):
        return self.last(F.elu(self.first(obs))).squeeze(1)
""",
    "ellipsis": """
class ValueNetwork(nn.Module):
    def __init__(self, obs_dim, hidden_dim=32):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(obs_dim, hidden_dim), nn.Linear(hidden_dim, 1)])

    def forward(self, obs):
        first, last = self.layers
        return last(torch.tanh(first(obs)))[..., 0]
""",
    "summed_last_axis": """
class ValueNetwork(nn.Module):
    def __init__(self, obs_dim, hidden_dim=32):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(obs_dim, hidden_dim), nn.LeakyReLU(), nn.Linear(hidden_dim, 1))

    def forward(self, obs):
        return self.net(obs).sum(dim=-1)
""",
    "unbound": """
class ValueNetwork(nn.Module):
    def __init__(self, obs_dim, hidden_dim=32, activation=nn.Tanh):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(obs_dim, hidden_dim), activation())
        self.head = nn.Linear(hidden_dim, 1)

    def forward(self, obs):
        (value,) = self.head(self.body(obs)).unbind(dim=-1)
        return value
""",
}
