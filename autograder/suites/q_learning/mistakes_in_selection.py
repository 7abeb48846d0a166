"""Known mistakes in ``select_alpha``."""

from autograder.suites.altered_cell import AlteredCell

SELECTION = AlteredCell(
    "select_alpha",
    """
def select_alpha(env_id, alphas, episodes, gamma, epsilon, seeds, eval_episodes=1000):
    scores = []
    for alpha in alphas:
        returns = []
        for seed in seeds:
            env, rng = gym.make(env_id), np.random.default_rng(seed)
            q = train_q_learning(env, alpha, episodes, gamma, epsilon, seed)
            for _ in range(eval_episodes):
                state, _ = env.reset()
                total, steps, over = 0.0, 0, False
                while not over:
                    action = epsilon_greedy(q[state], 0.0, rng)
                    next_state, reward, terminated, truncated, _ = env.step(action)
                    total += reward
                    state, steps = next_state, steps + 1
                    over = terminated or truncated
                returns.append(total)
            env.close()
        scores.append(float(np.mean(returns)))
    return alphas[int(np.argmax(scores))], np.array(scores)
""",
)
_TRAIN = "train_q_learning(env, alpha, episodes, gamma, epsilon, seed)"
_TOTAL = "total += reward"
_MEAN = "float(np.mean(returns))"
_SEEDS = "for seed in seeds:"
_EVALUATION = "for _ in range(eval_episodes):"
_RESULT = "return alphas[int(np.argmax(scores))], np.array(scores)"

MISCONCEPTIONS = (
    SELECTION.misconception(
        "smallest_score",
        "You choose the alpha with the smallest score; returns are better the larger they are.",
        (_RESULT, "return alphas[int(np.argmin(scores))], np.array(scores)"),
    ),
    SELECTION.misconception(
        "index_of_the_best",
        "You return the index of the best alpha in place of the alpha itself.",
        (_RESULT, "return int(np.argmax(scores)), np.array(scores)"),
    ),
    SELECTION.misconception(
        "best_score_for_best_alpha",
        "You return the largest score in place of the alpha that reached it.",
        (_RESULT, "return float(np.max(scores)), np.array(scores)"),
    ),
    SELECTION.misconception(
        "best_score_only",
        "You return only the largest score; all scores are wanted, one for each alpha.",
        (_RESULT, "return alphas[int(np.argmax(scores))], float(np.max(scores))"),
    ),
    SELECTION.misconception(
        "results_swapped",
        "You return the scores first; the best alpha comes first.",
        (_RESULT, "return np.array(scores), alphas[int(np.argmax(scores))]"),
    ),
    SELECTION.misconception(
        "best_alpha_only",
        "You return the best alpha without the scores.",
        (_RESULT, "return alphas[int(np.argmax(scores))]"),
    ),
    SELECTION.misconception(
        "sorts_alphas",
        "Your scores belong to the alphas in rising order; keep the order in which they were given.",
        ("for alpha in alphas:", "for alpha in sorted(alphas):"),
    ),
    SELECTION.misconception(
        "trains_with_the_first_alpha",
        "You train with the same alpha every time; hand on the one whose turn it is.",
        (_TRAIN, "train_q_learning(env, alphas[0], episodes, gamma, epsilon, seed)"),
    ),
    SELECTION.misconception(
        "first_seed_only",
        "You use the first seed only; one run says little about an alpha.",
        (_SEEDS, "for seed in seeds[:1]:"),
    ),
    SELECTION.misconception(
        "last_seed_only",
        "You forget what earlier seeds have given: start the list of returns before the loop over seeds.",
        ("        returns = []\n", ""),
        (f"        {_SEEDS}\n", f"        {_SEEDS}\n            returns = []\n"),
    ),
    SELECTION.misconception(
        "numbers_its_own_seeds",
        "You train with the seeds 0, 1, 2, ...; use those that are given.",
        (_SEEDS, "for seed in range(len(seeds)):"),
    ),
    SELECTION.misconception(
        "sums_over_seeds",
        "Your scores are sums over the seeds; take the mean.",
        (_MEAN, "float(np.sum(returns)) / eval_episodes"),
    ),
    SELECTION.misconception(
        "sums_over_episodes",
        "Your scores are sums over the episodes; take the mean.",
        (_MEAN, "float(np.sum(returns))"),
    ),
    SELECTION.misconception(
        "best_episode",
        "Your score is the best episode of all; take the mean.",
        (_MEAN, "float(np.max(returns))"),
    ),
    SELECTION.misconception(
        "explores_while_evaluating",
        "You go on exploring while you evaluate; the score is about the greedy policy: epsilon 0.",
        ("epsilon_greedy(q[state], 0.0, rng)", "epsilon_greedy(q[state], epsilon, rng)"),
    ),
    SELECTION.misconception(
        "discounted_scores",
        "Your scores are discounted; gamma is for training only.",
        (_TOTAL, "total += gamma**steps * reward"),
    ),
    SELECTION.misconception(
        "last_reward_only",
        "You count the last reward of an episode only; add them all up.",
        (_TOTAL, "total = reward"),
    ),
    SELECTION.misconception(
        "reward_per_step",
        "You divide the return by the number of steps; the return is the sum of the rewards.",
        ("returns.append(total)", "returns.append(total / steps)"),
    ),
    SELECTION.misconception(
        "one_episode_of_evaluation",
        "You evaluate each table by one episode; play eval_episodes of them.",
        (_EVALUATION, "for _ in range(1):"),
    ),
    SELECTION.misconception(
        "evaluates_as_long_as_it_trains",
        "You evaluate by as many episodes as you train; play eval_episodes of them.",
        (_EVALUATION, "for _ in range(episodes):"),
    ),
    SELECTION.misconception(
        "learns_while_evaluating",
        "You go on learning while you evaluate; leave the table as training left it.",
        (
            _TOTAL,
            "total += reward\n" + 20 * " " + "q_update(q, state, action, reward, next_state, terminated, alpha, gamma)",
        ),
    ),
    SELECTION.misconception(
        "goes_on_after_truncation",
        "Your episodes of evaluation end only when they are terminated; they are over when they are truncated, too.",
        ("over = terminated or truncated", "over = terminated"),
    ),
    SELECTION.misconception(
        "scores_by_the_table",
        "Your score is the largest value of the table, which is what the agent believes; play, and see what it gets.",
        (_MEAN, "float(q.max())"),
    ),
    SELECTION.misconception(
        "fixed_gamma",
        "You train with the discount 0.99, whatever gamma is given.",
        (_TRAIN, "train_q_learning(env, alpha, episodes, 0.99, epsilon, seed)"),
    ),
    SELECTION.misconception(
        "fixed_epsilon",
        "You train with epsilon 0.1, whatever is given.",
        (_TRAIN, "train_q_learning(env, alpha, episodes, gamma, 0.1, seed)"),
    ),
    SELECTION.misconception(
        "fixed_episodes",
        "You train for 100 episodes, however many are asked for.",
        (_TRAIN, "train_q_learning(env, alpha, 100, gamma, epsilon, seed)"),
    ),
)
