"""Known mistakes in ``PPOTrainer``."""

from autograder.suites.ppo.trainer_cell import TRAINER

_NORMALISE = "advantages = (advantages - advantages.mean()) / (advantages.std(unbiased=False) + 1e-8)\n"
_ACTOR_TERM = "actor_loss(new_log_probs, log_probs[batch], advantages[batch], self.eps)"
_LOG_PROB = "log_probs[t] = dist.log_prob(actions[t]).sum(-1)"
_FLAT = "flat = (data.flatten(0, 1) for data in (observations, actions, log_probs, returns, advantages))"
_DONES = "dones[t] = self.to_tensor(done)"

MISCONCEPTIONS = (
    TRAINER.misconception(
        "ascends",
        "Your update goes up the loss instead of down: actions with an advantage become rarer.",
        (_ACTOR_TERM, "-" + _ACTOR_TERM),
    ),
    TRAINER.misconception(
        "swaps_log_probs",
        "No gradient of your update reaches the policy: the new log-probabilities are actor_loss's first argument, "
        "the recorded ones its second.",
        ("actor_loss(new_log_probs, log_probs[batch]", "actor_loss(log_probs[batch], new_log_probs"),
    ),
    TRAINER.misconception(
        "compares_with_itself",
        "Your update compares the new log-probabilities with themselves: the ratio is always 1 and nothing is clipped.",
        ("actor_loss(new_log_probs, log_probs[batch]", "actor_loss(new_log_probs, new_log_probs.detach()"),
    ),
    TRAINER.misconception(
        "misaligned_batches",
        "Your update takes the advantages of the first rows for every batch: cut all arrays by the same indices.",
        ("advantages[batch]", "advantages[: len(batch)]"),
    ),
    TRAINER.misconception(
        "actor_only",
        "Your loss lacks critic_loss: the values stay what they were at the start.",
        ("self.critic_weight * critic_loss(returns[batch], values)", "0.0"),
    ),
    TRAINER.misconception(
        "critic_learns_advantages",
        "Your critic is trained towards the advantages; its targets are the returns.",
        ("critic_loss(returns[batch], values)", "critic_loss(advantages[batch], values)"),
    ),
    TRAINER.misconception(
        "advantages_not_normalised",
        "Your update uses the advantages as they are; normalise them to mean 0 and standard deviation 1 first.",
        (_NORMALISE, "advantages = advantages.clone()\n"),
    ),
    TRAINER.misconception(
        "normalises_in_place",
        "Your update normalises the advantages in place, in the tensor that it was given.",
        (_NORMALISE, "advantages -= advantages.mean()\n        advantages /= advantages.std(unbiased=False) + 1e-8\n"),
    ),
    TRAINER.misconception(
        "default_eps",
        "Your update calls actor_loss without eps, so that it always clips at its default.",
        ("advantages[batch], self.eps)", "advantages[batch])"),
    ),
    TRAINER.misconception(
        "one_epoch",
        "Your update goes through the data once, whatever num_update_epochs is.",
        ("range(self.num_update_epochs)", "range(1)"),
    ),
    TRAINER.misconception(
        "whole_batch",
        "Your update takes all transitions at once; cut them into batches of batch_size.",
        (".split(self.batch_size)", ".split(len(observations))"),
    ),
    TRAINER.misconception(
        "first_batch_only",
        "Your update stops after the first batch of each epoch; all transitions are to be used.",
        (".split(self.batch_size)", ".split(self.batch_size)[:1]"),
    ),
    TRAINER.misconception(
        "not_shuffled",
        "Your update takes transitions in the order of time; neighbours are alike, so shuffle them in each epoch.",
        ("torch.randperm(", "torch.arange("),
    ),
    TRAINER.misconception(
        "gradients_add_up",
        "Your update never calls optimizer.zero_grad(): each step follows the sum of all gradients so far.",
        ("                self.optimizer.zero_grad()\n", ""),
    ),
    TRAINER.misconception(
        "counts_vector_steps",
        "Your trainer counts a step of all environments as one transition, and so collects too many of them.",
        (
            "self.total_timesteps // (self.num_env_steps * self.num_vec_envs)",
            "self.total_timesteps // self.num_env_steps",
        ),
    ),
    TRAINER.misconception(
        "one_update_too_many",
        "Your trainer makes one update more than total_timesteps allows.",
        ("self.num_vec_envs))\n        for update", "self.num_vec_envs)) + 1\n        for update"),
    ),
    TRAINER.misconception(
        "returns_another_actor",
        "Your trainer returns a new actor, not the one that it has trained.",
        ("        return self.actor\n", "        return Actor(self.obs_dim, self.action_dim, 64)\n"),
    ),
    TRAINER.misconception(
        "trains_a_copy",
        "Your optimizer holds the parameters of another network: the actor that acts is never trained.",
        ("Adam(self.actor.parameters()", "Adam(Actor(self.obs_dim, self.action_dim, hidden_dim).parameters()"),
    ),
    TRAINER.misconception(
        "learning_rate_zero",
        "Your learning rate falls to zero before the first update.",
        ("(1 - update / num_updates)", "(1 - (update + 1) / num_updates)"),
    ),
    TRAINER.misconception(
        "records_the_next_observation",
        "Your transitions hold the observation after the step; record the one in which the action was drawn.",
        ("            observations[t] = self.obs\n", ""),
        (
            "            self.obs = self.to_tensor(obs)\n",
            "            self.obs = self.to_tensor(obs)\n            observations[t] = self.obs\n",
        ),
    ),
    TRAINER.misconception(
        "records_clipped_actions",
        "Your transitions hold clipped actions, whose log-probability is another one; record them as drawn.",
        ("actions[t] = dist.sample()", "actions[t] = dist.sample().clamp(-1, 1)"),
    ),
    TRAINER.misconception(
        "log_prob_of_another_sample",
        "Your log-probabilities belong to a second sample, not to the action that was taken.",
        (_LOG_PROB, "log_probs[t] = dist.log_prob(dist.sample()).sum(-1)"),
    ),
    TRAINER.misconception(
        "log_prob_averaged",
        "Your log-probability of an action is the mean over its components; they are independent, so add them up.",
        (_LOG_PROB, "log_probs[t] = dist.log_prob(actions[t]).mean(-1)"),
        ("dist.log_prob(actions[batch]).sum(-1)", "dist.log_prob(actions[batch]).mean(-1)"),
    ),
    TRAINER.misconception(
        "flattens_differently",
        "Your arrays are flattened in different orders: observations of one environment meet actions of another.",
        (_FLAT, _FLAT + "\n            observations = observations.transpose(0, 1).flatten(0, 1)"),
        ("self.update_epochs(*flat)\n", "self.update_epochs(observations, *list(flat)[1:])\n"),
    ),
    TRAINER.misconception(
        "records_reset_steps",
        "Your transitions contain reset steps: in gymnasium's next-step mode the step after an episode's end ignores "
        "the action. Make the environments with autoreset_mode='same_step'.",
        ('autoreset_mode="same_step"', 'autoreset_mode="next_step"'),
        ('infos["final_obs"][cut]', "obs[cut]"),
    ),
    TRAINER.misconception(
        "ends_are_not_marked",
        "Your dones stay 0: returns leak from one episode into the one before.",
        (_DONES, "pass"),
    ),
    TRAINER.misconception(
        "truncation_is_not_an_end",
        "Your dones are terminated alone: where an episode is truncated, returns leak from the next one. "
        "HalfCheetah only ever truncates.",
        (_DONES, "dones[t] = self.to_tensor(terminated)"),
    ),
    TRAINER.misconception(
        "truncation_is_termination",
        "Your trainer treats a truncated episode as one that has ended for good: add gamma V(final observation) "
        "to its last reward.",
        ("rewards[t, torch.as_tensor(cut, device=self.device)] += self.gamma * final_values", "pass"),
    ),
    TRAINER.misconception(
        "bootstraps_from_the_next_episode",
        "Where an episode is truncated you add the value of the next episode's first observation; "
        "the final one is in infos['final_obs'].",
        ('self.to_tensor(np.stack(infos["final_obs"][cut]))', "self.to_tensor(obs[cut])"),
    ),
    TRAINER.misconception(
        "bootstraps_at_termination",
        "Your trainer adds gamma V(final observation) at termination too: after it nothing more is to come.",
        ("cut = truncated & ~terminated", "cut = done"),
    ),
    TRAINER.misconception(
        "advantages_are_returns",
        "Your advantages are the returns themselves; subtract what was expected, values[:-1].",
        ("advantages = returns - values[:-1]", "advantages = returns.clone()"),
    ),
    TRAINER.misconception(
        "advantages_of_the_next_state",
        "Your advantages subtract values[1:], those of the next states; an advantage compares with values[:-1].",
        ("returns - values[:-1]", "returns - values[1:]"),
    ),
    TRAINER.misconception(
        "rewards_one_step_late",
        "Your rewards are written one row too late: each action gets the reward of the one before.",
        ("            rewards[t] = self.record_step(", "            rewards[(t + 1) % steps] = self.record_step("),
    ),
)
