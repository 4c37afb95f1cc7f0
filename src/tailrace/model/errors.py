"""Every error that Tailrace raises, split by what its reader does about it.

TailraceError
├── UsageError            call it differently                       exit 2
├── ProjectError          mend the project file at file:line:column  exit 2
│   └── Refused           the SQL is valid, but not in the function table or not executed
├── DataError             mend the data or the query               exit 1
│   └── QueryError        a row failed in a query; carries Spark's error condition
├── EnvironmentFailure    retry: disk, network, memory             exit 1 when retries end
├── Halt                  one component waits: lost log, alien topic
├── Stop                  the engine ends, with a remedy           exit 1
│   └── AnotherRunner     someone else decided the batch, or holds the lock
└── Bug                   ours: an unbalanced account, a broken invariant
"""

from dataclasses import dataclass


class TailraceError(Exception):
    """Root of all errors. `message` names the thing and the value, `hint` the remedy."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} Hint: {self.hint}" if self.hint else self.message


@dataclass(frozen=True, order=True)
class Place:
    """A position in a project file; line and column count from 1."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class UsageError(TailraceError):
    """The command or call was wrong."""

    exit_code = 2


class ProjectError(TailraceError):
    """Something in a project file is wrong; `place` says where."""

    exit_code = 2

    def __init__(self, message: str, *, place: Place | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.place = place

    def __str__(self) -> str:
        text = super().__str__()
        return f"{self.place}: {text}" if self.place else text


class ProjectErrors(ProjectError):
    """All errors of a project at once, in the order of their places."""

    def __init__(self, errors: list[ProjectError]) -> None:
        first = errors[0]
        super().__init__(first.message, place=first.place, hint=first.hint)
        self.errors = errors

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)


class Refused(ProjectError):
    """Valid Spark SQL that Tailrace does not answer (yet): named, never ignored."""


class DataError(TailraceError):
    """The data, or a query over it, failed."""


class QueryError(DataError):
    """A row failed in a query. `condition` is Spark's error condition, such as DIVIDE_BY_ZERO."""

    def __init__(self, message: str, *, condition: str | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.condition = condition


class EnvironmentFailure(TailraceError):
    """Disk, network or memory failed; the same call may succeed later."""


class Halt(TailraceError):
    """One component cannot go on until someone mends its input; the rest goes on."""


class Stop(TailraceError):
    """The engine must end; the hint names the remedy."""


class AnotherRunner(Stop):
    """Another engine works on this lake or state."""


class Bug(TailraceError):
    """An invariant of ours does not hold. Please report it."""
