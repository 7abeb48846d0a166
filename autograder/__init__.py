"""The autograder of the course: releases assignments, grades a class, reports to every reader."""

__version__ = "0.1.0"
