"""Learning management systems: their files read, and files written that they import as they are."""
