"""Calibration: thresholds of training checks, from measured outcomes of right and of broken trainers.

plan.py says what to measure, crew.py has it measured in sandboxes (bench.py), store.py keeps it, choice.py chooses
thresholds with the bounds of bounds.py, and process.py leads through it.
"""
