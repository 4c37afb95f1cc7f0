"""Whether somebody asked a process to stop at once."""


class Interruption:
    """`asked` is set by a signal; called, it tells."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self) -> bool:
        return self.asked
