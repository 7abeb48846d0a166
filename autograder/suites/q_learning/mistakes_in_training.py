"""Known mistakes in ``train_q_learning``."""

from autograder.suites.altered_cell import AlteredCell

TRAINING = AlteredCell(
    "train_q_learning",
    """
def train_q_learning(env, alpha, episodes, gamma, epsilon, seed):
    rng = np.random.default_rng(seed)
    q = np.zeros((*observation_sizes(env), env.action_space.n))
    for episode in range(episodes):
        state, _ = env.reset(seed=seed if episode == 0 else None)
        over = False
        while not over:
            action = epsilon_greedy(q[state], epsilon, rng)
            next_state, reward, terminated, truncated, _ = env.step(action)
            q_update(q, state, action, reward, next_state, terminated, alpha, gamma)
            state = next_state
            over = terminated or truncated
    return q
""",
)
_RNG = "    rng = np.random.default_rng(seed)\n"
_TABLE = "q = np.zeros((*observation_sizes(env), env.action_space.n))"
_EPISODES = "for episode in range(episodes):"
_RESET = "state, _ = env.reset(seed=seed if episode == 0 else None)"
_ACTION = "action = epsilon_greedy(q[state], epsilon, rng)"
_UPDATE = "q_update(q, state, action, reward, next_state, terminated, alpha, gamma)"
_OVER = "over = terminated or truncated"

MISCONCEPTIONS = (
    TRAINING.misconception(
        "truncation_taken_as_termination",
        "You tell q_update that a truncated episode has terminated; hand it `terminated` alone.",
        (_UPDATE, "q_update(q, state, action, reward, next_state, terminated or truncated, alpha, gamma)"),
    ),
    TRAINING.misconception(
        "goes_on_after_truncation",
        "Your episodes end only when they are terminated; after truncation, too, reset before the next step.",
        (_OVER, "over = terminated"),
    ),
    TRAINING.misconception(
        "goes_on_after_termination",
        "Your episodes end only when they are truncated; after termination, too, reset before the next step.",
        (_OVER, "over = truncated"),
    ),
    TRAINING.misconception(
        "seeds_every_reset",
        "You reset with the same seed before every episode: the same chances come again. Seed the first only.",
        (_RESET, "state, _ = env.reset(seed=seed)"),
    ),
    TRAINING.misconception(
        "another_seed_for_every_reset",
        "You reset with another seed before every episode; seed the first only, the environment goes on by itself.",
        (_RESET, "state, _ = env.reset(seed=seed + episode)"),
    ),
    TRAINING.misconception(
        "environment_without_seed",
        "You never hand the seed to the environment: env.reset(seed=seed) at the first reset.",
        (_RESET, "state, _ = env.reset()"),
    ),
    TRAINING.misconception(
        "generator_without_seed",
        "Your generator is made without the seed, so no run can be repeated: np.random.default_rng(seed).",
        (_RNG, "    rng = np.random.default_rng()\n"),
    ),
    TRAINING.misconception(
        "generator_of_one_seed",
        "Your generator always starts from 0, whatever seed is given: np.random.default_rng(seed).",
        (_RNG, "    rng = np.random.default_rng(0)\n"),
    ),
    TRAINING.misconception(
        "new_generator_for_every_episode",
        "You make the generator anew for every episode: each explores in the same way. Make it once, before the loop.",
        (_RESET, "rng = np.random.default_rng(seed)\n        " + _RESET),
    ),
    TRAINING.misconception(
        "epsilon_decays",
        "Your epsilon falls from episode to episode; in this exercise it is constant.",
        (_ACTION, "action = epsilon_greedy(q[state], epsilon * 0.99**episode, rng)"),
    ),
    TRAINING.misconception(
        "alpha_decays",
        "Your alpha falls from episode to episode; in this exercise it is constant.",
        (_UPDATE, "q_update(q, state, action, reward, next_state, terminated, alpha / (1 + episode), gamma)"),
    ),
    TRAINING.misconception(
        "ignores_epsilon",
        "You explore with probability 0.1, whatever epsilon is given.",
        (_ACTION, "action = epsilon_greedy(q[state], 0.1, rng)"),
    ),
    TRAINING.misconception(
        "never_greedy",
        "Your actions are all random; choose them by epsilon_greedy.",
        (_ACTION, "action = int(rng.integers(env.action_space.n))"),
    ),
    TRAINING.misconception(
        "fixed_gamma",
        "You learn with the discount 0.99, whatever gamma is given.",
        (_UPDATE, "q_update(q, state, action, reward, next_state, terminated, alpha, 0.99)"),
    ),
    TRAINING.misconception(
        "alpha_and_gamma_swapped",
        "You hand alpha and gamma to q_update in the wrong order.",
        (_UPDATE, "q_update(q, state, action, reward, next_state, terminated, gamma, alpha)"),
    ),
    TRAINING.misconception(
        "stays_in_the_first_state",
        "You never go on: after the update the next state has to become the state.",
        ("            state = next_state\n", ""),
    ),
    TRAINING.misconception(
        "goes_on_before_the_update",
        "You overwrite the state before the update; what is learned then belongs to the wrong state.",
        (
            f"            {_UPDATE}\n            state = next_state\n",
            f"            state = next_state\n            {_UPDATE}\n",
        ),
    ),
    TRAINING.misconception(
        "chooses_before_the_update",
        "You choose the next action before the update, by a table that is a step old, as SARSA would; choose it after.",
        (f"            {_ACTION}\n", ""),
        ("        over = False\n", f"        over = False\n        {_ACTION}\n"),
        (
            f"            {_UPDATE}\n            state = next_state\n",
            "            following = epsilon_greedy(q[next_state], epsilon, rng)\n"
            f"            {_UPDATE}\n            state, action = next_state, following\n",
        ),
    ),
    TRAINING.misconception(
        "leaves_out_the_last_step",
        "You make no update for the last step of an episode, the one with the reward of the goal.",
        (f"            {_UPDATE}\n", f"            if not (terminated or truncated):\n                {_UPDATE}\n"),
    ),
    TRAINING.misconception(
        "learns_at_the_end_only",
        "You update only with the last step of an episode; update after every step.",
        (f"            {_UPDATE}\n", f"            if terminated or truncated:\n                {_UPDATE}\n"),
    ),
    TRAINING.misconception(
        "one_episode_less",
        "You play one episode less than asked for.",
        (_EPISODES, "for episode in range(episodes - 1):"),
    ),
    TRAINING.misconception(
        "new_table_for_every_episode",
        "You make the table anew for every episode, so that everything learned before is lost.",
        (_RESET, f"{_TABLE}\n        {_RESET}"),
    ),
    TRAINING.misconception(
        "table_of_ones",
        "Your table starts with ones; here it has to start with zeros.",
        (_TABLE, "q = np.ones((*observation_sizes(env), env.action_space.n))"),
    ),
    TRAINING.misconception(
        "single_precision",
        "Your table is of single precision; leave NumPy's default, float64.",
        (_TABLE, "q = np.zeros((*observation_sizes(env), env.action_space.n), dtype=np.float32)"),
    ),
    TRAINING.misconception(
        "table_of_integers",
        "Your table holds integers: every update is cut off to a whole number.",
        (_TABLE, "q = np.zeros((*observation_sizes(env), env.action_space.n), dtype=int)"),
    ),
    TRAINING.misconception(
        "integer_observations_only",
        "Your table is made for integers as observations; observation_sizes(env) knows tuples, too.",
        (_TABLE, "q = np.zeros((env.observation_space.n, env.action_space.n))"),
    ),
    TRAINING.misconception(
        "returns_the_policy",
        "You return the best actions; return the table.",
        ("return q", "return q.argmax(axis=-1)"),
    ),
    TRAINING.misconception(
        "returns_nothing",
        "Your function returns nothing; return the table.",
        ("    return q\n", ""),
    ),
)
