"""Known mistakes in ``epsilon_greedy``."""

from autograder.suites.altered_cell import AlteredCell

POLICY = AlteredCell(
    "epsilon_greedy",
    """
def epsilon_greedy(q_values, epsilon, rng):
    if rng.random() < epsilon:
        return int(rng.integers(len(q_values)))
    best = np.flatnonzero(q_values == q_values.max())
    return int(best[rng.integers(len(best))])
""",
)
_EXPLORES = "if rng.random() < epsilon:"
_RANDOM = "int(rng.integers(len(q_values)))"
_BEST = "best = np.flatnonzero(q_values == q_values.max())"
_DRAWN = "int(best[rng.integers(len(best))])"

MISCONCEPTIONS = (
    POLICY.misconception(
        "epsilon_inverted",
        "Your epsilon is the probability of being greedy; it has to be the probability of exploring.",
        (_EXPLORES, "if rng.random() > epsilon:"),
    ),
    POLICY.misconception(
        "first_of_ties",
        "Of several best actions you always take the first, as np.argmax does; draw one of them.",
        (_DRAWN, "int(np.argmax(q_values))"),
    ),
    POLICY.misconception(
        "last_of_ties",
        "Of several best actions you always take the last; draw one of them.",
        (_DRAWN, "int(best[-1])"),
    ),
    POLICY.misconception(
        "explores_other_actions_only",
        "Exploring, you leave the best action out; it is one of the actions to draw from.",
        (_RANDOM, "int(rng.choice(np.flatnonzero(np.arange(len(q_values)) != q_values.argmax())))"),
    ),
    POLICY.misconception(
        "never_explores",
        "You always take a best action, whatever epsilon is.",
        (_EXPLORES, "if False:"),
    ),
    POLICY.misconception(
        "always_explores",
        "You draw from all actions every time, whatever epsilon is.",
        (_EXPLORES, "if True:"),
    ),
    POLICY.misconception(
        "never_the_last_action",
        "Exploring, you never take the last action: the upper end of rng.integers is not among what it draws.",
        (_RANDOM, "int(rng.integers(len(q_values) - 1))"),
    ),
    POLICY.misconception(
        "smallest_value",
        "Your greedy action is the one with the smallest value.",
        (_BEST, "best = np.flatnonzero(q_values == q_values.min())"),
    ),
    POLICY.misconception(
        "largest_absolute_value",
        "You compare values without their signs: the greedy action is the one with the largest value, not the one "
        "farthest from zero.",
        (_BEST, "best = np.flatnonzero(np.abs(q_values) == np.abs(q_values).max())"),
    ),
    POLICY.misconception(
        "returns_the_value",
        "You return the value of the best action; return its number.",
        (_DRAWN, "float(q_values.max())"),
    ),
    POLICY.misconception(
        "returns_all_best_actions",
        "You return the array of all best actions; draw one of them and return its number.",
        (_DRAWN, "best"),
    ),
    POLICY.misconception(
        "returns_an_array_of_one",
        "You return an array with one action in it, of shape [1]; return the action itself, int(...).",
        (_DRAWN, "rng.choice(best, size=1)"),
    ),
    POLICY.misconception(
        "numpy_integer",
        "Your action is right, but a NumPy integer; return a Python int: int(...).",
        (_RANDOM, "rng.integers(len(q_values))"),
        (_DRAWN, "best[rng.integers(len(best))]"),
    ),
    POLICY.misconception(
        "global_randomness",
        "You draw from NumPy's global generator; draw from the argument rng, so that a run can be repeated.",
        (_EXPLORES, "if np.random.rand() < epsilon:"),
        (_RANDOM, "int(np.random.randint(len(q_values)))"),
        (_DRAWN, "int(np.random.choice(best))"),
    ),
    POLICY.misconception(
        "generator_of_its_own",
        "You make a generator of your own in each call, with the same seed: every call draws the same. Use rng.",
        (_EXPLORES, "rng = np.random.default_rng(0)\n    if rng.random() < epsilon:"),
    ),
    POLICY.misconception(
        "random_only_in_empty_rows",
        "You break ties at random only where all values are zero; other ties go to the first action.",
        (_DRAWN, "int(best[0]) if q_values.any() else int(rng.integers(len(q_values)))"),
    ),
    POLICY.misconception(
        "noise_in_the_table",
        "You break ties by noise that you add to q_values in place, which is the table itself; add it to a copy.",
        (_BEST, "q_values += 1e-9 * rng.random(len(q_values))"),
        (_DRAWN, "int(np.argmax(q_values))"),
    ),
    POLICY.misconception(
        "softmax_exploration",
        "Exploring, you prefer actions with larger values; all actions have to be equally likely then.",
        (
            _RANDOM,
            "int(rng.choice(len(q_values), p=np.exp(q_values - q_values.max()) / "
            "np.exp(q_values - q_values.max()).sum()))",
        ),
    ),
    POLICY.misconception(
        "normal_draw",
        "You compare epsilon with a draw from the normal distribution; rng.random() is the uniform one on [0, 1).",
        (_EXPLORES, "if rng.normal() < epsilon:"),
    ),
    POLICY.misconception(
        "tosses_a_coin",
        "You compare epsilon with a coin, 0 or 1; only rng.random() < epsilon is true with probability epsilon.",
        (_EXPLORES, "if rng.integers(2) < epsilon:"),
    ),
)
