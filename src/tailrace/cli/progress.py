"""What a running engine tells people on stderr: a line per batch, and what is not well at the end."""

from __future__ import annotations

from collections.abc import Mapping
from shlex import quote

import click

from tailrace.catalog.accounts import Totals, counted
from tailrace.engine.coordinator import Summary
from tailrace.model.batch import Decision


class BatchLines:
    """One line per batch: number, component, rows in and out of its datasets.

    `goes_on`: what a batch parks is told with it, for the run may not end for long.
    """

    def __init__(self, goes_on: bool = False) -> None:
        self._goes_on = goes_on

    def tell(self, decision: Decision) -> None:
        """Print the line of a completed batch."""
        parts = []
        for total in Totals([decision]).by_dataset.values():
            part = f"{total.dataset} {counted(total.in_)} > {total.out:,}"
            names = ("error", "violated", "filtered", "coerced")
            notes = [(getattr(total, name), name) for name in names]
            told = ", ".join(f"{count:,} {name}" for count, name in notes if count)
            parts.append(f"{part} ({told})" if told else part)
        click.echo(f"batch {decision.n} {_kind(decision)}{'; '.join(parts) or decision.component}", err=True)
        for key, flow in decision.flows.items():
            if self._goes_on and flow.state in ("parked", "stale") and flow.since_n == decision.n:
                click.secho(f"  {flow.state}: ", fg="yellow", nl=False, err=True)
                click.echo(f"{key}: {flow.reason}", err=True)

    def trouble(self, message: str) -> None:
        """Print why something is tried again."""
        click.secho("trouble: ", fg="yellow", nl=False, err=True)
        click.echo(message, err=True)


def tell_summary(summary: Summary) -> None:
    """Name what is parked, stale or halted, with its reason."""
    for state, entries in _states(summary).items():
        for name, reason in entries.items():
            click.secho(f"{state}: ", fg="yellow", nl=False, err=True)
            click.echo(f"{name}: {reason}", err=True)
            if state == "parked":
                click.echo(
                    f"  hint: mend the query or the data, then `tailrace resume {_dataset(name)}`", err=True
                )
    if summary.account_bug:
        click.secho(
            "An account did not balance: this is a bug of Tailrace, please report it.", fg="red", err=True
        )


def _states(summary: Summary) -> Mapping[str, Mapping[str, str]]:
    return {"parked": summary.parked, "stale": summary.stale, "halted": summary.halted}


def _dataset(flow: str) -> str:
    """The dataset of a flow, as a shell takes it."""
    return quote(flow.partition("/")[0])


def _kind(decision: Decision) -> str:
    return "" if decision.kind in ("data", "view") else f"[{decision.kind}] "
