"""Right solutions of the PPO assignment that look unlike the reference: hidden checks must pass every one."""

from tests.course.ppo_trainers import TRAINER_ENV_MAJOR, TRAINER_NEXT_STEP
from tests.course.variant import Variant

OWN_WRAPPER = """
class KeepInside(gym.ActionWrapper):
    def action(self, action):
        space = self.env.action_space
        return np.clip(action, space.low, space.high)

def make_env(env_id, render_mode=None):
    return KeepInside(gym.make(env_id, render_mode=render_mode))
"""
TRANSFORMED_ACTIONS = """
def make_env(env_id, render_mode=None):
    kwargs = {} if render_mode is None else {"render_mode": render_mode}
    env = gym.make(env_id, **kwargs)
    low, high = env.action_space.low, env.action_space.high
    free = gym.spaces.Box(-np.inf, np.inf, shape=low.shape)
    return gym.wrappers.TransformAction(env, lambda action: np.minimum(np.maximum(action, low), high), free)
"""
SHARED_TRUNK = """
class Actor(nn.Module):
    def __init__(self, obs_dim: int, action_dim: int, hidden_dim: int):
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Linear(obs_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, hidden_dim), nn.ReLU())
        self.mu = nn.Linear(hidden_dim, action_dim)
        self.critic = nn.Linear(hidden_dim, 1)
        self.log_std = nn.Parameter(torch.zeros(action_dim))

    def get_action_dist(self, obs):
        return torch.distributions.Normal(loc=self.mu(self.trunk(obs)), scale=torch.exp(self.log_std))

    def get_value(self, obs):
        return self.critic(self.trunk(obs))[:, 0]

    def forward(self, obs):
        features = self.trunk(obs)
        dist = torch.distributions.Normal(self.mu(features), self.log_std.exp())
        return dist, self.critic(features).flatten()

    @torch.no_grad()
    def get_action(self, obs, greedy=False):
        dist, _ = self(obs)
        if greedy:
            return dist.loc
        return dist.sample()
"""
LAYER_NORM = """
class Body(nn.Module):
    def __init__(self, inputs, outputs, width):
        super().__init__()
        self.first = nn.Linear(inputs, width)
        self.norm = nn.LayerNorm(width)
        self.last = nn.Linear(width, outputs)

    def forward(self, x):
        return self.last(F.silu(self.norm(self.first(x))))

class Actor(nn.Module):
    def __init__(self, obs_dim, action_dim, hidden_dim):
        super().__init__()
        self.normalise = RunningNorm(obs_dim)
        self.mean_net = Body(obs_dim, action_dim, hidden_dim)
        self.value_net = Body(obs_dim, 1, hidden_dim)
        self.log_std = nn.Parameter(-0.5 * torch.ones(action_dim))

    def get_action_dist(self, obs):
        mean = self.mean_net(self.normalise(obs))
        std = torch.ones_like(mean) * self.log_std.exp()
        return Normal(mean, std)

    def get_value(self, obs):
        return torch.squeeze(self.value_net(self.normalise(obs)), dim=1)

    def forward(self, obs):
        return self.get_action_dist(obs), self.get_value(obs)

    def get_action(self, obs, greedy=False):
        dist = self.get_action_dist(obs)
        action = dist.mean if greedy else dist.mean + dist.stddev * torch.randn_like(dist.mean)
        return action.detach()
"""
ONE_STEP_LOOP = """
def one_step_returns(rewards, values, dones, gamma=0.99):
    result = []
    for t in range(rewards.shape[0]):
        future = torch.where(dones[t].bool(), torch.zeros_like(values[t + 1]), values[t + 1])
        result.append((rewards[t] + gamma * future).to(rewards.dtype))
    return torch.stack(result)
"""
ONE_STEP_NUMPY = """
def one_step_returns(rewards, values, dones, gamma=0.99):
    r, v, d = (x.detach().cpu().numpy() for x in (rewards, values, dones))
    return torch.from_numpy((r + gamma * np.where(d, 0, v[1:])).astype(r.dtype)).to(rewards.device)
"""
MULTI_STEP_LIST = """
def multi_step_returns(rewards, values, dones, gamma=0.99):
    G = values[-1].clone()
    out = []
    for r, d in zip(reversed(rewards.unbind(0)), reversed(dones.unbind(0))):
        G = torch.where(d > 0, r, r + gamma * G)
        out.insert(0, G)
    return torch.stack(out).type_as(rewards)
"""
MULTI_STEP_MATRIX = """
def multi_step_returns(rewards, values, dones, gamma=0.99):
    T = rewards.size(0)
    flat = rewards.reshape(T, -1).double()
    ended = dones.reshape(T, -1).double()
    out = torch.empty_like(flat)
    for t in range(T):
        alive = torch.cumprod(torch.cat([torch.ones(1, flat.size(1)).double(), 1 - ended[t:]]), dim=0)
        weights = alive * (gamma ** torch.arange(T - t + 1).double())[:, None]
        terms = torch.cat([flat[t:], values[-1:].reshape(1, -1).double()])
        out[t] = (weights * terms).sum(0)
    return out.reshape(rewards.shape).to(rewards.dtype)
"""
GAE_LIST = """
def compute_gae(rewards, values, dones, gamma=0.99, gae_lambda=0.95):
    advantage, advantages = 0.0, []
    for t in range(len(rewards) - 1, -1, -1):
        running = (dones[t] == 0).to(rewards.dtype)
        delta = rewards[t] + gamma * values[t + 1] * running - values[t]
        advantage = delta + gamma * gae_lambda * running * advantage
        advantages.append(advantage)
    advantages = torch.stack(advantages[::-1]).to(rewards.dtype)
    return [advantages + values[:-1].to(rewards.dtype), advantages]
"""
GAE_NUMPY = """
def compute_gae(rewards, values, dones, gamma=0.99, gae_lambda=0.95):
    r, v, d = (np.array(x.tolist(), dtype=np.float64) for x in (rewards, values, dones))
    adv = np.zeros_like(r)
    last = np.zeros(r.shape[1:])
    for t in reversed(range(r.shape[0])):
        last = r[t] + gamma * v[t + 1] * (1 - d[t]) - v[t] + gamma * gae_lambda * (1 - d[t]) * last
        adv[t] = last
    advantages = torch.tensor(adv, dtype=rewards.dtype)
    return torch.tensor(adv + v[:-1], dtype=rewards.dtype), advantages
"""
CRITIC_BY_HAND = """
def critic_loss(target_values, pred_values):
    error = pred_values - target_values.detach()
    return torch.mean(error.pow(2))
"""
CRITIC_MODULE = """
def critic_loss(target_values, pred_values):
    with torch.no_grad():
        target = target_values.clone()
    return nn.MSELoss()(input=pred_values, target=target)
"""
ACTOR_LOSS_MAX = """
def actor_loss(new_log_probs, old_log_probs, advantages, eps=0.2):
    with torch.no_grad():
        A, old = advantages.clone(), old_log_probs.clone()
    r = (new_log_probs - old).exp()
    return torch.max(-A * r, -A * torch.clip(r, min=1.0 - eps, max=1.0 + eps)).mean()
"""
ACTOR_LOSS_WHERE = """
def actor_loss(new_log_probs, old_log_probs, advantages, eps=0.2):
    advantages = advantages.detach()
    ratio = torch.exp(new_log_probs) / torch.exp(old_log_probs.detach())
    bound = torch.where(advantages >= 0, (1 + eps) * advantages, (1 - eps) * advantages)
    objective = torch.minimum(ratio * advantages, bound)
    return -objective.sum() / objective.numel()
"""
ENTROPY_FORMULA = """
def entropy_loss(action_dist):
    return -torch.mean(0.5 + 0.5 * np.log(2 * np.pi) + torch.log(action_dist.stddev))
"""
ENTROPY_NEGATED_MEAN = """
def entropy_loss(action_dist):
    entropies = action_dist.entropy()
    return entropies.neg().flatten().mean(dim=0)
"""
ROLLOUT_LIST = """
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
"""
ROLLOUT_FOR = """
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
"""
EVALUATE_NEW_ENV_EACH = """
def evaluate(actor, num_episodes, seed, device, env_id="HalfCheetah-v5"):
    scores = np.zeros(num_episodes)
    for i in range(num_episodes):
        env = make_env(env_id)
        scores[i] = rollout(env, actor, seed + i, device)
        env.close()
    return scores
"""
EVALUATE_INLINE = """
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
"""
VARIANTS = (
    Variant(
        "short",
        {
            "make_env": OWN_WRAPPER,
            "Actor": SHARED_TRUNK,
            "one_step_returns": ONE_STEP_LOOP,
            "multi_step_returns": MULTI_STEP_LIST,
            "compute_gae": GAE_LIST,
            "critic_loss": CRITIC_BY_HAND,
            "actor_loss": ACTOR_LOSS_MAX,
            "entropy_loss": ENTROPY_FORMULA,
            "rollout": ROLLOUT_LIST,
            "evaluate": EVALUATE_NEW_ENV_EACH,
            "PPOTrainer": TRAINER_NEXT_STEP,
        },
    ),
    Variant(
        "unlike",
        {
            "make_env": TRANSFORMED_ACTIONS,
            "Actor": LAYER_NORM,
            "one_step_returns": ONE_STEP_NUMPY,
            "multi_step_returns": MULTI_STEP_MATRIX,
            "compute_gae": GAE_NUMPY,
            "critic_loss": CRITIC_MODULE,
            "actor_loss": ACTOR_LOSS_WHERE,
            "entropy_loss": ENTROPY_NEGATED_MEAN,
            "rollout": ROLLOUT_FOR,
            "evaluate": EVALUATE_INLINE,
            "PPOTrainer": TRAINER_ENV_MAJOR,
        },
    ),
    Variant("shared_trunk_in_the_given_trainer", {"Actor": SHARED_TRUNK}),
    Variant("layer_norm_in_the_given_trainer", {"Actor": LAYER_NORM}),
    Variant("next_step_trainer_of_the_given_actor", {"PPOTrainer": TRAINER_NEXT_STEP}),
    Variant("env_major_trainer_of_the_given_actor", {"PPOTrainer": TRAINER_ENV_MAJOR}),
    Variant("env_major_trainer_of_a_shared_trunk", {"Actor": SHARED_TRUNK, "PPOTrainer": TRAINER_ENV_MAJOR}),
    Variant("next_step_trainer_of_layer_norm", {"Actor": LAYER_NORM, "PPOTrainer": TRAINER_NEXT_STEP}),
)
