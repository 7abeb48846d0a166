"""The door between the grader (trusted) and the student's code (untrusted)."""
