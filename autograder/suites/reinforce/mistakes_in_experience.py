"""Known mistakes in ``collect_experience``."""

from autograder.suites.altered_cell import AlteredCell

COLLECT = AlteredCell(
    "collect_experience",
    """
def collect_experience(env, actor, num_episodes, score_fn=None):
    observations, actions, scores, returns, lengths = [], [], [], [], []
    for _ in range(num_episodes):
        obs, _ = env.reset()
        rewards = []
        done = False
        while not done:
            action = actor.get_action(obs)
            observations.append(obs)
            actions.append(action)
            obs, reward, terminated, truncated, _ = env.step(action)
            rewards.append(float(reward))
            done = terminated or truncated
        if score_fn is None:
            episode_scores = [sum(rewards)] * len(rewards)
        else:
            episode_scores = score_fn(rewards)
        scores.extend(float(score) for score in episode_scores)
        returns.append(sum(rewards))
        lengths.append(len(rewards))
    info = {"mean_return": float(np.mean(returns)), "mean_len": float(np.mean(lengths))}
    observations = torch.tensor(np.array(observations), dtype=torch.float32)
    actions = torch.tensor(actions, dtype=torch.int64)
    scores = torch.tensor(scores, dtype=torch.float32)
    return observations, actions, scores, info
""",
)
_TOTAL = "episode_scores = [sum(rewards)] * len(rewards)"
_DONE = "            done = terminated or truncated\n"
_RECORD = "            observations.append(obs)\n"
_STEP = "            obs, reward, terminated, truncated, _ = env.step(action)\n"
_BRANCH = """        if score_fn is None:
            episode_scores = [sum(rewards)] * len(rewards)
        else:
            episode_scores = score_fn(rewards)
"""

MISCONCEPTIONS = (
    COLLECT.misconception(
        "rewards_as_scores",
        "Your scores are the rewards of single steps; the score of a step is the sum over its whole episode.",
        (_TOTAL, "episode_scores = rewards"),
    ),
    COLLECT.misconception(
        "mean_as_score",
        "Your scores are the mean reward of the episode; on CartPole that is always 1. Take the sum.",
        (_TOTAL, "episode_scores = [sum(rewards) / len(rewards)] * len(rewards)"),
    ),
    COLLECT.misconception(
        "last_reward_as_score",
        "Your scores are the last reward of the episode; take the sum of all of them.",
        (_TOTAL, "episode_scores = [rewards[-1]] * len(rewards)"),
    ),
    COLLECT.misconception(
        "sums_so_far",
        "Your scores are the rewards up to each step, what was there before the action; without score_fn every step "
        "has the episode's whole sum.",
        (_TOTAL, "episode_scores = np.cumsum(rewards)"),
    ),
    COLLECT.misconception(
        "returns_to_go_already",
        "Your scores are returns-to-go; without score_fn every step of an episode has the same score, the whole sum.",
        (_TOTAL, "episode_scores = np.cumsum(rewards[::-1])[::-1]"),
    ),
    COLLECT.misconception(
        "discounts",
        "Your scores are discounted; without score_fn they are plain sums.",
        (_TOTAL, "episode_scores = [sum(0.99**t * r for t, r in enumerate(rewards))] * len(rewards)"),
    ),
    COLLECT.misconception(
        "rewards_pile_up",
        "Your list of rewards goes on from one episode to the next, so that later episodes get the rewards of earlier "
        "ones: empty it at each reset.",
        ("        rewards = []\n", ""),
        ("    for _ in range(num_episodes):", "    rewards, before = [], 0\n    for _ in range(num_episodes):"),
        ("[sum(rewards)] * len(rewards)", "[sum(rewards)] * (len(rewards) - before)"),
        ("score_fn(rewards)\n", "score_fn(rewards)[before:]\n"),
        ("lengths.append(len(rewards))\n", "lengths.append(len(rewards) - before)\n        before = len(rewards)\n"),
        ("returns.append(sum(rewards))", "returns.append(sum(rewards[before:]))"),
    ),
    COLLECT.misconception(
        "score_of_the_batch",
        "Your scores are the sum over all episodes together: every action gets the same. Each episode has its own.",
        (
            "    scores = torch.tensor(scores,",
            "    scores = [sum(returns)] * len(scores) if score_fn is None else scores\n"
            "    scores = torch.tensor(scores,",
        ),
    ),
    COLLECT.misconception(
        "last_episode_only",
        "Your lists are emptied at each episode, so that only the last one is learned from.",
        ("        rewards = []\n", "        rewards = []\n        observations, actions, scores = [], [], []\n"),
    ),
    COLLECT.misconception(
        "next_observation",
        "Your rows hold the observation that an action led to, not the one in which it was chosen: write it down "
        "before env.step.",
        (_RECORD, ""),
        (_STEP, _STEP + _RECORD),
    ),
    COLLECT.misconception(
        "looks_once",
        "Your loop goes on choosing for the first observation of the episode: what env.step returns has another name.",
        ("obs, reward, terminated", "new_obs, reward, terminated"),
    ),
    COLLECT.misconception(
        "ignores_truncation",
        "Your episodes go on after truncated: done = terminated or truncated.",
        (_DONE, "            done = terminated\n"),
    ),
    COLLECT.misconception(
        "ignores_termination",
        "Your episodes go on after terminated: done = terminated or truncated.",
        (_DONE, "            done = truncated\n"),
    ),
    COLLECT.misconception(
        "drops_the_last_reward",
        "Your scores leave the reward of the last step out: add it before you look whether the episode is over.",
        (_TOTAL, "episode_scores = [sum(rewards[:-1])] * len(rewards)"),
    ),
    COLLECT.misconception(
        "counts_steps",
        "Your function plays num_episodes steps, or stops by them; num_episodes counts whole episodes.",
        ("while not done:", "while not done and len(actions) < num_episodes:"),
        (_BRANCH, "        if not rewards:\n            continue\n" + _BRANCH),
    ),
    COLLECT.misconception(
        "one_episode",
        "Your function plays a single episode, whatever num_episodes is.",
        ("range(num_episodes)", "range(1)"),
    ),
    COLLECT.misconception(
        "ignores_score_fn",
        "Your scores are the sums even if there is a score_fn.",
        ("if score_fn is None:", "if True:"),
    ),
    COLLECT.misconception(
        "score_fn_of_the_batch",
        "Your score_fn gets the rewards of all episodes at once; call it for each episode.",
        ("    observations, actions, scores, returns", "    every = []\n    observations, actions, scores, returns"),
        ("        returns.append(sum(rewards))", "        every += rewards\n        returns.append(sum(rewards))"),
        (
            "    scores = torch.tensor(scores,",
            "    scores = scores if score_fn is None else "
            "[float(each) for each in score_fn(every)]\n    scores = torch.tensor(scores,",
        ),
    ),
    COLLECT.misconception(
        "mean_return_of_scores",
        "Your mean_return is the mean of the scores, over steps: long episodes count more, and it is no return if "
        "there is a score_fn. Average the undiscounted sums over episodes.",
        ('"mean_return": float(np.mean(returns))', '"mean_return": float(np.mean(scores))'),
    ),
    COLLECT.misconception(
        "info_holds_sums",
        "Your info holds sums over the episodes; divide by their number.",
        ("float(np.mean(returns))", "float(np.sum(returns))"),
        ("float(np.mean(lengths))", "float(np.sum(lengths))"),
    ),
    COLLECT.misconception(
        "same_seed",
        "Your episodes are all reset with the same seed: they begin in the same state. Reset without one.",
        ("env.reset()", "env.reset(seed=0)"),
    ),
    COLLECT.misconception(
        "plays_greedily",
        "Your episodes are played greedily; while it learns, the agent has to sample.",
        ("actor.get_action(obs)", "actor.get_action(obs, greedy=True)"),
    ),
    COLLECT.misconception(
        "scores_as_a_column",
        "Your scores have shape [N, 1]. Times log-probabilities of shape [N] they broadcast to [N, N], without an "
        "error, and all actions are pushed alike: scores are [N].",
        ("    return observations", "    scores = scores.unsqueeze(-1)\n    return observations"),
    ),
    COLLECT.misconception(
        "actions_as_a_column",
        "Your actions have shape [N, 1]: their log-probabilities become [N, N], without an error. Actions are [N].",
        ("    return observations", "    actions = actions.unsqueeze(-1)\n    return observations"),
    ),
    COLLECT.misconception(
        "lists",
        "Your function returns lists; make tensors of them.",
        ("    observations = torch.tensor(np.array(observations), dtype=torch.float32)\n", ""),
        ("    actions = torch.tensor(actions, dtype=torch.int64)\n", ""),
        ("    scores = torch.tensor(scores, dtype=torch.float32)\n", ""),
    ),
    COLLECT.misconception(
        "double_precision",
        "Your observations are float64, as the environment gave them; the network wants float32.",
        ("torch.tensor(np.array(observations), dtype=torch.float32)", "torch.tensor(np.array(observations))"),
    ),
    COLLECT.misconception(
        "actions_are_floats",
        "Your actions are floats; numbers of actions are int64.",
        ("torch.tensor(actions, dtype=torch.int64)", "torch.tensor(actions, dtype=torch.float32)"),
    ),
)
