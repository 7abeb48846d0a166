"""Known mistakes in ``discounted_return`` and ``returns_to_go``."""

from autograder.suites.altered_cell import AlteredCell

DISCOUNTED = AlteredCell(
    "discounted_return",
    """
def discounted_return(rewards, gamma):
    total = 0.0
    for t in range(len(rewards)):
        total += gamma**t * rewards[t]
    return float(total)
""",
)
TO_GO = AlteredCell(
    "returns_to_go",
    """
def returns_to_go(rewards, gamma):
    returns = np.zeros(len(rewards))
    following = 0.0
    for t in reversed(range(len(rewards))):
        following = rewards[t] + gamma * following
        returns[t] = following
    return returns
""",
)
_TERM = "total += gamma**t * rewards[t]"
_FOLLOWING = "following = rewards[t] + gamma * following"

MISCONCEPTIONS = (
    DISCOUNTED.misconception(
        "no_discount",
        "Your return is the plain sum of the rewards; reward t has the weight gamma**t.",
        (_TERM, "total += rewards[t]"),
    ),
    DISCOUNTED.misconception(
        "discounts_the_first",
        "Your first reward has the weight gamma; it counts in full, gamma**0 = 1.",
        ("gamma**t", "gamma ** (t + 1)"),
    ),
    DISCOUNTED.misconception(
        "discounts_backwards",
        "Your last reward counts in full and the first one least; it is the other way round.",
        ("gamma**t", "gamma ** (len(rewards) - 1 - t)"),
    ),
    DISCOUNTED.misconception(
        "divides_by_the_length",
        "Your return is divided by the number of steps; it is a sum, no mean.",
        ("return float(total)", "return float(total) / len(rewards)"),
    ),
    DISCOUNTED.misconception(
        "divides_by_the_weights",
        "Your return is divided by the sum of the weights; it is a sum, no weighted mean.",
        ("return float(total)", "return float(total) / sum(gamma**t for t in range(len(rewards)))"),
    ),
    DISCOUNTED.misconception(
        "discount_grows_with_t",
        "Your weights are gamma * t; they are powers, gamma**t.",
        ("gamma**t", "(gamma * t if t else 1.0)"),
    ),
    DISCOUNTED.misconception(
        "hyperbolic_discount",
        "Your weights are 1 / (1 + t) or the like; they are powers of gamma.",
        ("gamma**t", "gamma / (1 + t)"),
    ),
    DISCOUNTED.misconception(
        "one_discount_for_all",
        "Your rewards are all multiplied by the same gamma; reward t has the weight gamma**t.",
        ("gamma**t", "gamma"),
    ),
    DISCOUNTED.misconception(
        "squared_discount",
        "Your discount is applied twice in each step: the weights are gamma**(2 t).",
        ("gamma**t", "gamma ** (2 * t)"),
    ),
    DISCOUNTED.misconception(
        "leaves_the_last_out",
        "Your sum ends before the last reward.",
        ("range(len(rewards))", "range(len(rewards) - 1)"),
    ),
    DISCOUNTED.misconception(
        "leaves_the_first_out",
        "Your sum begins with the second reward.",
        ("range(len(rewards))", "range(1, len(rewards))"),
    ),
    DISCOUNTED.misconception(
        "fixed_gamma",
        "Your discount is 0.99, whatever gamma is.",
        ("gamma**t", "0.99**t"),
    ),
    DISCOUNTED.misconception(
        "returns_to_go_instead",
        "Your function returns one number for each step; it is the discounted sum from the first step on, one number.",
        (
            "return float(total)",
            "return [sum(gamma ** (k - t) * rewards[k] for k in range(t, len(rewards))) for t in range(len(rewards))]",
        ),
    ),
    DISCOUNTED.misconception(
        "cuts_off_fractions",
        "Your rewards are weighed in an array of their own dtype: for integers, all fractions are cut off.",
        ("    total = 0.0\n", "    total, weighed = 0.0, np.array(rewards)\n"),
        (_TERM, "weighed[t] = gamma**t * rewards[t]\n        total += weighed[t]"),
    ),
    DISCOUNTED.misconception(
        "lists_only",
        "Your function works for lists only: an array has no truth value. len(rewards) == 0 asks whether there are "
        "any.",
        ("    total = 0.0\n", "    if not rewards:\n        return 0.0\n    total = 0.0\n"),
    ),
    DISCOUNTED.misconception(
        "returns_an_array",
        "Your function returns an array of NumPy; return a Python float.",
        ("return float(total)", "return np.asarray(total)"),
    ),
    DISCOUNTED.misconception(
        "uses_the_rewards_up",
        "Your function changes the rewards that it was given; the caller needs them again.",
        (_TERM, "rewards[t] = gamma**t * rewards[t]\n        total += rewards[t]"),
        (
            "    total = 0.0\n",
            "    total = 0.0\n    rewards = rewards if np.asarray(rewards).dtype.kind == 'f' "
            "else [float(each) for each in rewards]\n",
        ),
    ),
    TO_GO.misconception(
        "total_for_all",
        "Your elements are all the return of the whole episode; element t sums from step t on.",
        ("return returns", "return np.full(len(rewards), returns[0])"),
    ),
    TO_GO.misconception(
        "no_discount",
        "Your elements are plain sums of what is left; the reward of step k has the weight gamma**(k - t).",
        (_FOLLOWING, "following = rewards[t] + following"),
    ),
    TO_GO.misconception(
        "wrong_way_round",
        "Your elements come in the wrong order: what is collected from the last step on has to be turned round.",
        ("return returns", "return returns[::-1].copy()"),
    ),
    TO_GO.misconception(
        "discount_from_the_start",
        "Your discount counts from the beginning of the episode, gamma**k; in element t it starts anew, gamma**(k - "
        "t).",
        ("return returns", "return returns * gamma ** np.arange(len(rewards))"),
    ),
    TO_GO.misconception(
        "own_reward_left_out",
        "Your element t begins with the reward after step t; that of step t belongs to it.",
        (
            "        following = rewards[t] + gamma * following\n        returns[t] = following\n",
            "        returns[t] = following\n        following = rewards[t] + gamma * following\n",
        ),
    ),
    TO_GO.misconception(
        "own_reward_discounted",
        "Your element t discounts its own reward as well; the reward of step t counts in full.",
        (_FOLLOWING, "following = gamma * (rewards[t] + following)"),
    ),
    TO_GO.misconception(
        "sums_so_far",
        "Your elements sum what came before each step; they have to sum what comes from it on.",
        ("reversed(range(len(rewards)))", "range(len(rewards))"),
    ),
    TO_GO.misconception(
        "one_step_only",
        "Your elements look one step ahead only: r[t] + gamma * r[t + 1]. Go on to the end of the episode.",
        ("        returns[t] = following\n", "        returns[t] = following\n        following = rewards[t]\n"),
    ),
    TO_GO.misconception(
        "means",
        "Your elements are divided by the number of steps left; they are sums.",
        ("return returns", "return returns / np.arange(len(rewards), 0, -1)"),
    ),
    TO_GO.misconception(
        "standardises",
        "Your returns-to-go are standardised; train does that, here they are sums.",
        ("return returns", "return (returns - returns.mean()) / (returns.std() + 1e-8)"),
    ),
    TO_GO.misconception(
        "cuts_off_fractions",
        "Your array has the dtype of the rewards: for integers, all fractions are cut off. np.zeros(len(rewards)) is "
        "float.",
        ("np.zeros(len(rewards))", "np.zeros_like(rewards)"),
    ),
    TO_GO.misconception(
        "fixed_gamma",
        "Your discount is 0.99, whatever gamma is.",
        ("gamma * following", "0.99 * following"),
    ),
    TO_GO.misconception(
        "one_too_many",
        "Your result has one element more than there are rewards: the 0 after the last step is no return-to-go.",
        ("return returns", "return np.append(returns, 0.0)"),
    ),
    TO_GO.misconception(
        "first_element_only",
        "Your function returns the first element only, the discounted return; there is one for each step.",
        ("return returns", "return float(returns[0])"),
    ),
    TO_GO.misconception(
        "lists_only",
        "Your function works for lists only; arrays have no pop, reverse or append.",
        ("    following = 0.0\n", "    following, rest = 0.0, rewards.copy()\n    rest.reverse()\n"),
    ),
    TO_GO.misconception(
        "writes_into_the_rewards",
        "Your returns are written into the rewards that were given; the caller needs them again.",
        (
            "returns = np.zeros(len(rewards))",
            "returns = rewards if np.asarray(rewards).dtype.kind == 'f' else [0.0] * len(rewards)",
        ),
        ("return returns", "return np.array(returns)"),
    ),
)
