"""Known mistakes in ``PPOTrainer`` that show over several rounds, or in what the critic and the entropy do."""

from autograder.suites.ppo.trainer_cell import TRAINER

_ROUNDS = "        for update in range(num_updates):\n"
_ENTROPY = "self.entropy_weight * entropy_loss(dist)"
_UPDATE = "            self.update_epochs(*flat)\n"

MISCONCEPTIONS = (
    TRAINER.misconception(
        "resets_every_round",
        "Your trainer resets the environments at the start of each round: episodes under way are lost, and the "
        "late steps of long ones are never seen. Go on from self.obs.",
        (
            "        for t in range(steps):\n",
            "        self.obs = self.to_tensor(self.envs.reset()[0])\n        for t in range(steps):\n",
        ),
    ),
    TRAINER.misconception(
        "default_gamma",
        "Your trainer calls multi_step_returns without self.gamma, so that it always discounts by the default.",
        ("multi_step_returns(rewards, values, dones, self.gamma)", "multi_step_returns(rewards, values, dones)"),
    ),
    TRAINER.misconception(
        "acts_with_the_first_policy",
        "Your trainer goes on acting with the policy of the first round; each round needs the current one.",
        (_ROUNDS, "        import copy\n\n        first = copy.deepcopy(self.actor)\n" + _ROUNDS),
        (
            "observations, actions, log_probs, rewards, dones, values = self.collect()\n",
            "trained, self.actor = self.actor, first\n"
            "            observations, actions, log_probs, rewards, dones, values = self.collect()\n"
            "            self.actor = trained\n",
        ),
    ),
    TRAINER.misconception(
        "learning_rate_turns_negative",
        "Your learning rate divides transitions by the number of updates: after the first one it is negative, "
        "and the trainer unlearns.",
        ("(1 - update / num_updates)", "(1 - self.num_transitions / num_updates)"),
    ),
    TRAINER.misconception(
        "keeps_old_transitions",
        "Your trainer updates on the transitions of all rounds so far; PPO learns from those of the current policy.",
        (_ROUNDS, "        memory = []\n" + _ROUNDS),
        (
            _UPDATE,
            "            memory.append(list(flat))\n            self.update_epochs(*map(torch.cat, zip(*memory)))\n",
        ),
    ),
    TRAINER.misconception(
        "misaligned_returns",
        "Your critic's targets are the returns of the first rows for every batch: cut all arrays by the same indices.",
        ("returns[batch]", "returns[: len(batch)]"),
    ),
    TRAINER.misconception(
        "entropy_sign",
        "Your update subtracts entropy_loss, which is minus the entropy already: the policy gets narrower.",
        ("+ " + _ENTROPY, "- " + _ENTROPY),
    ),
    TRAINER.misconception(
        "no_entropy",
        "Your loss lacks entropy_weight * entropy_loss: the weight makes no difference.",
        ("+ " + _ENTROPY, "+ 0.0"),
    ),
)
