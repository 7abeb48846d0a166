"""Known mistakes in ``make_env``, ``rollout`` and ``evaluate``."""

from autograder.suites.altered_cell import AlteredCell

MAKE_ENV = AlteredCell(
    "make_env",
    """
def make_env(env_id, render_mode=None):
    env = gym.make(env_id, render_mode=render_mode)
    return gym.wrappers.ClipAction(env)
""",
)
ROLLOUT = AlteredCell(
    "rollout",
    """
def rollout(env, actor, seed, device):
    obs, _ = env.reset(seed=seed)
    total, done = 0.0, False
    while not done:
        batch = torch.as_tensor(obs, dtype=torch.float32, device=device).unsqueeze(0)
        action = actor.get_action(batch, greedy=True).squeeze(0).cpu().numpy()
        obs, reward, terminated, truncated, _ = env.step(action)
        total += float(reward)
        done = terminated or truncated
    return total
""",
)
EVALUATE = AlteredCell(
    "evaluate",
    """
def evaluate(actor, num_episodes, seed, device, env_id="HalfCheetah-v5"):
    env = make_env(env_id)
    returns = [rollout(env, actor, seed + episode, device) for episode in range(num_episodes)]
    env.close()
    return np.array(returns, dtype=np.float64)
""",
)
_WRAP = "return gym.wrappers.ClipAction(env)"
_MAKE = "gym.make(env_id, render_mode=render_mode)"
_SEEDED = "rollout(env, actor, seed + episode, device)"
_ARRAY = "np.array(returns, dtype=np.float64)"

MISCONCEPTIONS = (
    MAKE_ENV.misconception(
        "no_clipping",
        "Your environment gets actions as they are, however large; wrap it in gym.wrappers.ClipAction.",
        (_WRAP, "return env"),
    ),
    MAKE_ENV.misconception(
        "squashes_actions",
        "Your environment squashes actions by tanh: even those within the bounds change. Clip instead.",
        (_WRAP, "return gym.wrappers.TransformAction(env, np.tanh, env.action_space)"),
    ),
    MAKE_ENV.misconception(
        "fixed_environment",
        "Your make_env always makes Pendulum-v1, whatever env_id it is given.",
        ("gym.make(env_id", 'gym.make("Pendulum-v1"'),
    ),
    MAKE_ENV.misconception(
        "normalises_observations",
        "Your make_env normalises observations: statistics that stay in the environment are missing where the "
        "policy is used. The actor holds them.",
        (_WRAP, "return gym.wrappers.NormalizeObservation(gym.wrappers.ClipAction(env))"),
    ),
    MAKE_ENV.misconception(
        "normalises_rewards",
        "Your make_env scales rewards: returns are no longer those of the environment. The trainer may scale them.",
        (_WRAP, "return gym.wrappers.NormalizeReward(gym.wrappers.ClipAction(env))"),
    ),
    MAKE_ENV.misconception(
        "clips_observations",
        "Your make_env clips observations; it changes nothing but actions.",
        (
            _WRAP,
            "env = gym.wrappers.ClipAction(env)\n"
            "    clip = lambda obs: np.clip(obs, -1.0, 1.0)\n"
            "    return gym.wrappers.TransformObservation(env, clip, env.observation_space)",
        ),
    ),
    MAKE_ENV.misconception(
        "forgets_render_mode",
        "Your make_env does not hand render_mode on: nothing can be filmed.",
        (_MAKE, "gym.make(env_id)"),
    ),
    MAKE_ENV.misconception(
        "fixed_bounds",
        "Your make_env always clips actions to [-1, 1]; each environment has bounds of its own, env.action_space.",
        (_WRAP, "return gym.wrappers.TransformAction(env, lambda a: np.clip(a, -1.0, 1.0), env.action_space)"),
    ),
    MAKE_ENV.misconception(
        "clips_rewards",
        "Your make_env clips rewards: returns are no longer those of the environment.",
        (_WRAP, "return gym.wrappers.ClipReward(gym.wrappers.ClipAction(env), -1.0, 1.0)"),
    ),
    MAKE_ENV.misconception(
        "rewards_times_a_factor",
        "Your make_env multiplies rewards by a constant: returns are no longer those of the environment, and cannot "
        "be compared with anybody else's.",
        (_WRAP, "return gym.wrappers.TransformReward(gym.wrappers.ClipAction(env), lambda reward: 0.1 * reward)"),
    ),
    ROLLOUT.misconception(
        "samples",
        "Your rollout samples its actions; an evaluation plays greedily.",
        (", greedy=True", ""),
    ),
    ROLLOUT.misconception(
        "no_seed",
        "Your rollout resets without the seed: no episode can be played twice.",
        ("env.reset(seed=seed)", "env.reset()"),
    ),
    ROLLOUT.misconception(
        "ignores_truncation",
        "Your rollout goes on after truncated: HalfCheetah never terminates, so that it would run for ever.",
        ("done = terminated or truncated", "done = terminated"),
    ),
    ROLLOUT.misconception(
        "ignores_termination",
        "Your rollout goes on after terminated: the episode is over then as well.",
        ("done = terminated or truncated", "done = truncated"),
    ),
    ROLLOUT.misconception(
        "drops_the_last_reward",
        "Your rollout leaves out the reward of the last step.",
        (
            "        total += float(reward)\n        done = terminated or truncated\n",
            "        done = terminated or truncated\n        if not done:\n            total += float(reward)\n",
        ),
    ),
    ROLLOUT.misconception(
        "discounts",
        "Your rollout discounts rewards; the score of an episode is their plain sum.",
        ("total, done = 0.0, False", "total, done, discount = 0.0, False, 1.0"),
        ("total += float(reward)\n", "total += discount * float(reward)\n        discount *= 0.99\n"),
    ),
    ROLLOUT.misconception(
        "averages",
        "Your rollout divides by the number of steps; the score of an episode is the sum of its rewards.",
        ("total, done = 0.0, False", "total, done, steps = 0.0, False, 0"),
        ("total += float(reward)\n", "total += float(reward)\n        steps += 1\n"),
        ("return total", "return total / steps"),
    ),
    ROLLOUT.misconception(
        "never_looks_again",
        "Your rollout chooses each action for the first observation: the new one has another name.",
        ("obs, reward, terminated", "new_obs, reward, terminated"),
    ),
    ROLLOUT.misconception(
        "one_step",
        "Your rollout ends after a single step.",
        ("done = terminated or truncated", "done = True"),
    ),
    ROLLOUT.misconception(
        "last_reward_only",
        "Your rollout returns the reward of the last step; add them up.",
        ("total += float(reward)", "total = float(reward)"),
    ),
    EVALUATE.misconception(
        "same_seed",
        "Your episodes all start from the same seed, so that you evaluate one episode several times.",
        (_SEEDED, "rollout(env, actor, seed, device)"),
    ),
    EVALUATE.misconception(
        "ignores_the_seed",
        "Your episodes have the seeds 0, 1, ... whatever seed is given.",
        (_SEEDED, "rollout(env, actor, episode, device)"),
    ),
    EVALUATE.misconception(
        "seeds_from_one",
        "Your first episode has the seed after the one given: episode i, counted from 0, has seed + i.",
        (_SEEDED, "rollout(env, actor, seed + episode + 1, device)"),
    ),
    EVALUATE.misconception(
        "mean_only",
        "Your evaluation returns the mean; return the array, its reader averages.",
        ("return " + _ARRAY, "return " + _ARRAY + ".mean()"),
    ),
    EVALUATE.misconception(
        "sorted",
        "Your evaluation sorts the returns; episode i belongs in place i.",
        (_ARRAY, "np.array(sorted(returns), dtype=np.float64)"),
    ),
    EVALUATE.misconception(
        "list",
        "Your evaluation returns a list; return a NumPy array.",
        (_ARRAY, "returns"),
    ),
    EVALUATE.misconception(
        "single_precision",
        "Your evaluation returns float32; return float64.",
        (_ARRAY, "np.array(returns, dtype=np.float32)"),
    ),
    EVALUATE.misconception(
        "bare_environment",
        "Your evaluation makes its environment with gym.make: actions are not clipped as in training. Use make_env.",
        ("make_env(env_id)", "gym.make(env_id)"),
    ),
    EVALUATE.misconception(
        "fixed_number",
        "Your evaluation always plays 10 episodes, whatever num_episodes is.",
        ("range(num_episodes)", "range(10)"),
    ),
    EVALUATE.misconception(
        "mean_and_deviation",
        "Your evaluation returns mean and standard deviation; return the array, its reader averages.",
        ("return " + _ARRAY, "return np.mean(returns), np.std(returns)"),
    ),
)
