"""Arrivals: what students have handed in, from wherever it lies, brought into ``submitted/``; nothing of it is run."""
