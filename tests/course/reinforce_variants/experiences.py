"""Right ways to collect experience."""

COLLECTORS = {
    "arrays": """
def collect_experience(env, actor, num_episodes, score_fn=None):
    O, A, S, totals, lengths = [], [], [], [], []
    for episode in range(num_episodes):
        state = env.reset()[0]
        rewards = []
        while True:
            a = actor.get_action(state)
            next_state, r, terminated, truncated, info = env.step(a)
            O.append(torch.from_numpy(np.array(state)).float()); A.append(a); rewards.append(r)
            state = next_state
            if terminated or truncated:
                break
        scores = np.full(len(rewards), np.sum(rewards)) if score_fn is None else np.asarray(score_fn(rewards))
        S.append(scores); totals.append(np.sum(rewards)); lengths.append(len(rewards))
    return (torch.stack(O), torch.LongTensor(A), torch.from_numpy(np.concatenate(S)).to(torch.float32),
            dict(mean_return=np.mean(totals).item(), mean_len=np.mean(lengths).item()))
""",
    "one_function_per_episode": """
def play(env, actor):
    obs, _ = env.reset()
    steps, over = [], False
    while not over:
        action = actor.get_action(obs, greedy=False)
        following, reward, terminated, truncated, _ = env.step(action)
        steps.append((np.asarray(obs, dtype=np.float32), action, float(reward)))
        obs, over = following, terminated | truncated
    return steps

def total(rewards):
    return [sum(rewards)] * len(rewards)

def collect_experience(env, actor, num_episodes, score_fn=None):
    episodes = [play(env, actor) for _ in range(num_episodes)]
    rewards = [[r for _, _, r in episode] for episode in episodes]
    scores = [torch.as_tensor(np.array((score_fn or total)(each)), dtype=torch.float32) for each in rewards]
    flat = [step for episode in episodes for step in episode]
    observations = torch.as_tensor(np.stack([o for o, _, _ in flat]))
    actions = torch.as_tensor([a for _, a, _ in flat])
    info = {"mean_return": sum(map(sum, rewards)) / num_episodes, "mean_len": len(flat) / num_episodes,
            "episodes": num_episodes}
    return observations, actions, torch.cat(scores), info
""",
    "samples_from_forward": """
@torch.no_grad()
def collect_experience(env, actor, num_episodes, score_fn=None):
    if score_fn is None:
        score_fn = lambda rewards: np.ones(len(rewards)) * np.sum(rewards)
    data = {"obs": [], "actions": [], "scores": []}
    returns, count = [], 0
    obs, _ = env.reset()
    rewards = []
    while count < num_episodes:
        x = torch.tensor(obs, dtype=torch.float32)
        action = actor(x[None]).sample()[0]
        data["obs"].append(x)
        data["actions"].append(action)
        obs, reward, terminated, truncated, _ = env.step(int(action))
        rewards.append(float(reward))
        if terminated or truncated:
            data["scores"] += [float(each) for each in score_fn(rewards)]
            returns.append(sum(rewards))
            rewards, count = [], count + 1
            obs, _ = env.reset()
    return (torch.stack(data["obs"]), torch.stack(data["actions"]).long(), torch.tensor(data["scores"]),
            {"mean_return": float(np.mean(returns)), "mean_len": len(data["obs"]) / count})
""",
    "no_grad_and_numpy_info": """
def collect_experience(env, actor, num_episodes, score_fn=None, device="cpu"):
    observations, actions = [], []
    scores = torch.empty(0)
    returns = np.zeros(num_episodes)
    for i in range(num_episodes):
        obs, info = env.reset()
        rewards, terminated, truncated = [], False, False
        while not (terminated or truncated):
            observations.append(obs.copy())
            actions.append(actor.get_action(obs))
            obs, reward, terminated, truncated, info = env.step(actions[-1])
            rewards.append(reward)
        returns[i] = sum(rewards)
        new = torch.tensor([returns[i]] * len(rewards)) if score_fn is None else torch.tensor(list(score_fn(rewards)))
        scores = torch.cat([scores, new.float()])
    return (torch.tensor(np.vstack(observations), dtype=torch.float, device=device), torch.tensor(actions),
            scores.to(device), {"mean_return": returns.mean(), "mean_len": len(actions) / num_episodes})
""",
    "numpy_first": """
def collect_experience(env, actor, num_episodes, score_fn=None):
    states, acts, scores, returns = [], [], [], []
    while len(returns) < num_episodes:
        rewards, over = [], False
        state, _info = env.reset()
        while not over:
            act = actor.get_action(obs=state)
            states.append(np.array(state, dtype=np.float32))
            acts.append(act)
            state, reward, terminated, truncated, _info = env.step(act)
            over = any((terminated, truncated))
            rewards.append(float(reward))
        returns.append(np.sum(rewards))
        scores.append(np.repeat(returns[-1], len(rewards)) if score_fn is None else np.asarray(score_fn(rewards)))
    info = {"mean_return": float(np.mean(returns)), "mean_len": len(acts) / len(returns)}
    obs = torch.from_numpy(np.array(states))
    return obs, torch.from_numpy(np.array(acts)), torch.from_numpy(np.concatenate(scores)).float(), info
""",
    "generator": """
def steps_of(env, actor):
    obs, _ = env.reset()
    while True:
        action = actor.get_action(obs)
        following, reward, terminated, truncated, _ = env.step(action)
        yield obs, action, float(reward)
        if terminated or truncated:
            return
        obs = following

def collect_experience(env, actor, num_episodes, score_fn=None):
    parts, scores, totals = [], [], []
    for _ in range(num_episodes):
        episode = list(steps_of(env, actor))
        rewards = [reward for *_, reward in episode]
        parts += episode
        totals.append(sum(rewards))
        scores += [totals[-1]] * len(rewards) if score_fn is None else list(score_fn(rewards))
    obs = torch.stack([torch.as_tensor(each, dtype=torch.float32) for each, _, _ in parts])
    actions = torch.tensor([each for _, each, _ in parts], dtype=torch.long)
    return obs, actions, torch.tensor(scores, dtype=torch.float32), {
        "mean_return": sum(totals) / num_episodes, "mean_len": len(parts) / num_episodes}
""",
    "default_score_fn": """
def total_for_every_step(rewards):
    return np.full(len(rewards), float(np.sum(rewards)))

def collect_experience(env, actor, num_episodes, score_fn=None, progress=False):
    score_fn = score_fn or total_for_every_step
    buffer = {"obs": [], "action": [], "score": []}
    returns, lengths = [], []
    for _ in tqdm(range(num_episodes), disable=not progress):
        obs, rewards = env.reset()[0], []
        done = False
        while not done:
            buffer["obs"].append(obs)
            buffer["action"].append(actor.get_action(obs))
            obs, reward, *flags, _ = env.step(buffer["action"][-1])
            rewards.append(reward)
            done = bool(max(flags))
        buffer["score"].extend(np.asarray(score_fn(list(rewards)), dtype=float).tolist())
        returns.append(float(sum(rewards)))
        lengths.append(len(rewards))
    return (torch.tensor(np.stack(buffer["obs"])).float(), torch.tensor(buffer["action"]).to(torch.int64),
            torch.tensor(buffer["score"]).float(), {"mean_return": np.mean(returns), "mean_len": np.mean(lengths)})
""",
    "tensors_joined": """
def collect_experience(env, actor, num_episodes, score_fn=None):
    every_obs, every_action, every_score = torch.empty(0), torch.empty(0, dtype=torch.int64), torch.empty(0)
    mean_return = 0.0
    for _ in range(num_episodes):
        obs, _ = env.reset()
        rows, actions, rewards, done = [], [], [], False
        while not done:
            rows.append(torch.tensor(obs, dtype=torch.float32))
            actions.append(actor.get_action(obs))
            obs, reward, terminated, truncated, _ = env.step(actions[-1])
            rewards.append(float(reward))
            done = terminated or truncated
        scores = [sum(rewards) for _ in rewards] if score_fn is None else score_fn(rewards)
        rows = torch.stack(rows)
        every_obs = rows if len(every_obs) == 0 else torch.vstack([every_obs, rows])
        every_action = torch.hstack([every_action, torch.tensor(actions)])
        every_score = torch.hstack([every_score, torch.tensor(np.array(scores), dtype=torch.float32)])
        mean_return += sum(rewards) / num_episodes
    return every_obs, every_action, every_score, {"mean_return": mean_return, "mean_len": len(every_obs) / num_episodes}
""",
    "class_inside": """
class Recorder:
    def __init__(self):
        self.obs, self.actions, self.scores, self.returns = [], [], [], []

    def episode(self, env, actor, score_fn):
        obs, _ = env.reset()
        rewards = []
        terminated = truncated = False
        while not terminated and not truncated:
            self.obs.append(np.array(obs))
            self.actions.append(int(actor.get_action(obs)))
            obs, reward, terminated, truncated, _ = env.step(self.actions[-1])
            rewards.append(float(reward))
        self.returns.append(sum(rewards))
        self.scores.extend(score_fn(rewards) if score_fn is not None else self.returns[-1:] * len(rewards))

def collect_experience(env, actor, num_episodes, score_fn=None):
    recorder = Recorder()
    for _ in range(num_episodes):
        recorder.episode(env, actor, score_fn)
    info = dict(mean_return=float(np.mean(recorder.returns)), mean_len=len(recorder.actions) / num_episodes)
    return (torch.tensor(np.array(recorder.obs), dtype=torch.float32), torch.tensor(recorder.actions),
            torch.tensor(np.array(recorder.scores), dtype=torch.float32), info)
""",
    "loop_of_lists": """
def collect_experience(env, actor, num_episodes, score_fn=None):
    obs_list, action_list, score_list, return_list = [], [], [], []
    for _ in range(num_episodes):
        obs, _ = env.reset()
        rewards = []
        for _ in iter(int, 1):
            action = actor.get_action(obs)
            obs_list.append(list(map(float, obs)))
            action_list.append(action)
            obs, reward, terminated, truncated, _ = env.step(action)
            rewards.append(float(reward))
            if terminated or truncated:
                break
        return_list.append(float(np.sum(rewards)))
        new = [return_list[-1]] * len(rewards) if score_fn is None else score_fn(rewards)
        score_list.append(torch.as_tensor(np.array(new)).float())
    info = {"mean_return": sum(return_list) / len(return_list), "mean_len": len(obs_list) / num_episodes}
    return torch.tensor(obs_list), torch.tensor(action_list), torch.cat(score_list), info
""",
    "loop_of_tensors": """
def collect_experience(env, actor, num_episodes, score_fn=None):
    obs_list, action_list, score_list, return_list = [], [], [], []
    for _ in range(num_episodes):
        obs, _ = env.reset()
        rewards = []
        for _ in iter(int, 1):
            action = actor.get_action(obs)
            obs_list.append(torch.from_numpy(np.asarray(obs)).to(torch.float32))
            action_list.append(action)
            obs, reward, terminated, truncated, _ = env.step(int(action))
            rewards.append(np.float64(reward))
            if terminated or truncated:
                break
        return_list.append(float(np.sum(rewards)))
        new = [return_list[-1]] * len(rewards) if score_fn is None else score_fn(rewards[:])
        score_list.append(torch.as_tensor(np.array(new)).float())
    info = {"mean_return": sum(return_list) / len(return_list), "mean_len": len(obs_list) / num_episodes}
    return torch.vstack(obs_list), torch.tensor(action_list), torch.cat(score_list), info
""",
    "loop_of_arrays": """
def collect_experience(env, actor, num_episodes, score_fn=None):
    obs_list, action_list, score_list, return_list = [], [], [], []
    for _ in range(num_episodes):
        obs, _ = env.reset()
        rewards = []
        for _ in iter(int, 1):
            action = actor.get_action(obs)
            obs_list.append(np.asarray(obs).copy())
            action_list.append(action)
            obs, reward, terminated, truncated, _ = env.step(np.int64(action))
            rewards.append(float(reward))
            if terminated or truncated:
                break
        return_list.append(float(np.sum(rewards)))
        new = [return_list[-1]] * len(rewards) if score_fn is None else score_fn(tuple(rewards))
        score_list.append(torch.as_tensor(np.array(new)).float())
    info = {"mean_return": sum(return_list) / len(return_list), "mean_len": len(obs_list) / num_episodes}
    obs = torch.tensor(np.vstack(obs_list), dtype=torch.float32)
    return obs, torch.tensor(action_list), torch.cat(score_list), info
""",
}
