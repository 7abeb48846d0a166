"""The autograder of the course: releases assignments, grades a class, reports to every reader."""
