"""Hidden suite of the Q-learning assignment; never shipped to students."""
