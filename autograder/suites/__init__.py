"""Hidden suites, one folder per assignment, and the pytest plugin that judges with them."""
