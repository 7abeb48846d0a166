"""Right ways to write ``q_update``, unlike the reference."""

UPDATES = {
    "weighted_mean": """
def q_update(q, state, action, reward, next_state, terminated, alpha, gamma):
    best_next = np.max(q[next_state]) * (1 - terminated)
    q[state][action] = (1 - alpha) * q[state][action] + alpha * (reward + gamma * best_next)
""",
    "index_tuple": """
def q_update(q, state, action, reward, next_state, terminated, alpha, gamma):
    index = (*state, action) if isinstance(state, tuple) else (state, action)
    td_error = reward - q[index]
    if not terminated:
        td_error += gamma * q[next_state].max()
    q[index] += alpha * td_error
""",
    "row": """
def q_update(q, state, action, reward, next_state, terminated, alpha, gamma):
    row = q[state]
    target = reward if terminated else reward + gamma * max(q[next_state])
    row[action] += alpha * (target - row[action])
    return q
""",
    "argmax": """
def q_update(q, state, action, reward, next_state, terminated, alpha, gamma):
    a_star = np.argmax(q[next_state])
    td_target = reward + gamma * q[next_state][a_star] * (not terminated)
    td_delta = td_target - q[state][action]
    q[state][action] = q[state][action] + alpha * td_delta
    return td_delta
""",
    "item_assignment": """
def q_update(q, state, action, reward, next_state, terminated, alpha, gamma):
    def place(s, a=None):
        numbers = tuple(np.atleast_1d(s))
        return numbers if a is None else numbers + (a,)

    old = q.item(place(state, action))
    future = 0 if bool(terminated) else gamma * float(np.amax(q[place(next_state)]))
    q.itemset(place(state, action), old) if hasattr(q, "itemset") else None
    q[place(state, action)] = old + alpha * (reward + future - old)
""",
    "flat": """
def q_update(q, state, action, reward, next_state, terminated, alpha, gamma):
    flat = q.reshape(-1, q.shape[-1])   # a view
    number = lambda s: np.ravel_multi_index(np.atleast_1d(s), q.shape[:-1])
    here, there = number(state), number(next_state)
    goes_on = 0.0 if terminated else 1.0
    flat[here, action] += alpha * (reward + gamma * flat[there].max() * goes_on - flat[here, action])
""",
    "axis_by_axis": """
def q_update(q, state, action, reward, next_state, terminated, alpha, gamma):
    def row(table, s):
        for part in s if isinstance(s, tuple) else (s,):
            table = table[part]
        return table

    here, there = row(q, state), row(q, next_state)
    bootstrap = 0 if terminated else gamma * there.max()
    here[action] -= alpha * (here[action] - (reward + bootstrap))
""",
    "one_hot": """
def q_update(q, state, action, reward, next_state, terminated, alpha, gamma):
    chosen = np.eye(q.shape[-1])[action]
    y = reward + gamma * np.where(terminated, 0.0, q[next_state].max())
    q[state] += alpha * (y - q[state]) * chosen
""",
    "two_branches": """
def q_update(q, state, action, reward, next_state, terminated, alpha, gamma):
    if terminated:
        q[state][action] += alpha * (reward - q[state][action])
    else:
        q[state][action] += alpha * (reward + gamma * np.max(q[next_state], axis=-1) - q[state][action])
""",
    "ellipsis": """
def td_target(reward, q_next, terminated, gamma):
    return reward if terminated else reward + gamma * sorted(q_next)[-1]

def q_update(q, state, action, reward, next_state, terminated, alpha, gamma, *, target=td_target):
    actions = q[state][..., action:action + 1]
    actions[:] = (1 - alpha) * actions + alpha * target(
        reward=reward, q_next=q[next_state], terminated=terminated, gamma=gamma
    )
""",
    "whole_copy_written_back": """
def q_update(q, state, action, reward, next_state, terminated, alpha, gamma):
    table = q.copy()
    discount = gamma * (1.0 - float(terminated))
    table[state][action] += alpha * (reward + discount * table[next_state].max() - table[state][action])
    np.copyto(q, table)
""",
    "add_at": """
def q_update(q, state, action, reward, next_state, terminated, alpha, gamma):
    state, next_state = np.atleast_1d(state), np.atleast_1d(next_state)
    place = (*state, action)
    best = max(q[(*next_state, a)] for a in range(q.shape[-1]))
    delta = reward + (0.0 if terminated else gamma * best) - q[place]
    np.add.at(q, tuple(np.array([n]) for n in place), alpha * delta)
""",
}
