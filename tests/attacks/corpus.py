"""The corpus: every attack, in the order of the tables."""

from tests.attacks.escaping import ESCAPING
from tests.attacks.exhausting import EXHAUSTING
from tests.attacks.forging import FORGING
from tests.attacks.hand_ins import HAND_INS
from tests.attacks.lying import LYING
from tests.attacks.policy_files import POLICY_FILES
from tests.attacks.reading import READING
from tests.attacks.tampering import TAMPERING

SANDBOX_ATTACKS = (*READING, *ESCAPING, *EXHAUSTING)
GRADED_ATTACKS = (*FORGING, *LYING, *TAMPERING, *HAND_INS, *POLICY_FILES)
