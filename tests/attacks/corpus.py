"""The corpus: every attack, in the order of the table."""

from tests.attacks.escaping import ESCAPING
from tests.attacks.exhausting import EXHAUSTING
from tests.attacks.reading import READING

SANDBOX_ATTACKS = (*READING, *ESCAPING, *EXHAUSTING)
