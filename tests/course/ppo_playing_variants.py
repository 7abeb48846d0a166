"""Right cells of PPO's environment, rollout and evaluation that look unlike the reference."""

MAKE_ENV = {
    "own_wrapper": """
class KeepInside(gym.ActionWrapper):
    def action(self, action):
        space = self.env.action_space
        return np.clip(action, space.low, space.high)

def make_env(env_id, render_mode=None):
    return KeepInside(gym.make(env_id, render_mode=render_mode))
""",
    "transformed_actions": """
def make_env(env_id, render_mode=None):
    kwargs = {} if render_mode is None else {"render_mode": render_mode}
    env = gym.make(env_id, **kwargs)
    low, high = env.action_space.low, env.action_space.high
    free = gym.spaces.Box(-np.inf, np.inf, shape=low.shape)
    return gym.wrappers.TransformAction(env, lambda action: np.minimum(np.maximum(action, low), high), free)
""",
    "keywords": """
def make_env(env_id, render_mode=None):
    return gym.wrappers.ClipAction(env=gym.make(id=env_id, render_mode=render_mode))
""",
    "optional_arguments": """
def make_env(env_id: str, render_mode=None, **kwargs) -> gym.Env:
    env = gym.make(env_id, render_mode=render_mode, **kwargs)
    return gym.wrappers.ClipAction(env)
""",
    "list_of_wrappers": """
from gymnasium.wrappers import ClipAction

def make_env(env_id, render_mode=None):
    env = gym.make(env_id, render_mode=render_mode)
    for wrapper in [ClipAction]:
        env = wrapper(env)
    return env
""",
    "step_overridden": """
class Clipping(gym.Wrapper):
    def step(self, action):
        return self.env.step(np.clip(action, self.action_space.low, self.action_space.high))

def make_env(env_id, render_mode=None):
    return Clipping(gym.make(env_id, render_mode=render_mode))
""",
    "subclass": """
class Bounded(gym.wrappers.ClipAction):
    pass

def make_env(env_id, render_mode=None):
    return Bounded(gym.make(env_id, render_mode=render_mode))
""",
    "from_the_spec": """
def make_env(env_id, render_mode=None):
    return gym.wrappers.ClipAction(gym.make(gym.spec(env_id), render_mode=render_mode))
""",
    "statistics_too": """
def make_env(env_id, render_mode=None):
    env = gym.make(env_id, render_mode=render_mode)
    env = gym.wrappers.RecordEpisodeStatistics(env)
    return gym.wrappers.ClipAction(env)
""",
    "if_it_is_a_box": """
def make_env(env_id, render_mode=None):
    env = gym.make(env_id, render_mode=render_mode)
    if isinstance(env.action_space, gym.spaces.Box):
        env = gym.wrappers.ClipAction(env)
    return env
""",
    "helper": """
def inside(space):
    def clip(action):
        return np.asarray(action).clip(space.low, space.high)
    return clip

def make_env(env_id, render_mode=None):
    env = gym.make(env_id, render_mode=render_mode)
    return gym.wrappers.TransformAction(env, inside(env.action_space), env.action_space)
""",
    "torch_clamp": """
def make_env(env_id, render_mode=None):
    env = gym.make(env_id, render_mode=render_mode)
    low, high = torch.as_tensor(env.action_space.low), torch.as_tensor(env.action_space.high)

    def clip(action):
        return torch.minimum(torch.maximum(torch.as_tensor(action), low), high).numpy()

    return gym.wrappers.TransformAction(env, clip, env.action_space)
""",
}
ROLLOUT = {
    "list": """
def rollout(env, actor, seed, device):
    actor.eval()
    state, info = env.reset(seed=int(seed))
    rewards = []
    while True:
        with torch.inference_mode():
            action = actor.get_action(torch.tensor(np.array([state]), device=device).float(), greedy=True)
        state, reward, terminated, truncated, info = env.step(action[0].numpy())
        rewards.append(reward)
        if terminated or truncated:
            return float(sum(rewards))
""",
    "for_loop": """
from itertools import count

def rollout(env, actor, seed, device):
    obs = env.reset(seed=seed)[0]
    total = 0.0
    for _ in count():
        x = torch.from_numpy(np.asarray(obs, np.float32))[None].to(device)
        a = actor.get_action(x, True).detach().cpu().numpy().reshape(-1)
        obs, r, term, trunc, _ = env.step(a)
        total = total + r
        if term or trunc:
            break
    return total
""",
    "or_of_flags": """
def rollout(env, actor, seed, device):
    obs, info = env.reset(seed=seed)
    total, terminated, truncated = 0.0, False, False
    while not (terminated or truncated):
        x = torch.FloatTensor(np.array(obs)).to(device)[None, :]
        obs, reward, terminated, truncated, info = env.step(actor.get_action(x, greedy=True)[0].cpu().numpy())
        total += reward
    return float(total)
""",
    "no_grad": """
def rollout(env, actor, seed, device):
    with torch.no_grad():
        observation, _ = env.reset(seed=seed)
        ret = 0.0
        while True:
            obs_t = torch.as_tensor(np.expand_dims(observation, 0), dtype=torch.float32).to(device)
            act = actor.get_action(obs_t, greedy=True).cpu().numpy()[0]
            observation, reward, term, trunc, _ = env.step(act)
            ret += reward
            if term:
                return float(ret)
            if trunc:
                return float(ret)
""",
    "numpy_sum": """
def rollout(env, actor, seed, device):
    rewards, over = [], False
    obs, _ = env.reset(seed=seed)
    while not over:
        batch = torch.tensor(obs.reshape(1, -1), dtype=torch.float32, device=torch.device(device))
        obs, r, a, b, _ = env.step(actor.get_action(obs=batch, greedy=True).squeeze(0).cpu().numpy())
        rewards.append(float(r))
        over = bool(a) or bool(b)
    return float(np.sum(rewards))
""",
    "generator": """
def steps(env, act, seed):
    obs, _ = env.reset(seed=seed)
    over = False
    while not over:
        obs, reward, terminated, truncated, _ = env.step(act(obs))
        over = terminated | truncated
        yield float(reward)

def rollout(env, actor, seed, device):
    def act(obs):
        batch = torch.as_tensor(obs[None], dtype=torch.float32, device=device)
        return actor.get_action(batch, greedy=True)[0].cpu().numpy()
    return sum(steps(env, act, seed))
""",
    "recursion_free_helper": """
def greedy_action(actor, obs, device):
    with torch.no_grad():
        batch = torch.from_numpy(np.array(obs, dtype=np.float32)).view(1, -1).to(device)
        return actor.get_action(batch, greedy=True).flatten().cpu().numpy()

def rollout(env, actor, seed, device):
    state, score, finished = env.reset(seed=seed)[0], 0.0, False
    while not finished:
        state, reward, terminated, truncated, _ = env.step(greedy_action(actor, state, device))
        score, finished = score + float(reward), terminated or truncated
    return score
""",
    "optional_argument": """
def rollout(env, actor, seed, device, greedy=True, max_steps=None):
    obs, _ = env.reset(seed=seed)
    total, t = 0.0, 0
    while max_steps is None or t < max_steps:
        x = torch.as_tensor(obs, dtype=torch.float32, device=device)[None]
        obs, reward, terminated, truncated, _ = env.step(actor.get_action(x, greedy=greedy)[0].cpu().numpy())
        total, t = total + float(reward), t + 1
        if terminated or truncated:
            break
    return total
""",
    "stacked": """
def rollout(env, actor, seed, device):
    actor = actor.to(device)
    obs = env.reset(seed=seed)[0]
    returns = torch.zeros((), dtype=torch.float64)
    done = False
    while not done:
        action = actor.get_action(torch.stack([torch.as_tensor(obs, dtype=torch.float32, device=device)]), greedy=True)
        obs, reward, *ends, _ = env.step(action[0].detach().cpu().numpy())
        returns += float(reward)
        done = any(ends)
    return returns.item()
""",
    "itertools": """
def rollout(env, actor, seed, device):
    from itertools import repeat
    obs, _ = env.reset(seed=seed)
    total = 0
    for _ in repeat(None):
        action = actor.get_action(torch.tensor(obs[np.newaxis], device=device).to(torch.float32), greedy=True)
        result = env.step(action.squeeze(dim=0).cpu().numpy())
        obs, total = result[0], total + float(result[1])
        if result[2] or result[3]:
            return float(total)
""",
    "statistics_of_mode": """
def rollout(env, actor, seed, device):
    was_training = actor.training
    actor.eval()
    obs, _ = env.reset(seed=seed)
    done, gained = False, 0.0
    while not done:
        x = torch.as_tensor(obs, device=device, dtype=torch.float).reshape(1, -1)
        action, = actor.get_action(x, greedy=True).cpu().numpy()
        obs, reward, terminated, truncated, _ = env.step(action)
        gained, done = gained + float(reward), terminated or truncated
    actor.train(was_training)
    return gained
""",
    "class_inside": """
def rollout(env, actor, seed, device):
    class Episode:
        total = 0.0
        over = False

    episode, (obs, _) = Episode(), env.reset(seed=seed)
    while not episode.over:
        action = actor.get_action(torch.tensor([obs.tolist()], dtype=torch.float32, device=device), True)
        obs, reward, terminated, truncated, _ = env.step(np.asarray(action[0].cpu()))
        episode.total += float(reward)
        episode.over = terminated or truncated
    return episode.total
""",
}
EVALUATE = {
    "new_environment_each": """
def evaluate(actor, num_episodes, seed, device, env_id="HalfCheetah-v5"):
    scores = np.zeros(num_episodes)
    for i in range(num_episodes):
        env = make_env(env_id)
        scores[i] = rollout(env, actor, seed + i, device)
        env.close()
    return scores
""",
    "inline": """
def evaluate(actor, num_episodes, seed, device, env_id="HalfCheetah-v5"):
    env = make_env(env_id=env_id)
    all_scores = []
    for s in range(seed, seed + num_episodes):
        obs, _ = env.reset(seed=s)
        over, score = False, 0
        while not over:
            obs = torch.as_tensor(obs).float().to(device).view(1, -1)
            obs, reward, end, cut, _ = env.step(actor.get_action(obs, greedy=True)[0].cpu().numpy())
            over, score = end or cut, score + reward
        all_scores.append(score)
    env.close()
    return np.asarray(all_scores, dtype=float)
""",
    "appended": """
def evaluate(actor, num_episodes, seed, device, env_id="HalfCheetah-v5"):
    env = make_env(env_id)
    scores = []
    for episode in range(num_episodes):
        scores.append(rollout(env, actor, seed + episode, device))
    env.close()
    return np.asarray(scores, dtype="float64")
""",
    "from_iterable": """
def evaluate(actor, num_episodes, seed, device, env_id="HalfCheetah-v5"):
    env = make_env(env_id)
    scores = np.fromiter((rollout(env, actor, seed + i, device) for i in range(num_episodes)), dtype=np.float64)
    env.close()
    return scores
""",
    "map": """
def evaluate(actor, num_episodes, seed, device, env_id="HalfCheetah-v5"):
    with make_env(env_id) as env:
        play = lambda s: rollout(env, actor, s, device)
        return np.array(list(map(play, range(seed, seed + num_episodes))), dtype=float)
""",
    "seeds_first": """
def evaluate(actor, num_episodes, seed, device, env_id="HalfCheetah-v5"):
    seeds = seed + np.arange(num_episodes)
    env = make_env(env_id)
    out = np.empty(num_episodes)
    for place, each in enumerate(seeds):
        out[place] = rollout(env=env, actor=actor, seed=int(each), device=device)
    env.close()
    return out
""",
    "try_finally": """
def evaluate(actor, num_episodes, seed, device, env_id="HalfCheetah-v5"):
    env = make_env(env_id)
    try:
        return np.array([rollout(env, actor, seed + k, device) for k in range(num_episodes)]).astype(np.float64)
    finally:
        env.close()
""",
    "while_loop": """
def evaluate(actor, num_episodes, seed, device, env_id="HalfCheetah-v5"):
    env, results = make_env(env_id), []
    while len(results) < num_episodes:
        results += [rollout(env, actor, seed + len(results), device)]
    env.close()
    return np.array(results, dtype=np.double)
""",
    "torch_stack": """
def evaluate(actor, num_episodes, seed, device, env_id="HalfCheetah-v5"):
    env = make_env(env_id)
    scores = torch.tensor([rollout(env, actor, seed + i, device) for i in range(num_episodes)], dtype=torch.float64)
    env.close()
    return scores.numpy()
""",
    "optional_argument": """
def evaluate(actor, num_episodes, seed, device, env_id="HalfCheetah-v5", verbose=False):
    env = make_env(env_id)
    scores = np.array([rollout(env, actor, seed + i, device) for i in range(num_episodes)], dtype=np.float64)
    env.close()
    if verbose:
        print(f"{scores.mean():.1f} +- {scores.std():.1f}")
    return scores
""",
    "vectorize": """
def evaluate(actor, num_episodes, seed, device, env_id="HalfCheetah-v5"):
    env = make_env(env_id)
    play = np.vectorize(lambda s: rollout(env, actor, int(s), device), otypes=[np.float64])
    returns = play(np.arange(seed, seed + num_episodes))
    env.close()
    return returns
""",
    "dictionary": """
def evaluate(actor, num_episodes, seed, device, env_id="HalfCheetah-v5"):
    env = make_env(env_id)
    by_seed = {s: rollout(env, actor, s, device) for s in range(seed, seed + num_episodes)}
    env.close()
    return np.array([by_seed[s] for s in sorted(by_seed)], dtype=np.float64)
""",
}
