"""Scoring: what a trained agent is worth, in environments that the grader steps."""
