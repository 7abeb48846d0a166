"""What made-up students write beside the exercises: helpers and outputs, and the cells that a grader has to survive."""

from __future__ import annotations

HELPER = '''import math


def discounts(steps, gamma):
    """Powers of gamma, for looking at them."""
    return [math.pow(gamma, step) for step in range(steps)]


print("discounts:", discounts(4, 0.99))'''

OTHER_WAY = {
    "one_step_returns": """def one_step_returns(rewards, values, dones, gamma=0.99):
    following = rewards + gamma * values[1:].to(rewards.dtype)
    return torch.where(dones.bool(), rewards, following)""",
    "multi_step_returns": """def multi_step_returns(rewards, values, dones, gamma=0.99):
    following = values[-1].to(rewards.dtype)
    collected = []
    for reward, done in zip(rewards.flip(0), dones.flip(0)):
        following = torch.where(done.bool(), reward, reward + gamma * following)
        collected.insert(0, following)
    return torch.stack(collected)""",
    "critic_loss": """def critic_loss(target_values, pred_values):
    return ((pred_values - target_values.detach()) ** 2).mean()""",
}

INSTALL = "!pip install --quiet tqdm"
PLOT = """%matplotlib inline
import matplotlib.pyplot as plt

plt.plot([0, 1, 4, 9])
plt.title("returns")
plt.show()"""
PROGRESS = """import time

for _ in tqdm(range(50), desc="warming up"):
    time.sleep(0.001)"""
NON_ASCII = """# Примечание: γ — коэффициент дисконтирования 🐆
γ = 0.99
délka = 5


def střední(čísla):
    return sum(čísla) / len(čísla)


print(f"průměr: {střední([γ, délka]):.2f} ✓")"""
WARNINGS = """import sys
import warnings

warnings.warn("this is deprecated", DeprecationWarning)
print("a message on stderr", file=sys.stderr)"""
MORE_IMPORTS = "import itertools\n\n"
OLDER_ACTOR = """class Actor(nn.Module):
    def __init__(self, obs_dim, action_dim, hidden_dim):
        super().__init__()
        self.layer = nn.Linear(obs_dim, action_dim)"""

LOOPS_FOR_EVER = """while True:
    pass"""
LOOPS_STUBBORNLY = """while True:
    try:
        while True:
            pass
    except BaseException:
        pass"""
EXITS = """import sys

sys.exit("done")"""
EXITS_AT_ONCE = """import os

os._exit(0)"""
RAISES = """import a_package_that_nobody_has
"""
EXHAUSTS_MEMORY = """import torch

hoard = []
while True:
    hoard.append(torch.ones(10_000_000))"""
FORKS = """import os

while True:
    os.fork()"""
PRINTS = """for number in range(1_000_000):
    print("line", number)"""
FORGES = """import numpy
import torch

numpy.testing.assert_allclose = lambda *args, **kwargs: None
torch.allclose = lambda *args, **kwargs: True
check = lambda name: 1.0
"""
FORGED_CHECK = "print('all checks passed')\n1.0"

_IN_ONE_STEP_RETURNS = """def one_step_returns(rewards, values, dones, gamma=0.99):
    {}
    return rewards + gamma * (1 - dones.to(rewards.dtype)) * values[1:].to(rewards.dtype)"""
LOOPING_EXERCISE = _IN_ONE_STEP_RETURNS.format("""t, returns = 0, torch.zeros_like(rewards)
    while t < len(rewards):
        returns[t] = rewards[t] + gamma * (1 - dones[t]) * values[t + 1]""")
EXITING_EXERCISE = _IN_ONE_STEP_RETURNS.format("""import os

    os._exit(0)""")
HOARDING_EXERCISE = _IN_ONE_STEP_RETURNS.format("""hoard = []
    while True:
        hoard.append(torch.ones(10_000_000))""")
