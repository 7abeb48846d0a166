"""Hidden suite of the REINFORCE assignment."""
