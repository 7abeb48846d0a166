"""Visible checks: small public cases, one package per assignment; the grader's hidden ones are others."""
