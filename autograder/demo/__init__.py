"""The made-up class that `make demo` grades."""

from autograder.demo.made_up_class import DemoStudent, write_class

__all__ = ["DemoStudent", "write_class"]
