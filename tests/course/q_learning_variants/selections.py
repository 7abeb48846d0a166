"""Right ways to write ``select_alpha``, unlike the reference."""

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
    "fresh_environments_after_training": """
def select_alpha(env_id, alphas, episodes, gamma, epsilon, seeds, eval_episodes=1000):
    tables = {
        (alpha, seed): train_q_learning(gym.make(env_id), alpha, episodes, gamma, epsilon, seed)
        for alpha in alphas
        for seed in seeds
    }
    scores = []
    for alpha in alphas:
        returns = []
        for seed in seeds:
            env, rng = gym.make(env_id), np.random.default_rng(99)
            for _ in range(eval_episodes):
                state, _ = env.reset()
                total, over = 0.0, False
                while not over:
                    action = epsilon_greedy(tables[alpha, seed][state], 0.0, rng)
                    state, reward, terminated, truncated, _ = env.step(action)
                    total, over = total + reward, terminated or truncated
                returns.append(total)
        scores.append(np.mean(returns))
    return alphas[int(np.argmax(scores))], np.array(scores)
""",
    "evaluates_with_the_seed": """
def evaluate(env, q, eval_episodes, seed):
    rng = np.random.default_rng(seed)
    returns = np.zeros(eval_episodes)
    for i in range(eval_episodes):
        state, _ = env.reset(seed=seed if i == 0 else None)
        over = False
        while not over:
            state, reward, terminated, truncated, _ = env.step(epsilon_greedy(q[state], 0.0, rng))
            returns[i] += reward
            over = terminated or truncated
    return returns.mean()

def select_alpha(env_id, alphas, episodes, gamma, epsilon, seeds, eval_episodes=1000):
    learn = lambda a, s: train_q_learning(gym.make(env_id), a, episodes, gamma, epsilon, s)
    means = [
        np.mean([evaluate(gym.make(env_id), learn(a, s), eval_episodes, s) for s in seeds]) for a in alphas
    ]
    return alphas[np.argmax(means)], np.asarray(means)
""",
    "running_mean": """
def select_alpha(env_id, alphas, episodes, gamma, epsilon, seeds, eval_episodes=1000):
    env = gym.make(env_id)
    best_alpha, best_score, scores = None, -np.inf, np.full(len(alphas), np.nan)
    for index, alpha in enumerate(alphas):
        mean = count = 0
        for seed in seeds:
            q = train_q_learning(env, alpha=alpha, episodes=episodes, gamma=gamma, epsilon=epsilon, seed=seed)
            rng = np.random.default_rng(seed)
            for _ in range(eval_episodes):
                state, _ = env.reset()
                ret = 0.0
                terminated = truncated = False
                while not (terminated or truncated):
                    state, reward, terminated, truncated, _ = env.step(epsilon_greedy(q[state], 0.0, rng))
                    ret += reward
                count += 1
                mean += (ret - mean) / count
        scores[index] = mean
        if mean > best_score:
            best_alpha, best_score = alpha, mean
    return best_alpha, scores
""",
    "three_axes": """
def select_alpha(env_id, alphas, episodes, gamma, epsilon, seeds, eval_episodes=1000, verbose=False):
    returns = np.zeros((len(alphas), len(seeds), eval_episodes))
    for a, s, e in np.ndindex(*returns.shape):
        if e == 0:
            env = gym.make(env_id)
            q = train_q_learning(env, alphas[a], episodes, gamma, epsilon, seeds[s])
            rng = np.random.default_rng(seeds[s])
        state, info = env.reset()
        over = False
        while not over:
            state, reward, terminated, truncated, info = env.step(epsilon_greedy(q[state], 0.0, rng))
            returns[a, s, e] += reward
            over = terminated or truncated
    score = returns.mean(axis=(1, 2))
    return alphas[np.nanargmax(score)], score.tolist()
""",
    "statistics_of_gymnasium": """
def select_alpha(env_id, alphas, episodes, gamma, epsilon, seeds, eval_episodes=1000):
    scores = []
    for alpha in alphas:
        for_alpha = []
        for seed in seeds:
            with gym.make(env_id) as env:
                q = train_q_learning(env, alpha, episodes, gamma, epsilon, seed)
            test = gym.wrappers.RecordEpisodeStatistics(gym.make(env_id), buffer_length=eval_episodes)
            rng = np.random.default_rng(0)
            for _ in range(eval_episodes):
                state, _ = test.reset()
                over = False
                while not over:
                    state, _, terminated, truncated, _ = test.step(epsilon_greedy(q[state], 0.0, rng))
                    over = terminated or truncated
            for_alpha.append(float(np.mean(test.return_queue)))
        scores.append(sum(for_alpha) / len(for_alpha))
    return alphas[int(np.argmax(scores))], np.array(scores)
""",
    "sorted_pairs": """
class Contest:
    def __init__(self, env_id, settings, eval_episodes):
        self.env_id, self.settings, self.eval_episodes = env_id, settings, eval_episodes

    def play(self, q, generator):
        env = gym.make(self.env_id)
        for _ in range(self.eval_episodes):
            state = env.reset()[0]
            total, ends = 0.0, (False, False)
            while not any(ends):
                action = epsilon_greedy(q_values=q[state], epsilon=0.0, rng=generator)
                state, reward, *ends, _ = env.step(action)
                total += float(reward)
            yield total
        env.close()

    def score(self, alpha, seeds):
        every = []
        for seed in seeds:
            q = train_q_learning(gym.make(self.env_id), alpha=alpha, seed=seed, **self.settings)
            every.extend(self.play(q, np.random.default_rng(seed)))
        return np.average(every)

def select_alpha(env_id, alphas, episodes, gamma, epsilon, seeds, eval_episodes=1000):
    contest = Contest(env_id, {"episodes": episodes, "gamma": gamma, "epsilon": epsilon}, eval_episodes)
    scores = [contest.score(alpha, seeds) for alpha in alphas]
    pairs = sorted(zip(scores, alphas), reverse=True)
    return pairs[0][1], np.array(scores)
""",
    "seeds_outside": """
def select_alpha(env_id, alphas, episodes, gamma, epsilon, seeds, eval_episodes=1000):
    sums = dict.fromkeys(alphas, 0.0)
    for seed in seeds:
        for alpha in alphas:
            env = gym.make(env_id)
            q = train_q_learning(env, alpha, episodes, gamma, epsilon, seed)
            rng = np.random.default_rng([seed, 1])
            for _ in range(eval_episodes):
                obs, _ = env.reset(seed=int(rng.integers(2**31)))
                while True:
                    obs, reward, terminated, truncated, _ = env.step(epsilon_greedy(q[obs], 0.0, rng))
                    sums[alpha] += reward
                    if terminated or truncated:
                        break
    scores = np.array(list(sums.values())) / (len(seeds) * eval_episodes)
    return max(sums, key=sums.get), scores
""",
}
