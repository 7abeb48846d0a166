"""Reference curve: where the returns lie while the reference is trained as the notebook trains it."""

# Mean return of an epoch's episodes: from 10% to 90% of 30 runs, as feedback draws them, up to the end of the shortest;
# `python -m benchmarks.reference_curves reinforce --seeds 30` measures them anew.
BAND = {
    "steps": [557, 9151, 17744, 26337, 34930, 43523, 52116, 60709, 69303, 77896, 86489, 95082],
    "low": [27, 75, 175, 229, 350, 423, 471, 484, 486, 488, 493, 497],
    "high": [39, 177, 340, 423, 478, 499, 500, 500, 500, 500, 500, 500],
}
