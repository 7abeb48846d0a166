"""Right solutions of the Q-learning assignment that look unlike the reference: hidden checks must pass every one."""

from tests.course.variant import Variant

POLICIES = {
    "argmax_of_noise": """
def epsilon_greedy(q_values, epsilon, rng):
    if rng.random() < epsilon:
        return int(rng.choice(len(q_values)))
    return int(np.lexsort((rng.random(len(q_values)), q_values))[-1])
""",
    "choice_of_where": """
def epsilon_greedy(q_values, epsilon, rng):
    n_actions = q_values.shape[0]
    explore = rng.uniform() < epsilon
    candidates = range(n_actions) if explore else np.where(q_values == np.max(q_values))[0]
    return int(rng.choice(candidates))
""",
    "probabilities": """
def epsilon_greedy(q_values, epsilon, rng):
    best = (q_values == q_values.max()).astype(float)
    probabilities = epsilon / len(q_values) + (1 - epsilon) * best / best.sum()
    return int(rng.choice(len(q_values), p=probabilities / probabilities.sum()))
""",
    "plain_python": """
def epsilon_greedy(q_values, epsilon, rng):
    values = q_values.tolist()
    if epsilon > rng.random():
        return int(rng.integers(0, len(values)))
    top = max(values)
    ties = [action for action, value in enumerate(values) if value == top]
    return ties[int(rng.integers(len(ties)))]
""",
    "permutation": """
def epsilon_greedy(q_values: np.ndarray, epsilon: float, rng: np.random.Generator) -> int:
    order = rng.permutation(len(q_values))
    if rng.binomial(1, epsilon):
        return order[0].item()
    return order[np.argmax(q_values[order])].item()
""",
    "argwhere": """
def all_best(values):
    return np.argwhere(values == np.amax(values)).flatten()

def epsilon_greedy(q_values, epsilon, rng):
    greedy = rng.random() >= epsilon
    if greedy:
        return int(rng.choice(all_best(q_values)))
    else:
        return int(rng.random() * len(q_values))
""",
}
UPDATES = {
    "weighted_mean": """
def q_update(q, state, action, reward, next_state, terminated, alpha, gamma):
    best_next = np.max(q[next_state]) * (1 - terminated)
    q[state][action] = (1 - alpha) * q[state][action] + alpha * (reward + gamma * best_next)
""",
    "index_tuple": """
def q_update(q, state, action, reward, next_state, terminated, alpha, gamma):
    index = (*state, action) if isinstance(state, tuple) else (state, action)
    td_error = reward - q[index]
    if not terminated:
        td_error += gamma * q[next_state].max()
    q[index] += alpha * td_error
""",
    "row": """
def q_update(q, state, action, reward, next_state, terminated, alpha, gamma):
    row = q[state]
    target = reward if terminated else reward + gamma * max(q[next_state])
    row[action] += alpha * (target - row[action])
    return q
""",
    "argmax": """
def q_update(q, state, action, reward, next_state, terminated, alpha, gamma):
    a_star = np.argmax(q[next_state])
    td_target = reward + gamma * q[next_state][a_star] * (not terminated)
    td_delta = td_target - q[state][action]
    q[state][action] = q[state][action] + alpha * td_delta
    return td_delta
""",
    "item_assignment": """
def q_update(q, state, action, reward, next_state, terminated, alpha, gamma):
    def place(s, a=None):
        numbers = tuple(np.atleast_1d(s))
        return numbers if a is None else numbers + (a,)

    old = q.item(place(state, action))
    future = 0 if bool(terminated) else gamma * float(np.amax(q[place(next_state)]))
    q.itemset(place(state, action), old) if hasattr(q, "itemset") else None
    q[place(state, action)] = old + alpha * (reward + future - old)
""",
    "flat": """
def q_update(q, state, action, reward, next_state, terminated, alpha, gamma):
    flat = q.reshape(-1, q.shape[-1])   # a view
    number = lambda s: np.ravel_multi_index(np.atleast_1d(s), q.shape[:-1])
    here, there = number(state), number(next_state)
    goes_on = 0.0 if terminated else 1.0
    flat[here, action] += alpha * (reward + gamma * flat[there].max() * goes_on - flat[here, action])
""",
}
TRAININGS = {
    "while_true": """
def train_q_learning(env, alpha, episodes, gamma, epsilon, seed):
    rng = np.random.default_rng(seed)
    q = np.zeros(observation_sizes(env) + (int(env.action_space.n),), dtype=np.float64)
    obs, info = env.reset(seed=seed)
    played = 0
    while played < episodes:
        act = epsilon_greedy(q_values=q[obs], epsilon=epsilon, rng=rng)
        new_obs, r, term, trunc, info = env.step(act)
        q_update(q, obs, act, r, new_obs, terminated=term, alpha=alpha, gamma=gamma)
        obs = new_obs
        if term or trunc:
            played += 1
            obs, info = env.reset()
    return q
""",
    "seeded_first": """
def play_episode(env, q, state, alpha, gamma, epsilon, rng):
    while True:
        action = epsilon_greedy(q[state], epsilon, rng)
        following, reward, terminated, truncated, _ = env.step(action)
        q_update(q, state, action, reward, following, terminated, alpha, gamma)
        if terminated | truncated:
            return
        state = following

def train_q_learning(env, alpha, episodes, gamma, epsilon, seed):
    rng, q = np.random.default_rng(seed), np.zeros((*observation_sizes(env), env.action_space.n))
    for i in range(episodes):
        state, _ = env.reset(seed=seed) if i == 0 else env.reset()
        play_episode(env, q, state, alpha, gamma, epsilon, rng)
    return q
""",
    "own_sizes": """
def train_q_learning(env, alpha, episodes, gamma, epsilon, seed):
    generator = np.random.Generator(np.random.PCG64(seed))
    space = env.observation_space
    if isinstance(space, gym.spaces.Tuple):
        shape = [s.n for s in space]
    else:
        shape = [space.n]
    q = np.zeros(shape + [env.action_space.n])
    seeds = [seed] + [None] * (episodes - 1)
    for s in seeds:
        obs, _ = env.reset(seed=s)
        done = False
        while not done:
            a = epsilon_greedy(q[obs], epsilon, generator)
            obs_next, reward, terminated, truncated, _ = env.step(a)
            q_update(q, obs, a, float(reward), obs_next, bool(terminated), alpha, gamma)
            obs, done = obs_next, any((terminated, truncated))
    return q
""",
    "inline": """
def train_q_learning(env, alpha, episodes, gamma, epsilon, seed, progress=False):
    random = np.random.default_rng([seed])
    n_actions = env.action_space.n
    q = np.full((*observation_sizes(env), n_actions), 0.0)
    env.reset(seed=seed)
    for _ in tqdm(range(episodes), disable=not progress):
        s, _ = env.reset()
        terminated = truncated = False
        while not (terminated or truncated):
            explore = random.random() < epsilon
            best = np.flatnonzero(q[s] == q[s].max())
            a = int(random.integers(n_actions)) if explore else int(random.choice(best))
            s2, r, terminated, truncated, _ = env.step(a)
            target = r if terminated else r + gamma * q[s2].max()
            q[s][a] += alpha * (target - q[s][a])
            s = s2
    return q
""",
    "spawned_generator": """
class Learner:
    def __init__(self, shape, alpha, gamma):
        self.q, self.alpha, self.gamma = np.zeros(shape), alpha, gamma

    def learn(self, s, a, r, s2, done):
        q_update(self.q, s, a, r, s2, done, self.alpha, self.gamma)

def train_q_learning(env, alpha, episodes, gamma, epsilon, seed):
    learner = Learner((*observation_sizes(env), env.action_space.n), alpha, gamma)
    rng = np.random.default_rng(np.random.SeedSequence(seed).spawn(1)[0])
    first = {"seed": seed}
    for _ in range(episodes):
        s, _ = env.reset(**first)
        first = {}
        over = False
        while not over:
            a = epsilon_greedy(learner.q[s], epsilon, rng)
            s2, r, terminated, truncated, _ = env.step(a)
            learner.learn(s, a, r, s2, terminated)
            s, over = s2, terminated or truncated
    return learner.q.copy()
""",
}
SELECTIONS = {
    "matrix": """
def greedy_return(env, q, rng):
    state, _ = env.reset()
    total, over = 0.0, False
    while not over:
        state, reward, terminated, truncated, _ = env.step(epsilon_greedy(q[state], 0.0, rng))
        total += reward
        over = terminated or truncated
    return total

def select_alpha(env_id, alphas, episodes, gamma, epsilon, seeds, eval_episodes=500):
    scores = np.empty((len(seeds), len(alphas)))
    for i, seed in enumerate(seeds):
        for j, alpha in enumerate(alphas):
            env = gym.make(env_id)
            q = train_q_learning(env, alpha, episodes, gamma, epsilon, seed)
            rng = np.random.default_rng(seed + 1)
            scores[i, j] = np.mean([greedy_return(env, q, rng) for _ in range(eval_episodes)])
    mean = scores.mean(0)
    return alphas[mean.argmax()], mean
""",
    "evaluate_policy": """
def select_alpha(env_id, alphas, episodes, gamma, epsilon, seeds, eval_episodes=1000):
    scores = []
    for alpha in alphas:
        score = 0.0
        for seed in seeds:
            q = train_q_learning(gym.make(env_id), alpha, episodes, gamma, epsilon, seed)
            rng = np.random.default_rng(123)
            act = lambda s: epsilon_greedy(q[s], 0.0, rng)
            score += rlhelpers.evaluate_policy(gym.make(env_id), act, eval_episodes, seed=seed + 10_000_000).mean()
        scores.append(score / len(seeds))
    best = max(zip(scores, alphas))[1]
    return best, scores
""",
    "dictionary": """
def select_alpha(env_id, alphas, episodes, gamma, epsilon, seeds, eval_episodes=1000):
    results = {alpha: [] for alpha in alphas}
    eval_env = gym.make(env_id)
    for alpha in alphas:
        for seed in seeds:
            with gym.make(env_id) as env:
                settings = dict(alpha=alpha, gamma=gamma, epsilon=epsilon)
                table = train_q_learning(env=env, episodes=episodes, seed=seed, **settings)
            generator = np.random.default_rng()
            for episode in range(eval_episodes):
                obs, _ = eval_env.reset()
                rewards, term, trunc = [], False, False
                while not (term or trunc):
                    obs, r, term, trunc, _ = eval_env.step(epsilon_greedy(table[obs], 0, generator))
                    rewards.append(r)
                results[alpha].append(sum(rewards))
    scores = np.array([np.mean(returns) for returns in results.values()])
    return max(results, key=lambda alpha: np.mean(results[alpha])), scores
""",
    "argmax_play": """
def select_alpha(env_id, alphas, episodes, gamma, epsilon, seeds, eval_episodes=1000):
    env = gym.make(env_id)
    means = np.zeros(len(alphas))
    for k, alpha in enumerate(alphas):
        for seed in seeds:
            q = train_q_learning(env, alpha, episodes, gamma, epsilon, seed)
            policy = np.argmax(q, axis=-1)
            for n in range(eval_episodes):
                state, _ = env.reset(seed=777_000_000 + n)
                while True:
                    state, reward, terminated, truncated, _ = env.step(policy[state])
                    means[k] += reward
                    if terminated or truncated:
                        break
    means /= len(seeds) * eval_episodes
    return float(np.array(alphas)[np.argmax(means)]), means
""",
    "train_first": """
from itertools import product

def select_alpha(env_id, alphas, episodes, gamma, epsilon, seeds, eval_episodes=1000):
    tables = {}
    for alpha, seed in product(alphas, seeds):
        env = gym.make(env_id)
        tables[alpha, seed] = env, train_q_learning(env, alpha, episodes, gamma, epsilon, seed)

    def score(alpha, seed):
        env, q = tables[alpha, seed]
        rng, total = np.random.default_rng(seed), 0.0
        for _ in range(eval_episodes):
            obs, _ = env.reset()
            over = False
            while not over:
                obs, reward, *ends, _ = env.step(epsilon_greedy(q[obs], 0.0, rng))
                total += reward
                over = any(ends)
        return total / eval_episodes

    scores = [float(np.mean([score(alpha, seed) for seed in seeds])) for alpha in alphas]
    return alphas[scores.index(max(scores))], tuple(scores)
""",
}


def _sets() -> tuple[Variant, ...]:
    """Two sets of all exercises, and every other solution by itself among the reference's."""
    parts = {
        "epsilon_greedy": POLICIES,
        "q_update": UPDATES,
        "train_q_learning": TRAININGS,
        "select_alpha": SELECTIONS,
    }
    whole = [
        Variant(name, {exercise: list(cells.values())[number] for exercise, cells in parts.items()})
        for number, name in enumerate(("short", "unlike"))
    ]
    single = [
        Variant(name, {exercise: source})
        for exercise, cells in parts.items()
        for name, source in list(cells.items())[2:]
    ]
    return (*whole, *single)


VARIANTS = _sets()
