"""Known mistakes in ``Actor``."""

from autograder.suites.altered_cell import AlteredCell

ACTOR = AlteredCell(
    "Actor",
    """
class Actor(nn.Module):
    def __init__(self, obs_dim, action_dim, hidden_dim):
        super().__init__()
        self.normalise = RunningNorm(obs_dim)
        self.policy = nn.Sequential(
            linear(obs_dim, hidden_dim),
            nn.Tanh(),
            linear(hidden_dim, hidden_dim),
            nn.Tanh(),
            linear(hidden_dim, action_dim, gain=0.01),
        )
        self.value = nn.Sequential(
            linear(obs_dim, hidden_dim),
            nn.Tanh(),
            linear(hidden_dim, 1, gain=1.0),
        )
        self.log_std = nn.Parameter(torch.full((action_dim,), -1.0))

    def get_action_dist(self, obs):
        mean = self.policy(self.normalise(obs))
        return Normal(mean, self.log_std.exp().expand_as(mean))

    def get_value(self, obs):
        return self.value(self.normalise(obs)).squeeze(-1)

    def forward(self, obs):
        return self.get_action_dist(obs), self.get_value(obs)

    def get_action(self, obs, greedy=False):
        with torch.no_grad():
            dist = self.get_action_dist(obs)
            return dist.mean if greedy else dist.sample()
""",
)
_NORMAL = "return Normal(mean, self.log_std.exp().expand_as(mean))"
_LOG_STD = "self.log_std = nn.Parameter(torch.full((action_dim,), -1.0))"
_ACT = "return dist.mean if greedy else dist.sample()"
_VALUE = "return self.value(self.normalise(obs)).squeeze(-1)"
_POLICY_END = "linear(hidden_dim, action_dim, gain=0.01),"

MISCONCEPTIONS = (
    ACTOR.misconception(
        "value_keeps_an_axis",
        "Your values have shape [B, 1]. Against returns of shape [B] they broadcast to [B, B], without an error: "
        "squeeze the last axis.",
        (".squeeze(-1)", ""),
    ),
    ACTOR.misconception(
        "value_squeezes_everything",
        "squeeze() without an axis also removes the batch axis of a single observation: squeeze(-1).",
        (".squeeze(-1)", ".squeeze()"),
    ),
    ACTOR.misconception(
        "action_drops_the_batch",
        "Your get_action removes the batch axis of a single observation; actions have one row for each observation.",
        (_ACT, "return (dist.mean if greedy else dist.sample()).squeeze(0)"),
    ),
    ACTOR.misconception(
        "action_keeps_its_gradient",
        "Your actions hang on the policy's graph: rsample() and dist.mean carry gradients. Use torch.no_grad().",
        ("        with torch.no_grad():\n            dist", "        if True:\n            dist"),
        ("dist.sample()", "dist.rsample()"),
    ),
    ACTOR.misconception(
        "one_std_for_all_actions",
        "Your log_std is a single number; each component of the action has its own.",
        ("torch.full((action_dim,), -1.0)", "torch.full((1,), -1.0)"),
    ),
    ACTOR.misconception(
        "std_is_not_learned",
        "Your log_std is a plain tensor: neither the optimizer nor .to(device) knows of it. Make it an nn.Parameter.",
        (_LOG_STD, "self.log_std = torch.full((action_dim,), -1.0)"),
    ),
    ACTOR.misconception(
        "std_depends_on_the_observation",
        "Your log_std is a layer: the standard deviation depends on the observation. Here it is a parameter by itself.",
        (_LOG_STD, "self.log_std = linear(obs_dim, action_dim, gain=0.01)"),
        ("self.log_std.exp()", "self.log_std(obs).exp()"),
    ),
    ACTOR.misconception(
        "log_std_used_as_std",
        "Your distribution's standard deviation is softplus of log_std; log_std is its logarithm, so take exp.",
        ("self.log_std.exp()", "F.softplus(self.log_std)"),
    ),
    ACTOR.misconception(
        "std_is_the_variance",
        "Your distribution gets the variance, exp(2 log_std); Normal takes the standard deviation, exp(log_std).",
        ("self.log_std.exp()", "(2 * self.log_std).exp()"),
    ),
    ACTOR.misconception(
        "independent_distribution",
        "Your distribution is an Independent: its log-probabilities are summed already, and summed once more later. "
        "Return the Normal.",
        (_NORMAL, "return torch.distributions.Independent(Normal(mean, self.log_std.exp().expand_as(mean)), 1)"),
    ),
    ACTOR.misconception(
        "forward_swapped",
        "Your forward returns the values first; the distribution comes first.",
        (
            "return self.get_action_dist(obs), self.get_value(obs)",
            "return self.get_value(obs), self.get_action_dist(obs)",
        ),
    ),
    ACTOR.misconception(
        "forward_without_values",
        "Your forward returns the distribution alone; it returns a pair, distribution and values.",
        ("return self.get_action_dist(obs), self.get_value(obs)", "return self.get_action_dist(obs)"),
    ),
    ACTOR.misconception(
        "policy_without_gradient",
        "Your get_action_dist runs under torch.no_grad(): the policy can never be trained. "
        "Only get_action is without gradient.",
        ("    def get_action_dist", "    @torch.no_grad()\n    def get_action_dist"),
    ),
    ACTOR.misconception(
        "value_without_gradient",
        "Your values are detached from their network: the critic can never be trained.",
        (_VALUE, _VALUE + ".detach()"),
    ),
    ACTOR.misconception(
        "unused_layer",
        "Your actor has a layer that nothing uses.",
        (_LOG_STD, _LOG_STD + "\n        self.head = linear(hidden_dim, action_dim)"),
    ),
    ACTOR.misconception(
        "values_of_the_policy_network",
        "Your values are an average of the policy's means: the value network is never used.",
        (_VALUE, "return self.policy(self.normalise(obs)).mean(-1)"),
    ),
    ACTOR.misconception(
        "batch_normalisation",
        "BatchNorm makes the outputs for one observation depend on the others of its batch; a policy is a function "
        "of its own observation.",
        (_POLICY_END, "nn.BatchNorm1d(hidden_dim, track_running_stats=False),\n            " + _POLICY_END),
        (
            "self.policy(self.normalise(obs))",
            "(self.policy(self.normalise(obs)) if len(obs) > 1 else "
            "self.policy(torch.cat([self.normalise(obs)] * 2))[:1])",
        ),
    ),
    ACTOR.misconception(
        "dropout",
        "Dropout makes old and new log-probabilities incomparable: their ratio is then noise.",
        (_POLICY_END, "nn.Dropout(0.2),\n            " + _POLICY_END),
    ),
    ACTOR.misconception(
        "greedy_samples",
        "Your get_action samples even if it shall be greedy; the greedy action is the distribution's mean.",
        (_ACT, "return dist.sample()"),
    ),
    ACTOR.misconception(
        "never_samples",
        "Your get_action always returns the mean: without samples the policy explores nothing.",
        (_ACT, "return dist.mean"),
    ),
    ACTOR.misconception(
        "noise_of_fixed_size",
        "Your samples are the mean plus noise of standard deviation 1; draw them from the distribution.",
        ("dist.sample()", "dist.mean + torch.randn_like(dist.mean)"),
    ),
    ACTOR.misconception(
        "clips_actions",
        "Your get_action clips: the clipped action does not have the log-probability that you record for it. "
        "make_env clips.",
        (_ACT, "return (dist.mean if greedy else dist.sample()).clamp(-1, 1)"),
    ),
    ACTOR.misconception(
        "squashes_samples",
        "Your get_action squashes samples by tanh: their log-probability is no longer the Normal's.",
        ("dist.sample()", "torch.tanh(dist.sample())"),
    ),
    ACTOR.misconception(
        "fixed_width",
        "Your layers are always 64 wide, whatever hidden_dim is.",
        ("        super().__init__()", "        super().__init__()\n        hidden_dim = 64"),
    ),
)
