"""Right ways to write ``train_q_learning``, unlike the reference."""

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
    "statistics_wrapper": """
def train_q_learning(env, alpha, episodes, gamma, epsilon, seed):
    env = gym.wrappers.RecordEpisodeStatistics(env)
    env.action_space.seed(seed)
    rng = np.random.default_rng(seed)
    q = np.zeros(shape=tuple(observation_sizes(env)) + (env.action_space.n,))
    state, _ = env.reset(seed=seed)
    for k in range(episodes):
        while True:
            action = epsilon_greedy(q[state], epsilon, rng)
            next_state, reward, terminated, truncated, info = env.step(action)
            q_update(q, state, action, reward, next_state, terminated, alpha, gamma)
            state = next_state
            if terminated or truncated:
                break
        if k + 1 < episodes:
            state, _ = env.reset()
    return q
""",
    "dictionary_of_rows": """
from collections import defaultdict

def train_q_learning(env, alpha, episodes, gamma, epsilon, seed):
    rng, n = np.random.default_rng(seed), env.action_space.n
    rows = defaultdict(lambda: np.zeros(n))
    for i in range(episodes):
        state, _ = env.reset(seed=None if i else seed)
        done = False
        while not done:
            action = epsilon_greedy(rows[state], epsilon, rng)
            next_state, reward, terminated, truncated, _ = env.step(action)
            q_update(rows, state, action, reward, next_state, terminated, alpha, gamma)
            state, done = next_state, terminated or truncated
    q = np.zeros((*observation_sizes(env), n))
    for state, row in rows.items():
        q[state] = row
    return q
""",
    "generator_of_transitions": """
def transitions(env, episodes, seed, act):
    for number in range(episodes):
        state = env.reset(**({} if number else {"seed": seed}))[0]
        over = False
        while not over:
            action = act(state)
            after, reward, terminated, truncated, _ = env.step(action)
            yield state, action, reward, after, terminated
            state, over = after, terminated or truncated

def train_q_learning(env, alpha, episodes, gamma, epsilon, seed):
    q, rng = np.zeros((*observation_sizes(env), env.action_space.n)), np.random.default_rng(seed)
    for transition in transitions(env, episodes, seed, lambda state: epsilon_greedy(q[state], epsilon, rng)):
        q_update(q, *transition, alpha, gamma)
    return q
""",
    "nested_lists": """
def train_q_learning(env, alpha, episodes, gamma, epsilon, seed):
    sizes, n = observation_sizes(env), int(env.action_space.n)
    rows = [[0.0] * n for _ in range(int(np.prod(sizes)))]
    number = lambda s: int(np.ravel_multi_index(s, sizes)) if isinstance(s, tuple) else int(s)
    rng = np.random.default_rng(seed)
    for episode in range(episodes):
        s = number(env.reset(seed=seed)[0] if episode == 0 else env.reset()[0])
        finished = False
        while not finished:
            a = epsilon_greedy(np.array(rows[s]), epsilon, rng)
            obs, r, terminated, truncated, _ = env.step(a)
            s_next = number(obs)
            y = r + (0.0 if terminated else gamma * max(rows[s_next]))
            rows[s][a] = rows[s][a] + alpha * (y - rows[s][a])
            s, finished = s_next, terminated or truncated
    return np.array(rows).reshape(*sizes, n)
""",
    "seeded_generator_of_its_own": """
def train_q_learning(env, alpha, episodes, gamma, epsilon, seed):
    q = np.zeros(list(observation_sizes(env)) + [env.action_space.n], dtype="float64")
    rng = np.random.Generator(np.random.MT19937(seed))
    states = iter([env.reset(seed=seed)[0]])
    for _ in range(episodes):
        state = next(states, None)
        if state is None:
            state, _ = env.reset()
        terminated = truncated = False
        while not terminated and not truncated:
            action = int(epsilon_greedy(q[state].copy(), epsilon, rng))
            new_state, reward, terminated, truncated, _ = env.step(action)
            q_update(q=q, state=state, action=action, reward=reward, next_state=new_state,
                     terminated=terminated, alpha=alpha, gamma=gamma)
            state = new_state
    return q
""",
    "flat_view": """
def train_q_learning(env, alpha, episodes, gamma, epsilon, seed, log=None):
    shape = observation_sizes(env)
    flat = np.zeros((np.prod(shape, dtype=int), env.action_space.n))
    q = flat.reshape(*shape, -1)
    rng = np.random.default_rng(seed=seed)
    left, state = episodes, None
    while left:
        if state is None:
            state, _ = env.reset(seed=seed if left == episodes else None)
        action = epsilon_greedy(q[state], epsilon, rng)
        following, reward, terminated, truncated, _ = env.step(action)
        q_update(q, state, action, reward, following, terminated, alpha, gamma)
        state = following
        if terminated or truncated:
            left, state = left - 1, None
            if log is not None:
                log.append(q.copy())
    return q
""",
    "dataclass_agent": """
from dataclasses import dataclass, field

@dataclass
class QLearner:
    shape: tuple
    alpha: float
    gamma: float
    epsilon: float
    rng: np.random.Generator
    q: np.ndarray = field(init=False)

    def __post_init__(self):
        self.q = np.zeros(self.shape)

    def act(self, state):
        return epsilon_greedy(self.q[state], self.epsilon, self.rng)

    def observe(self, *transition):
        q_update(self.q, *transition, self.alpha, self.gamma)

class QuietLearner(QLearner):
    pass

def train_q_learning(env, alpha, episodes, gamma, epsilon, seed):
    shape = (*observation_sizes(env), env.action_space.n)
    agent = QuietLearner(shape, alpha, gamma, epsilon, np.random.default_rng(seed))
    for episode in range(episodes):
        state, _ = env.reset(seed=seed if not episode else None)
        flags = (False, False)
        while not any(flags):
            action = agent.act(state)
            after, reward, *flags, _ = env.step(action)
            agent.observe(state, action, float(reward), after, flags[0])
            state = after
    return agent.q
""",
}
