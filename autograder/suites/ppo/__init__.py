"""Hidden suite of the PPO assignment; never shipped to students."""
