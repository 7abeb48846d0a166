"""Known mistakes in ``q_update``."""

from autograder.suites.altered_cell import AlteredCell

UPDATE = AlteredCell(
    "q_update",
    """
def q_update(q, state, action, reward, next_state, terminated, alpha, gamma):
    following = 0.0 if terminated else q[next_state].max()
    target = reward + gamma * following
    q[state][action] += alpha * (target - q[state][action])
""",
)
_FOLLOWING = "following = 0.0 if terminated else q[next_state].max()"
_MAX = "q[next_state].max()"
_TARGET = "target = reward + gamma * following"
_STEP = "q[state][action] += alpha * (target - q[state][action])"

MISCONCEPTIONS = (
    UPDATE.misconception(
        "bootstraps_after_termination",
        "You add the value of the next state also where the episode has terminated; nothing follows there.",
        (_FOLLOWING, f"following = {_MAX}"),
    ),
    UPDATE.misconception(
        "mask_inverted",
        "You add the value of the next state where the episode has terminated, and leave it out where it goes on.",
        (_FOLLOWING, f"following = {_MAX} if terminated else 0.0"),
    ),
    UPDATE.misconception(
        "never_bootstraps",
        "Your target is the reward alone; unless the step terminates, gamma times the best next value belongs in it.",
        (_FOLLOWING, "following = 0.0"),
    ),
    UPDATE.misconception(
        "no_update_at_termination",
        "You make no update where the episode terminates; that reward is the one that matters most.",
        (_FOLLOWING, "if terminated:\n        return\n    following = q[next_state].max()"),
    ),
    UPDATE.misconception(
        "masks_the_reward",
        "Where the episode terminates you take the reward away, too; only what would follow is to be left out.",
        (_TARGET, "target = 0.0 if terminated else reward + gamma * following"),
    ),
    UPDATE.misconception(
        "alpha_on_the_old_value",
        "You multiply the old value by alpha and the target by 1 - alpha; it is the other way round.",
        (_STEP, "q[state][action] = alpha * q[state][action] + (1 - alpha) * target"),
    ),
    UPDATE.misconception(
        "alpha_on_the_target_only",
        "You add alpha times the target to the whole old value; the old value has to be subtracted first, or it grows.",
        (_STEP, "q[state][action] += alpha * target"),
    ),
    UPDATE.misconception(
        "alpha_on_the_next_value_only",
        "Your alpha multiplies only a part of the error; put reward, next value and old value into one bracket.",
        (_STEP, "q[state][action] += alpha * (reward + gamma * following) - q[state][action]"),
    ),
    UPDATE.misconception(
        "no_alpha",
        "You replace the old value by the target, as if alpha were 1.",
        (_STEP, "q[state][action] = target"),
    ),
    UPDATE.misconception(
        "fixed_alpha",
        "Your step size is 0.1, whatever alpha is given.",
        (_STEP, "q[state][action] += 0.1 * (target - q[state][action])"),
    ),
    UPDATE.misconception(
        "wrong_direction",
        "You move the value away from the target: the error is target minus old value.",
        (_STEP, "q[state][action] += alpha * (q[state][action] - target)"),
    ),
    UPDATE.misconception(
        "no_discount",
        "You add the value of the next state without multiplying it by gamma.",
        (_TARGET, "target = reward + following"),
    ),
    UPDATE.misconception(
        "discounts_the_reward",
        "You multiply the reward by gamma, too; only what follows it is discounted.",
        (_TARGET, "target = gamma * (reward + following)"),
    ),
    UPDATE.misconception(
        "fixed_gamma",
        "Your discount is 0.99, whatever gamma is given.",
        (_TARGET, "target = reward + 0.99 * following"),
    ),
    UPDATE.misconception(
        "same_action_next",
        "You take the value of the same action in the next state; Q-learning takes the largest value there.",
        (_MAX, "q[next_state][action]"),
    ),
    UPDATE.misconception(
        "mean_of_next_values",
        "You take the mean of the next state's values; Q-learning takes the largest.",
        (_MAX, "q[next_state].mean()"),
    ),
    UPDATE.misconception(
        "smallest_next_value",
        "You take the smallest of the next state's values; Q-learning takes the largest.",
        (_MAX, "q[next_state].min()"),
    ),
    UPDATE.misconception(
        "index_of_the_best_action",
        "You use the number of the best next action in place of its value: max, not argmax.",
        (_MAX, "q[next_state].argmax()"),
    ),
    UPDATE.misconception(
        "max_over_states",
        "You take the maximum over the states, for one action; take it over the actions of the next state.",
        (_MAX, "q[..., action].max()"),
    ),
    UPDATE.misconception(
        "max_over_the_table",
        "You take the largest value of the whole table; take that of the next state.",
        (_MAX, "q.max()"),
    ),
    UPDATE.misconception(
        "value_of_the_old_state",
        "You take the best value of the state before the step; the target needs that of the state after it.",
        (_MAX, "q[state].max()"),
    ),
    UPDATE.misconception(
        "updates_the_next_state",
        "You change the value of the next state; what is learned is about the state in which the action was taken.",
        (_STEP, "q[next_state][action] += alpha * (target - q[next_state][action])"),
    ),
    UPDATE.misconception(
        "updates_all_actions",
        "You change the values of all actions of the state; only the one that was taken has shown what it leads to.",
        (_STEP, "q[state] += alpha * (target - q[state])"),
    ),
    UPDATE.misconception(
        "changes_a_copy",
        "The table that is given stays as it was: q = ..., q.copy() or returning the new value do not change it. Write "
        "into q itself.",
        (_FOLLOWING, f"q = q.copy()\n    {_FOLLOWING}"),
    ),
    UPDATE.misconception(
        "takes_tuples_apart",
        "With tuples as states, q[state, action] is not one number; write q[state][action].",
        (_STEP, "q[state, action] += alpha * (target - q[state, action])"),
    ),
    UPDATE.misconception(
        "first_number_of_tuples",
        "With tuples as states you use their first number only; q[state] takes the whole tuple.",
        (_FOLLOWING, f"state, next_state = np.ravel(state)[0], np.ravel(next_state)[0]\n    {_FOLLOWING}"),
    ),
    UPDATE.misconception(
        "integers_become_lists",
        "With tuples as states you make lists of them; NumPy takes a list for several rows. Leave them tuples.",
        (
            _FOLLOWING,
            "if isinstance(state, tuple):\n        state, next_state = list(state), list(next_state)\n    "
            + _FOLLOWING,
        ),
    ),
)
