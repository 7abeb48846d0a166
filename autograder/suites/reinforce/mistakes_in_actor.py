"""Known mistakes in ``Actor``."""

from autograder.suites.altered_cell import AlteredCell

ACTOR = AlteredCell(
    "Actor",
    """
class Actor(nn.Module):
    def __init__(self, obs_dim, action_dim, hidden_dim=32):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(obs_dim, hidden_dim),
            nn.Tanh(),
            nn.Linear(hidden_dim, action_dim),
        )

    def forward(self, obs):
        return Categorical(logits=self.layers(obs))

    def get_action(self, obs, greedy=False):
        with torch.no_grad():
            dist = self(torch.as_tensor(obs, dtype=torch.float32).unsqueeze(0))
            action = dist.probs.argmax(-1) if greedy else dist.sample()
            return action.item()
""",
)
_DIST = "return Categorical(logits=self.layers(obs))"
_ACT = "action = dist.probs.argmax(-1) if greedy else dist.sample()"
_LAST = "nn.Linear(hidden_dim, action_dim),"

MISCONCEPTIONS = (
    ACTOR.misconception(
        "softmax_twice",
        "Your forward hands probabilities over as logits: a second softmax is taken of them, and no action can become "
        "certain. Hand over the last layer's output, or say probs=.",
        (_DIST, "return Categorical(logits=torch.softmax(self.layers(obs), dim=-1))"),
    ),
    ACTOR.misconception(
        "bounded_logits",
        "Your last layer has an activation that bounds the logits: no action can become certain. Logits are any real "
        "numbers.",
        (_LAST, _LAST + "\n            nn.Tanh(),"),
    ),
    ACTOR.misconception(
        "softmax_over_the_batch",
        "Your softmax runs over the rows of the batch (dim=0); it has to run over the actions, the last axis.",
        (_DIST, "return Categorical(probs=torch.softmax(self.layers(obs), dim=0))"),
    ),
    ACTOR.misconception(
        "returns_probabilities",
        "Your forward returns a tensor of probabilities; return the distribution, Categorical(logits=...).",
        (_DIST, "return torch.softmax(self.layers(obs), dim=-1)"),
        ("dist = self(", "dist = Categorical(probs=self("),
        (".unsqueeze(0))", ".unsqueeze(0)))"),
    ),
    ACTOR.misconception(
        "forward_without_gradient",
        "Your forward runs under torch.no_grad(): the policy can never be trained. Only get_action is without "
        "gradient.",
        ("    def forward", "    @torch.no_grad()\n    def forward"),
    ),
    ACTOR.misconception(
        "hidden_layers",
        "Your layers are in a plain Python list, where nn.Module does not find them: the optimizer gets no parameters. "
        "Use nn.Sequential or nn.ModuleList.",
        ("self.layers = nn.Sequential(\n            nn.Linear(obs_dim", "self.list = [\n            nn.Linear(obs_dim"),
        (_LAST + "\n        )", _LAST + "\n        ]"),
        (_DIST, "for layer in self.list:\n            obs = layer(obs)\n        return Categorical(logits=obs)"),
    ),
    ACTOR.misconception(
        "unused_layer",
        "Your actor has a layer that nothing uses.",
        (
            "        super().__init__()",
            "        super().__init__()\n        self.head = nn.Linear(hidden_dim, action_dim)",
        ),
    ),
    ACTOR.misconception(
        "squeezes_the_batch",
        "Your forward squeezes the axis of the batch away where there is a single observation; the batch shape is [N], "
        "also for N = 1.",
        (_DIST, "return Categorical(logits=self.layers(obs).squeeze())"),
    ),
    ACTOR.misconception(
        "always_two_actions",
        "Your network has two outputs, whatever action_dim is.",
        (_LAST, "nn.Linear(hidden_dim, 2),"),
    ),
    ACTOR.misconception(
        "batch_normalisation",
        "BatchNorm makes the policy for one observation depend on the others of its batch; a policy is a function of "
        "its own observation.",
        (_LAST, "nn.BatchNorm1d(hidden_dim, track_running_stats=False),\n            " + _LAST),
        (
            _DIST,
            "twice = obs if len(obs) > 1 else torch.cat([obs, obs])\n"
            "        return Categorical(logits=self.layers(twice)[: len(obs)])",
        ),
    ),
    ACTOR.misconception(
        "dropout",
        "Dropout makes the policy another one each time that it is asked: the log-probabilities in the loss are not "
        "those of the policy that acted.",
        (_LAST, "nn.Dropout(0.3),\n            " + _LAST),
    ),
    ACTOR.misconception(
        "greedy_samples",
        "Your get_action samples even if it shall be greedy; the greedy action is the likeliest one.",
        (_ACT, "action = dist.sample()"),
    ),
    ACTOR.misconception(
        "never_samples",
        "Your get_action always takes the likeliest action: without samples the agent explores nothing.",
        (_ACT, "action = dist.probs.argmax(-1)"),
    ),
    ACTOR.misconception(
        "greedy_and_samples_swapped",
        "Your get_action has the two cases the wrong way round: it samples if greedy, and is greedy if not.",
        (_ACT, "action = dist.sample() if greedy else dist.probs.argmax(-1)"),
    ),
    ACTOR.misconception(
        "least_likely_action",
        "Your greedy action is the least likely one: argmin of the probabilities, or argmax of their negatives.",
        ("dist.probs.argmax(-1)", "dist.probs.argmin(-1)"),
    ),
    ACTOR.misconception(
        "samples_at_random",
        "Your get_action chooses at random, all actions alike; sample from the policy's distribution.",
        ("dist.sample()", "torch.randint(dist.probs.shape[-1], (1,))"),
    ),
    ACTOR.misconception(
        "action_is_a_tensor",
        "Your get_action returns a tensor; .item() makes a Python int of it.",
        ("return action.item()", "return action"),
    ),
    ACTOR.misconception(
        "action_is_a_float",
        "Your get_action returns a float; the number of an action is an int.",
        ("return action.item()", "return float(action)"),
    ),
    ACTOR.misconception(
        "float32_only",
        "Your get_action works for float32 observations only; torch.as_tensor(obs, dtype=torch.float32) takes both.",
        ("torch.as_tensor(obs, dtype=torch.float32)", "torch.from_numpy(obs)"),
    ),
    ACTOR.misconception(
        "fixed_width",
        "Your hidden layer is always 64 wide, whatever hidden_dim is.",
        ("        super().__init__()", "        super().__init__()\n        hidden_dim = 64"),
    ),
    ACTOR.misconception(
        "no_default_width",
        "Your Actor cannot be made without hidden_dim; the signature has a default, 32.",
        ("hidden_dim=32", "hidden_dim"),
    ),
)
