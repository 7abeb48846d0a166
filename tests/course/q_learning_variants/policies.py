"""Right ways to write ``epsilon_greedy``, unlike the reference."""

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
    "shuffled": """
def epsilon_greedy(q_values, epsilon, rng):
    actions = list(range(len(q_values)))
    rng.shuffle(actions)
    if rng.random() < epsilon:
        return actions[0]
    return max(actions, key=lambda action: q_values[action])
""",
    "noise_on_a_copy": """
def epsilon_greedy(q_values, epsilon, rng):
    values = q_values.copy()
    if not rng.random() >= epsilon:
        values[:] = 0.0
    values[values < values.max()] = -np.inf
    values += rng.random(values.shape)
    return int(values.argmax())
""",
    "two_functions": """
def explore(number_of_actions, rng):
    return rng.integers(low=0, high=number_of_actions - 1, endpoint=True)

def exploit(values, rng):
    ties, = np.nonzero(values == np.max(values))
    return ties[rng.integers(ties.size)]

def epsilon_greedy(q_values, epsilon, rng, *, decimals=None):
    chosen = explore(q_values.size, rng) if rng.random() < epsilon else exploit(q_values, rng)
    return chosen.item()
""",
    "class_with_call": """
class EpsilonGreedy:
    def __init__(self, draw=None):
        self.draw = draw

    def greedy(self, q_values, rng):
        is_best = np.isclose(q_values, q_values.max(), rtol=0.0, atol=1e-12)
        return rng.choice(np.arange(len(q_values))[is_best])

    def __call__(self, q_values, epsilon, rng):
        if rng.uniform(0, 1) > epsilon:
            return int(self.greedy(q_values, rng))
        return int(rng.choice(np.arange(len(q_values))))

epsilon_greedy = EpsilonGreedy()
""",
    "reservoir": """
def epsilon_greedy(q_values, epsilon, rng):
    if rng.random() < epsilon:
        return int(rng.integers(len(q_values)))
    best, seen = 0, 1
    for action in range(1, len(q_values)):
        if q_values[action] > q_values[best]:
            best, seen = action, 1
        elif q_values[action] == q_values[best]:
            seen += 1
            if rng.integers(seen) == 0:
                best = action
    return best
""",
    "cumulative_sum": """
def epsilon_greedy(q_values, epsilon, rng):
    q_values = np.asarray(q_values, dtype=np.float32)
    n = len(q_values)
    mask = q_values == np.amax(q_values)
    pi = np.full(n, epsilon / n)
    pi[mask] += (1.0 - epsilon) / np.count_nonzero(mask)
    return min(int(np.searchsorted(np.cumsum(pi), rng.random(), side="right")), n - 1)
""",
}
