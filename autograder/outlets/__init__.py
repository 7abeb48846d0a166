"""Outlets: each reads GradeReports and writes for one reader."""
