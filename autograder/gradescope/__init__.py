"""Gradescope: the zip file that it builds its container from, and what runs in there."""
