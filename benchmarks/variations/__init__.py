"""Variations: what the reference trainer does, left out or done otherwise, for the table of ablations.

Those that are arguments of the trainer need none of this; see ``benchmarks/ablations.py``.
"""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.fast_trainer import FastTrainer
from benchmarks.variations import exploration, losses, networks, optimisers

VARIATIONS: dict[str, Callable[[FastTrainer], None]] = {
    each.__name__: each
    for each in (
        optimisers.equal_betas,
        optimisers.weight_decay,
        optimisers.averaged_weights,
        optimisers.muon,
        optimisers.rate_by_divergence,
        optimisers.half_the_divergence,
        networks.default_layers,
        networks.raw_observations,
        networks.layer_norm,
        networks.silu,
        networks.wide_critic,
        losses.simple_policy,
        losses.no_bootstrap,
        losses.far_critic,
        losses.recomputed_advantages,
        exploration.wide_start,
        exploration.falling_entropy,
        exploration.late_falling_entropy,
        exploration.equal_betas_less_entropy,
        exploration.scheduled_deviations,
        exploration.muon_scheduled_deviations,
        exploration.bounded_means,
        exploration.state_deviations,
        exploration.beta_policy,
        exploration.coloured_noise,
    )
}
