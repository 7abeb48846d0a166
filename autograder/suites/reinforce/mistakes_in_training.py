"""Known mistakes in ``train``."""

from autograder.suites.altered_cell import AlteredCell

TRAIN = AlteredCell(
    "train",
    """
def train(actor, env_id, lr=1e-2, epochs=100, batch_episodes=5, seed=0, score_fn=None):
    torch.manual_seed(seed)
    optimizer = torch.optim.Adam(actor.parameters(), lr=lr)
    mean_returns = []
    env = gym.make(env_id)
    env.reset(seed=seed)
    for epoch in range(epochs):
        obs, actions, scores, info = collect_experience(env, actor, batch_episodes, score_fn)
        scores = standardise(scores)
        log_prob = actor(obs).log_prob(actions)
        loss = policy_gradient_loss(log_prob, scores)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        mean_returns.append(info["mean_return"])
    env.close()
    return mean_returns
""",
)
_COLLECT = "        obs, actions, scores, info = collect_experience(env, actor, batch_episodes, score_fn)\n"
_LOSS = "loss = policy_gradient_loss(log_prob, scores)"
_OPTIMIZER = "    optimizer = torch.optim.Adam(actor.parameters(), lr=lr)\n"
_STEP = "        optimizer.step()\n"

MISCONCEPTIONS = (
    TRAIN.misconception(
        "sign",
        "Your trainer makes good actions rarer: the sign is turned round once too often. policy_gradient_loss has the "
        "minus already.",
        (_LOSS, "loss = -policy_gradient_loss(log_prob, scores)"),
    ),
    TRAIN.misconception(
        "every_pair",
        "Your log-probabilities are [N, 1] and the scores [N]: their product is [N, N], all actions are pushed alike, "
        "and nothing is learned.",
        (_LOSS, "loss = policy_gradient_loss(log_prob.unsqueeze(-1), scores)"),
    ),
    TRAIN.misconception(
        "other_actions",
        "Your log-probabilities are those of newly sampled actions, not of the actions that were taken.",
        (
            "log_prob = actor(obs).log_prob(actions)",
            "dist = actor(obs)\n        log_prob = dist.log_prob(dist.sample())",
        ),
    ),
    TRAIN.misconception(
        "best_actions",
        "Your log-probabilities are those of the likeliest actions, not of the actions that were taken.",
        (
            "log_prob = actor(obs).log_prob(actions)",
            "dist = actor(obs)\n        log_prob = dist.log_prob(dist.probs.argmax(-1))",
        ),
    ),
    TRAIN.misconception(
        "last_step_only",
        "Your loss sees the last step of the batch only.",
        (_LOSS, "loss = policy_gradient_loss(log_prob[-1:], scores[-1:])"),
    ),
    TRAIN.misconception(
        "no_step",
        "Your trainer never calls optimizer.step(): the gradient is computed, but the actor stays as it is.",
        (_STEP, ""),
    ),
    TRAIN.misconception(
        "trains_a_copy",
        "Your trainer trains a copy of the actor; the one that was given has to change.",
        (_OPTIMIZER, "    import copy\n\n    actor = copy.deepcopy(actor)\n" + _OPTIMIZER),
    ),
    TRAIN.misconception(
        "keeps_gradients",
        "Your gradients are never set to zero: each backward() adds to those of all earlier epochs.",
        ("        optimizer.zero_grad()\n", ""),
    ),
    TRAIN.misconception(
        "clears_gradients_too_late",
        "Your gradients are set to zero between backward() and step(), so that nothing is left to step along.",
        (
            "        optimizer.zero_grad()\n        loss.backward()\n",
            "        loss.backward()\n        optimizer.zero_grad()\n",
        ),
    ),
    TRAIN.misconception(
        "new_optimizer_each_epoch",
        "Your optimizer is made anew in each epoch: Adam forgets its averages. Make it once, before the loop.",
        (_OPTIMIZER, ""),
        (_COLLECT, "    " + _OPTIMIZER + _COLLECT),
    ),
    TRAIN.misconception(
        "plain_gradient_descent",
        "Your optimizer is SGD; the task asks for Adam, whose steps do not depend on the size of the scores.",
        ("torch.optim.Adam", "torch.optim.SGD"),
    ),
    TRAIN.misconception(
        "ignores_lr",
        "Your optimizer has Adam's own learning rate, 0.001, whatever lr is.",
        ("(actor.parameters(), lr=lr)", "(actor.parameters())"),
    ),
    TRAIN.misconception(
        "several_steps_per_epoch",
        "Your trainer makes several gradient steps on the same episodes; after the first one they are no longer those "
        "of the current policy.",
        (
            _STEP,
            _STEP + "        for _ in range(4):\n"
            "            loss = policy_gradient_loss(actor(obs).log_prob(actions), scores)\n"
            "            optimizer.zero_grad()\n            loss.backward()\n            optimizer.step()\n",
        ),
    ),
    TRAIN.misconception(
        "old_episodes",
        "Your trainer collects episodes once, before the loop, and learns from them for ever: each epoch needs new "
        "ones.",
        (_COLLECT, ""),
        (
            "    for epoch in range(epochs):\n",
            _COLLECT.replace("        obs", "    obs") + "    for epoch in range(epochs):\n",
        ),
        ("        scores = standardise(scores)\n", ""),
    ),
    TRAIN.misconception(
        "remembers_all_episodes",
        "Your trainer learns from all episodes so far; the policy gradient is about those of the current policy.",
        ("    for epoch in range(epochs):\n", "    memory = []\n    for epoch in range(epochs):\n"),
        (
            "        scores = standardise(scores)\n",
            "        memory.append((obs, actions, scores))\n"
            "        obs, actions, scores = (torch.cat(each) for each in zip(*memory))\n"
            "        scores = standardise(scores)\n",
        ),
    ),
    TRAIN.misconception(
        "divides_by_zero",
        "Your scores are divided by a standard deviation that is 0 where all are alike, which makes the weights NaN: "
        "use standardise, or add a small number.",
        ("scores = standardise(scores)", "scores = (scores - scores.mean()) / scores.std()"),
    ),
    TRAIN.misconception(
        "seed_in_every_epoch",
        "Your environment is reset with the seed in every epoch: the same episodes begin again and again.",
        (_COLLECT, "        env.reset(seed=seed)\n" + _COLLECT),
    ),
    TRAIN.misconception(
        "environment_without_seed",
        "Your environment is never reset with the seed: runs cannot be repeated.",
        ("    env.reset(seed=seed)\n", ""),
    ),
    TRAIN.misconception(
        "torch_without_seed",
        "Your trainer does not seed torch, from which actions are sampled: runs cannot be repeated.",
        ("    torch.manual_seed(seed)\n", ""),
    ),
    TRAIN.misconception(
        "always_seed_0",
        "Your trainer seeds torch with 0, whatever seed is.",
        ("torch.manual_seed(seed)", "torch.manual_seed(0)"),
    ),
    TRAIN.misconception(
        "returns_losses",
        "Your trainer returns the losses; they say nothing about how good the policy is. Return the mean returns.",
        ('mean_returns.append(info["mean_return"])', "mean_returns.append(loss.item())"),
    ),
    TRAIN.misconception(
        "returns_mean_scores",
        "Your trainer returns means of scores over steps, in which long episodes count more; return "
        'info["mean_return"].',
        (
            "        scores = standardise(scores)\n",
            "        mean_score = scores.mean().item()\n        scores = standardise(scores)\n",
        ),
        ('info["mean_return"]', "mean_score"),
    ),
    TRAIN.misconception(
        "returns_the_last_mean",
        "Your trainer returns the mean of the last epoch only; return a list with one number per epoch.",
        ("return mean_returns", "return mean_returns[-1]"),
    ),
    TRAIN.misconception(
        "one_epoch_too_many",
        "Your trainer runs one epoch more than it shall.",
        ("range(epochs)", "range(epochs + 1)"),
    ),
    TRAIN.misconception(
        "one_episode_per_epoch",
        "Your epochs have a single episode, whatever batch_episodes is.",
        ("collect_experience(env, actor, batch_episodes, score_fn)", "collect_experience(env, actor, 1, score_fn)"),
        ("scores = standardise(scores)", "scores = scores"),
    ),
    TRAIN.misconception(
        "fixed_environment",
        "Your trainer always plays CartPole-v1, whatever env_id is.",
        ("gym.make(env_id)", 'gym.make("CartPole-v1")'),
    ),
    TRAIN.misconception(
        "ignores_score_fn",
        "Your trainer does not hand score_fn on to collect_experience.",
        (", score_fn)\n", ")\n"),
    ),
)
