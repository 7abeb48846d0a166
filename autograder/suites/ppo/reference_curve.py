"""Reference curve: where the returns lie while the reference is trained as the notebook trains it."""

# Mean return of the episodes that end together: from 10% to 90% of 10 runs, as feedback draws them;
# `python -m benchmarks.reference_curves ppo --seeds 10` measures them anew.
BAND = {
    "steps": [32000, 55273, 78545, 101818, 125091, 148364, 171636, 194909, 218182, 241455, 264727, 288000],
    "low": [99, 394, 652, 772, 925, 1358, 1592, 1655, 1946, 2467, 2598, 2281],
    "high": [437, 892, 1586, 2359, 2774, 3377, 3789, 4002, 4284, 4534, 4697, 4842],
}
