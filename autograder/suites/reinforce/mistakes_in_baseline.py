"""Known mistakes in ``ValueNetwork`` and ``train_with_baseline``."""

from autograder.suites.altered_cell import AlteredCell

VALUE = AlteredCell(
    "ValueNetwork",
    """
class ValueNetwork(nn.Module):
    def __init__(self, obs_dim, hidden_dim=32):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(obs_dim, hidden_dim),
            nn.Tanh(),
            nn.Linear(hidden_dim, 1),
        )

    def forward(self, obs):
        return self.layers(obs).squeeze(-1)
""",
)
BASELINE = AlteredCell(
    "train_with_baseline",
    """
def train_with_baseline(actor, value_network, env_id, lr, epochs, batch_episodes, gamma, seed=0):
    torch.manual_seed(seed)
    actor_optimizer = torch.optim.Adam(actor.parameters(), lr=lr)
    value_optimizer = torch.optim.Adam(value_network.parameters(), lr=lr)
    mean_returns = []
    env = gym.make(env_id)
    env.reset(seed=seed)
    for epoch in range(epochs):
        obs, actions, returns, info = collect_experience(
            env, actor, batch_episodes, lambda rewards: returns_to_go(rewards, gamma)
        )
        advantages = returns - value_network(obs).detach()
        loss = policy_gradient_loss(actor(obs).log_prob(actions), advantages)
        actor_optimizer.zero_grad()
        loss.backward()
        actor_optimizer.step()
        for _ in range(5):
            value_loss = F.mse_loss(value_network(obs), returns)
            value_optimizer.zero_grad()
            value_loss.backward()
            value_optimizer.step()
        mean_returns.append(info["mean_return"])
    env.close()
    return mean_returns
""",
)
_LAST = "nn.Linear(hidden_dim, 1),"
_OUT = "return self.layers(obs).squeeze(-1)"
_ADVANTAGE = "advantages = returns - value_network(obs).detach()"
_FIT = "value_loss = F.mse_loss(value_network(obs), returns)"
_UPDATES = """        actor_optimizer.zero_grad()
        loss.backward()
        actor_optimizer.step()
        for _ in range(5):
            value_loss = F.mse_loss(value_network(obs), returns)
            value_optimizer.zero_grad()
            value_loss.backward()
            value_optimizer.step()
"""
_JOINT = """        loss = loss + F.mse_loss(value_network(obs), returns)
        actor_optimizer.zero_grad()
        value_optimizer.zero_grad()
        loss.backward()
        actor_optimizer.step()
        value_optimizer.step()
"""

MISCONCEPTIONS = (
    VALUE.misconception(
        "keeps_an_axis",
        "Your values have shape [N, 1]. Against returns of shape [N] they broadcast to [N, N], without an error: "
        "squeeze the last axis.",
        (".squeeze(-1)", ""),
    ),
    VALUE.misconception(
        "squeezes_everything",
        "squeeze() without an axis also removes the batch axis of a single observation: squeeze(-1).",
        (".squeeze(-1)", ".squeeze()"),
    ),
    VALUE.misconception(
        "one_value_for_all",
        "Your network returns the mean over the batch; each observation has its own value.",
        (".squeeze(-1)", ".mean().expand(len(obs))"),
    ),
    VALUE.misconception(
        "as_many_outputs_as_units",
        "Your last layer has hidden_dim outputs; a value is one number.",
        (_LAST, "nn.Linear(hidden_dim, hidden_dim),"),
    ),
    VALUE.misconception(
        "bounded_by_tanh",
        "Your last layer has a tanh: values stay between -1 and 1, while returns go up to 100 and more.",
        (_LAST, _LAST + "\n            nn.Tanh(),"),
    ),
    VALUE.misconception(
        "bounded_by_sigmoid",
        "Your last layer has a sigmoid: values stay between 0 and 1, while returns go up to 100 and more.",
        (_LAST, _LAST + "\n            nn.Sigmoid(),"),
    ),
    VALUE.misconception(
        "never_negative",
        "Your last layer has a ReLU: values are never negative, and where they are 0 nothing is learned.",
        (_LAST, _LAST + "\n            nn.ReLU(),"),
    ),
    VALUE.misconception(
        "without_gradient",
        "Your values are detached from their network: it can never be trained.",
        (_OUT, _OUT + ".detach()"),
    ),
    VALUE.misconception(
        "hidden_layers",
        "Your layers are in a plain Python list, where nn.Module does not find them: the optimizer gets no parameters.",
        ("self.layers = nn.Sequential(\n            nn.Linear(obs_dim", "self.list = [\n            nn.Linear(obs_dim"),
        (_LAST + "\n        )", _LAST + "\n        ]"),
        (_OUT, "for layer in self.list:\n            obs = layer(obs)\n        return obs.squeeze(-1)"),
    ),
    VALUE.misconception(
        "unused_layer",
        "Your network has a layer that nothing uses.",
        ("        super().__init__()", "        super().__init__()\n        self.head = nn.Linear(hidden_dim, 1)"),
    ),
    VALUE.misconception(
        "batch_normalisation",
        "BatchNorm makes the value of one observation depend on the others of its batch.",
        (_LAST, "nn.BatchNorm1d(hidden_dim, track_running_stats=False),\n            " + _LAST),
        (
            _OUT,
            "twice = obs if len(obs) > 1 else torch.cat([obs, obs])\n"
            "        return self.layers(twice)[: len(obs)].squeeze(-1)",
        ),
    ),
    VALUE.misconception(
        "dropout",
        "Dropout makes the value of the same observation another one each time that it is asked for.",
        (_LAST, "nn.Dropout(0.3),\n            " + _LAST),
    ),
    VALUE.misconception(
        "fixed_width",
        "Your hidden layer is always 64 wide, whatever hidden_dim is.",
        ("        super().__init__()", "        super().__init__()\n        hidden_dim = 64"),
    ),
    VALUE.misconception(
        "no_default_width",
        "Your ValueNetwork cannot be made without hidden_dim; the signature has a default, 32.",
        ("hidden_dim=32", "hidden_dim"),
    ),
    BASELINE.misconception(
        "sign_of_the_advantage",
        "Your advantages are values minus returns: what went better than expected becomes rarer.",
        (_ADVANTAGE, "advantages = value_network(obs).detach() - returns"),
    ),
    BASELINE.misconception(
        "adds_the_baseline",
        "Your scores are returns plus values; the baseline is subtracted.",
        (_ADVANTAGE, "advantages = returns + value_network(obs).detach()"),
    ),
    BASELINE.misconception(
        "no_baseline",
        "Your actor is trained on the returns themselves: the values are learned, but never used.",
        (_ADVANTAGE, "advantages = returns"),
    ),
    BASELINE.misconception(
        "values_as_scores",
        "Your actor is trained on the values alone, which know nothing of the actions that were taken.",
        (_ADVANTAGE, "advantages = value_network(obs).detach()"),
    ),
    BASELINE.misconception(
        "mean_as_baseline",
        "Your baseline is the mean of the returns; the value network is trained, but never used.",
        (_ADVANTAGE, "advantages = returns - returns.mean()"),
    ),
    BASELINE.misconception(
        "not_detached",
        "Your advantages carry the value network's gradient: the actor's loss trains the values, too, and pushes them "
        "all up, most where a rare action was taken. Detach them.",
        (_ADVANTAGE, "advantages = returns - value_network(obs)"),
        (_UPDATES, _JOINT),
    ),
    BASELINE.misconception(
        "value_never_trained",
        "Your value network stays as it was: its optimizer never steps, or holds the parameters of the other network.",
        ("            value_optimizer.step()\n", ""),
    ),
    BASELINE.misconception(
        "actor_never_trained",
        "Your actor stays as it was: nothing steps along its gradient.",
        ("        actor_optimizer.step()\n", ""),
    ),
    BASELINE.misconception(
        "learns_the_mean",
        "Your values are [N, 1] where they meet the returns, [N]: over all pairs, the best prediction is the mean of "
        "the batch, the same for every state.",
        (_FIT, "value_loss = ((value_network(obs).unsqueeze(-1) - returns) ** 2).mean()"),
    ),
    BASELINE.misconception(
        "learns_totals",
        "Your values and advantages use the return of the whole episode; with a baseline it has to be the "
        "return-to-go.",
        ("returns_to_go(rewards, gamma)", "[returns_to_go(rewards, gamma)[0]] * len(rewards)"),
    ),
    BASELINE.misconception(
        "undiscounted_totals",
        "Your scores are the plain totals: collect_experience gets no score_fn. Hand it the returns-to-go.",
        (", lambda rewards: returns_to_go(rewards, gamma)\n", "\n"),
    ),
    BASELINE.misconception(
        "ignores_gamma",
        "Your returns-to-go are not discounted, whatever gamma is.",
        ("returns_to_go(rewards, gamma)", "returns_to_go(rewards, 1.0)"),
    ),
    BASELINE.misconception(
        "targets_are_advantages",
        "Your value network is fitted to the advantages; its targets are the returns-to-go.",
        (_FIT, "value_loss = F.mse_loss(value_network(obs), advantages)"),
    ),
    BASELINE.misconception(
        "ignores_lr",
        "Your actor's optimizer has a learning rate of its own, whatever lr is.",
        ("torch.optim.Adam(actor.parameters(), lr=lr)", "torch.optim.Adam(actor.parameters(), lr=0.0002)"),
    ),
    BASELINE.misconception(
        "seed_in_every_epoch",
        "Your environment is reset with the seed in every epoch: the same episodes begin again and again.",
        ("        obs, actions, returns, info", "        env.reset(seed=seed)\n        obs, actions, returns, info"),
    ),
    BASELINE.misconception(
        "environment_without_seed",
        "Your environment is never reset with the seed: runs cannot be repeated.",
        ("    env.reset(seed=seed)\n", ""),
    ),
    BASELINE.misconception(
        "returns_discounted_means",
        "Your trainer returns means of the returns-to-go over steps; return the mean undiscounted return of the "
        "episodes.",
        ('info["mean_return"]', "returns.mean().item()"),
    ),
    BASELINE.misconception(
        "returns_losses",
        "Your trainer returns the losses; they say nothing about how good the policy is. Return the mean returns.",
        ('mean_returns.append(info["mean_return"])', "mean_returns.append(loss.item())"),
    ),
    BASELINE.misconception(
        "fixed_environment",
        "Your trainer always plays CartPole-v1, whatever env_id is.",
        ("gym.make(env_id)", 'gym.make("CartPole-v1")'),
    ),
)
