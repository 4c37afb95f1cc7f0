"""Step 6, decide: the one door through which every batch becomes true.

What is not decided when somebody asks to stop never happens. A stop may show as nearly any failure in
steps 1 to 5 (a query that ends in the middle, a file that seems broken), so none of them is judged then:
nothing that would park a dataset or reject a file is decided any more.
"""

from __future__ import annotations

from tailrace.engine.doors import Doors
from tailrace.engine.recover import raise_n_high
from tailrace.model import faults
from tailrace.model.batch import Decision


class Abandoned(Exception):
    """Somebody asked to stop before the batch was decided: it never happened."""


def decide(doors: Doors, decision: Decision) -> None:
    """Decide the batch, and commit the state's transaction, which is open.

    Raises Abandoned if somebody asked to stop, AnotherRunner if the number is taken.
    """
    if doors.interruption.asked:
        raise Abandoned
    raise_n_high(doors, decision.n)
    doors.state.set(decision.component, decision.n)
    doors.batch_log.decide(decision)
    faults.reach("decided")
    doors.state.commit()
    faults.reach("state-committed")
