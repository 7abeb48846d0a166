"""Right trainers of the PPO assignment that look unlike the reference."""

from autograder.suites.ppo.trainer_cell import TRAINER

TRAINER_NEXT_STEP = '''
class PPOTrainer:
    """Next-step autoreset, reset steps left out; lists; constant learning rate; no scaling; no extra arguments."""

    def __init__(self, env_id, total_timesteps, num_vec_envs, num_env_steps, num_update_epochs, batch_size, gamma, eps,
                 seed=0, device="cpu"):
        torch.manual_seed(seed)
        np.random.seed(seed)
        self.total, self.T, self.B = total_timesteps, num_env_steps, num_vec_envs
        self.epochs, self.bs, self.gamma, self.eps, self.seed, self.device = (
            num_update_epochs, batch_size, gamma, eps, seed, device)
        self.vec = gym.vector.SyncVectorEnv([lambda: make_env(env_id) for _ in range(num_vec_envs)])
        obs_dim = self.vec.single_observation_space.shape[0]
        act_dim = self.vec.single_action_space.shape[0]
        self.actor = Actor(obs_dim, act_dim, 32).to(device)
        self.opt = torch.optim.Adam(self.actor.parameters(), lr=1e-3)

    def update_epochs(self, observations, actions, log_probs, returns, advantages):
        advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
        n = observations.shape[0]
        for epoch in range(self.epochs):
            order = np.random.permutation(n)
            for start in range(0, n, self.bs):
                idx = torch.as_tensor(order[start:start + self.bs])
                dist, value = self.actor.forward(observations[idx])
                logp = dist.log_prob(actions[idx]).sum(dim=-1)
                self.opt.zero_grad()
                actor_loss(logp, log_probs[idx], advantages[idx], eps=self.eps).backward(retain_graph=True)
                (0.5 * critic_loss(target_values=returns[idx], pred_values=value)).backward(retain_graph=True)
                (0.001 * entropy_loss(dist)).backward()
                self.opt.step()

    def learn(self):
        obs, _ = self.vec.reset(seed=self.seed)
        fresh = np.zeros(self.B, dtype=bool)   # a reset happens in the coming step
        collected, rows = 0, []
        while collected < self.total:
            O, A, L, R, D, V, M = [], [], [], [], [], [], []
            for _ in range(self.T):
                o = torch.as_tensor(obs, dtype=torch.float32)
                with torch.no_grad():
                    dist, v = self.actor(o)
                    a = dist.sample()
                    lp = dist.log_prob(a).sum(-1)
                obs, r, term, trunc, _ = self.vec.step(a.numpy())
                with torch.no_grad():
                    final = self.actor.get_value(torch.as_tensor(obs, dtype=torch.float32)).numpy()
                r = r + self.gamma * final * (trunc & ~term & ~fresh)
                O.append(o); A.append(a); L.append(lp); V.append(v)
                R.append(torch.as_tensor(r, dtype=torch.float32))
                D.append(torch.as_tensor((term | trunc) | fresh, dtype=torch.float32))
                M.append(torch.as_tensor(~fresh))
                collected += int((~fresh).sum())
                fresh = term | trunc
            with torch.no_grad():
                V.append(self.actor.get_value(torch.as_tensor(obs, dtype=torch.float32)))
            returns = multi_step_returns(torch.stack(R), torch.stack(V), torch.stack(D), gamma=self.gamma)
            keep = torch.stack(M)
            adv = returns - torch.stack(V)[:-1]
            self.update_epochs(observations=torch.stack(O)[keep], actions=torch.stack(A)[keep],
                               log_probs=torch.stack(L)[keep], returns=returns[keep], advantages=adv[keep])
        return self.actor
'''
TRAINER_ENV_MAJOR = '''
class PPOTrainer:
    """Rows ordered by environment; plain environments; GAE; batches normalised one by one; AdamW; data loader."""

    def __init__(self, env_id, total_timesteps, num_vec_envs, num_env_steps, num_update_epochs, batch_size,
                 gamma, eps, seed=0, device="cpu", learning_rate=5e-4, scale_rewards=True, **_):
        rlhelpers.set_seed(seed)
        self.envs = [make_env(env_id) for _ in range(num_vec_envs)]
        self.spaces = self.envs[0].observation_space, self.envs[0].action_space
        self.actor = Actor(int(np.prod(self.spaces[0].shape)), int(np.prod(self.spaces[1].shape)), hidden_dim=64)
        self.optim = torch.optim.AdamW(self.actor.parameters(), lr=learning_rate, eps=1e-5, weight_decay=0.0)
        self.cfg = dict(total=total_timesteps, T=num_env_steps, E=num_update_epochs, bs=batch_size)
        self.cfg.update(gamma=gamma, eps=eps)
        self.seed, self.scale = seed, scale_rewards

    def learn(self):
        cfg = self.cfg
        current = [env.reset(seed=self.seed + i)[0] for i, env in enumerate(self.envs)]
        done_steps = 0
        while done_steps + cfg["T"] * len(self.envs) <= max(cfg["total"], cfg["T"] * len(self.envs)):
            parts = []
            for i, env in enumerate(self.envs):
                current[i], part = self.play(env, current[i])
                parts.append(part)
                done_steps += cfg["T"]
            self.update_epochs(*(torch.cat(each) for each in zip(*parts)))
        return self.actor

    @torch.no_grad()
    def play(self, env, obs):
        T, gamma = self.cfg["T"], self.cfg["gamma"]
        observations, actions, log_probs = [], [], []
        rewards, dones, values = torch.zeros(T), torch.zeros(T, dtype=torch.bool), torch.zeros(T + 1)
        for t in range(T):
            x = torch.tensor(obs, dtype=torch.float32)[None]
            dist = self.actor.get_action_dist(x)
            values[t] = self.actor.get_value(x)[0]
            action = dist.sample()
            log_probs.append(dist.log_prob(action).sum(1))
            observations.append(x)
            actions.append(action)
            obs, reward, terminated, truncated, _ = env.step(action[0].numpy())
            if truncated and not terminated:
                reward += gamma * self.actor.get_value(torch.tensor(obs, dtype=torch.float32)[None]).item()
            rewards[t], dones[t] = reward, terminated or truncated
            if terminated or truncated:
                obs, _ = env.reset()
        values[T] = self.actor.get_value(torch.tensor(obs, dtype=torch.float32)[None])[0]
        returns, advantages = compute_gae(rewards, values, dones, gamma)
        return obs, (torch.cat(observations), torch.cat(actions), torch.cat(log_probs), returns, advantages)

    def update_epochs(self, observations, actions, log_probs, returns, advantages):
        cfg = self.cfg
        data = torch.utils.data.TensorDataset(observations, actions, log_probs, returns, advantages)
        loader = torch.utils.data.DataLoader(data, batch_size=cfg["bs"], shuffle=True)
        for _ in range(cfg["E"]):
            for o, a, old, ret, adv in loader:
                adv = (adv - adv.mean()) / (adv.std(unbiased=False) + 1e-8)
                dist = self.actor.get_action_dist(o)
                new = dist.log_prob(a).sum(1)
                loss = actor_loss(new, old, adv, cfg["eps"]) + critic_loss(ret, self.actor.get_value(o))
                self.optim.zero_grad(set_to_none=True)
                loss.backward()
                torch.nn.utils.clip_grad_norm_(self.actor.parameters(), 1.0)
                self.optim.step()
'''

_BATCHES = "for batch in torch.randperm(len(observations), device=self.device).split(self.batch_size):"
_NORMALISED = "advantages = (advantages - advantages.mean()) / (advantages.std(unbiased=False) + 1e-8)"
_ADAM = "torch.optim.Adam(self.actor.parameters(), lr=learning_rate, eps=1e-5)"
_CLIPPED = "                nn.utils.clip_grad_norm_(self.actor.parameters(), self.max_grad_norm)\n"
_FLAT = "flat = (data.flatten(0, 1) for data in (observations, actions, log_probs, returns, advantages))"
_ANNEALED = '            self.optimizer.param_groups[0]["lr"] = self.learning_rate * (1 - update / num_updates)\n'
_LOSS = TRAINER.source[TRAINER.source.index("loss = (") : TRAINER.source.index("self.optimizer.zero_grad()")]
_BOOTSTRAP = TRAINER.source[
    TRAINER.source.index("if cut.any():") : TRAINER.source.index("self.obs = self.to_tensor(obs)")
]

TRAINERS = {
    "next_step_autoreset": TRAINER_NEXT_STEP,
    "environment_by_environment": TRAINER_ENV_MAJOR,
    "numpy_permutation": TRAINER.edited(
        (
            _BATCHES,
            "order = np.random.permutation(len(observations))\n"
            "            for start in range(0, len(order), self.batch_size):\n"
            "                batch = order[start : start + self.batch_size]",
        ),
        (_NORMALISED, _NORMALISED.replace("unbiased=False", "")),
    ),
    "adamw_and_no_limit_of_the_gradient": TRAINER.edited(
        (_ADAM, "torch.optim.AdamW(self.actor.parameters(), lr=learning_rate, weight_decay=0.0)"), (_CLIPPED, "")
    ),
    "environments_first": TRAINER.edited(
        (
            _FLAT,
            "flat = (data.transpose(0, 1).flatten(0, 1) for data in\n"
            "                    (observations, actions, log_probs, returns, advantages))",
        )
    ),
    "constant_learning_rate": TRAINER.edited((_ANNEALED, "")),
    "three_backward_passes": TRAINER.edited(
        (
            _LOSS + "self.optimizer.zero_grad()\n                loss.backward()",
            "self.optimizer.zero_grad(set_to_none=False)\n"
            "                (self.critic_weight * critic_loss(returns[batch], values)).backward(retain_graph=True)\n"
            "                (self.entropy_weight * entropy_loss(dist)).backward(retain_graph=True)\n"
            "                actor_loss(new_log_probs, log_probs[batch], advantages[batch], self.eps).backward()",
        )
    ),
    "two_optimizers": TRAINER.edited(
        (
            "self.optimizer = " + _ADAM,
            "policy = [p for name, p in self.actor.named_parameters() if 'value' not in name]\n"
            "        others = [p for name, p in self.actor.named_parameters() if 'value' in name]\n"
            "        self.optimizer = torch.optim.Adam(policy, lr=learning_rate)\n"
            "        self.critic_optimizer = torch.optim.Adam(others or [nn.Parameter(torch.zeros(1))], lr=1e-3)",
        ),
        ("self.optimizer.zero_grad()", "self.actor.zero_grad()"),
        ("self.optimizer.step()", "self.optimizer.step()\n                self.critic_optimizer.step()"),
    ),
    "value_of_the_final_observations_of_all": TRAINER.edited(
        (
            _BOOTSTRAP,
            "final = np.array(obs, dtype=np.float32)\n"
            "            for b in np.flatnonzero(cut):\n"
            '                final[b] = infos["final_obs"][b]\n'
            "            bootstrap = self.gamma * self.actor.get_value(self.to_tensor(final))\n"
            "            rewards[t] = rewards[t] + bootstrap * self.to_tensor(cut)\n            ",
        )
    ),
    "normalised_batch_by_batch": TRAINER.edited(
        ("        " + _NORMALISED + "\n", ""),
        (
            "dist, values = self.actor(observations[batch])",
            "dist, values = self.actor(observations[batch])\n"
            "                gains = advantages[batch]\n"
            "                gains = (gains - gains.mean()) / (gains.std(unbiased=False) + 1e-8)",
        ),
        ("advantages[batch], self.eps", "gains, self.eps"),
    ),
    "always_gae": TRAINER.edited(
        ("gae_lambda=None", "gae_lambda=0.95"),
        ("for update in range(num_updates):", "for update in tqdm(range(num_updates), disable=True):"),
    ),
    "methods_called_apart": TRAINER.edited(
        (
            "dist, values = self.actor(observations[batch])",
            "dist = self.actor.get_action_dist(obs=observations[batch])\n"
            "                values = self.actor.get_value(observations[batch])",
        ),
        (
            "actor_loss(new_log_probs, log_probs[batch], advantages[batch], self.eps)",
            "actor_loss(new_log_probs=new_log_probs, old_log_probs=log_probs[batch], advantages=advantages[batch],\n"
            "                               eps=self.eps)",
        ),
    ),
}

WATCHING = TRAINER.edited(
    (
        "                self.optimizer.step()\n",
        "                self.optimizer.step()\n"
        "            with torch.no_grad():\n"
        "                dist, _ = self.actor(observations)\n"
        "                ratio = (dist.log_prob(actions).sum(-1) - log_probs).exp()\n"
        "                self.clipped = ((ratio - 1).abs() > self.eps).float().mean().item()\n",
    )
)
"""Looks at the whole rollout after each epoch, to see how often the ratio is clipped."""
