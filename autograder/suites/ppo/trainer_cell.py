"""A right cell of ``PPOTrainer``, from which its known mistakes are made."""

from autograder.suites.altered_cell import AlteredCell

TRAINER = AlteredCell(
    "PPOTrainer",
    """
class PPOTrainer:
    def __init__(
        self,
        env_id,
        total_timesteps,
        num_vec_envs,
        num_env_steps,
        num_update_epochs,
        batch_size,
        gamma,
        eps,
        seed=0,
        device="cpu",
        *,
        hidden_dim=64,
        learning_rate=3e-4,
        gae_lambda=None,
        critic_weight=0.5,
        entropy_weight=0.0,
        max_grad_norm=0.5,
        scale_rewards=True,
    ):
        rlhelpers.set_seed(seed)
        self.total_timesteps, self.num_env_steps, self.num_vec_envs = total_timesteps, num_env_steps, num_vec_envs
        self.num_update_epochs, self.batch_size = num_update_epochs, batch_size
        self.gamma, self.gae_lambda, self.eps = gamma, gae_lambda, eps
        self.critic_weight, self.entropy_weight, self.max_grad_norm = critic_weight, entropy_weight, max_grad_norm
        self.device, self.seed = torch.device(device), seed
        self.envs = rlhelpers.make_vec_env(partial(make_env, env_id), num_vec_envs, autoreset_mode="same_step")
        self.obs_dim = gym.spaces.flatdim(self.envs.single_observation_space)
        self.action_dim = gym.spaces.flatdim(self.envs.single_action_space)
        self.actor = Actor(self.obs_dim, self.action_dim, hidden_dim).to(self.device)
        self.learning_rate = learning_rate
        self.optimizer = torch.optim.Adam(self.actor.parameters(), lr=learning_rate, eps=1e-5)
        self.reward_scaler = RewardScaler(num_vec_envs, gamma) if scale_rewards else None
        self.history = []
        self.obs = self.to_tensor(self.envs.reset(seed=seed)[0])
        self.episode_returns = np.zeros(num_vec_envs)
        self.num_transitions = 0

    def to_tensor(self, array):
        return torch.tensor(array, dtype=torch.float32, device=self.device)

    def record_step(self, rewards, dones):
        self.num_transitions += self.num_vec_envs
        self.episode_returns += rewards
        self.history += [(self.num_transitions, float(total)) for total in self.episode_returns[dones]]
        self.episode_returns[dones] = 0.0
        return self.to_tensor(self.reward_scaler(rewards, dones) if self.reward_scaler else rewards)

    @torch.no_grad()
    def collect(self):
        steps, envs = self.num_env_steps, self.num_vec_envs
        observations = torch.zeros(steps, envs, self.obs_dim, device=self.device)
        actions = torch.zeros(steps, envs, self.action_dim, device=self.device)
        log_probs, rewards, dones = torch.zeros(3, steps, envs, device=self.device)
        values = torch.zeros(steps + 1, envs, device=self.device)
        for t in range(steps):
            dist, values[t] = self.actor(self.obs)
            observations[t] = self.obs
            actions[t] = dist.sample()
            log_probs[t] = dist.log_prob(actions[t]).sum(-1)
            obs, reward, terminated, truncated, infos = self.envs.step(actions[t].cpu().numpy())
            done = terminated | truncated
            rewards[t] = self.record_step(reward, done)
            dones[t] = self.to_tensor(done)
            cut = truncated & ~terminated
            if cut.any():
                final_values = self.actor.get_value(self.to_tensor(np.stack(infos["final_obs"][cut])))
                rewards[t, torch.as_tensor(cut, device=self.device)] += self.gamma * final_values
            self.obs = self.to_tensor(obs)
        values[steps] = self.actor.get_value(self.obs)
        return Experience(observations, actions, log_probs, rewards, dones, values)

    def update_epochs(self, observations, actions, log_probs, returns, advantages):
        advantages = (advantages - advantages.mean()) / (advantages.std(unbiased=False) + 1e-8)
        for _ in range(self.num_update_epochs):
            for batch in torch.randperm(len(observations), device=self.device).split(self.batch_size):
                dist, values = self.actor(observations[batch])
                new_log_probs = dist.log_prob(actions[batch]).sum(-1)
                loss = (
                    actor_loss(new_log_probs, log_probs[batch], advantages[batch], self.eps)
                    + self.critic_weight * critic_loss(returns[batch], values)
                    + self.entropy_weight * entropy_loss(dist)
                )
                self.optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(self.actor.parameters(), self.max_grad_norm)
                self.optimizer.step()

    def learn(self):
        num_updates = max(1, self.total_timesteps // (self.num_env_steps * self.num_vec_envs))
        for update in range(num_updates):
            self.optimizer.param_groups[0]["lr"] = self.learning_rate * (1 - update / num_updates)
            observations, actions, log_probs, rewards, dones, values = self.collect()
            if self.gae_lambda is None:
                returns = multi_step_returns(rewards, values, dones, self.gamma)
                advantages = returns - values[:-1]
            else:
                returns, advantages = compute_gae(rewards, values, dones, self.gamma, self.gae_lambda)
            flat = (data.flatten(0, 1) for data in (observations, actions, log_probs, returns, advantages))
            self.update_epochs(*flat)
            update_normalisation(self.actor, observations)
        return self.actor
""",
)
