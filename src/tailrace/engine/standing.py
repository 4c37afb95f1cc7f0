"""Where the whole project stands after a batch. Pure: a decision applied to a standing gives the next.

A flow is named by its key: the dataset's name for the query in its CREATE, `dataset/flow` otherwise.
An edge is one branch of a flow: `topic:<t>`, `files`, `<schema>.<table>`, with `#2` from the second
occurrence in a flow on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from tailrace.model.batch import Decision, FlowStanding
from tailrace.project.compiled import CompiledProject, Dataset, Flow
from tailrace.sql.compiled import Branch, FilesInput, Input, TableInput, TopicInput


@dataclass(frozen=True)
class Standing:
    """The newest decided batch and what it, and the newest of every other component, said."""

    n: int = 0
    heads: Mapping[str, int] = field(default_factory=dict)
    last: Mapping[str, int] = field(default_factory=dict)
    flows: Mapping[str, FlowStanding] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    definitions: Mapping[str, str] = field(default_factory=dict)

    def after(self, decision: Decision) -> Standing:
        """The standing once `decision` is made."""
        return replace(
            self,
            n=decision.n,
            heads=decision.heads_after(),
            last=decision.last_after(),
            flows={**self.flows, **decision.flows},
            digests={**self.digests, **decision.digests},
            definitions={**self.definitions, **decision.definitions},
        )


def flow_key(dataset: str, flow: str) -> str:
    """The name under which a flow stands in decisions."""
    return dataset if flow == dataset else f"{dataset}/{flow}"


def edges(flow: Flow) -> Iterator[tuple[str, Branch]]:
    """The edges of a flow with their branches, in the order written."""
    seen: Counter[str] = Counter()
    for branch in flow.query.branches:
        base = edge_base(branch.input)
        seen[base] += 1
        yield (base if seen[base] == 1 else f"{base}#{seen[base]}"), branch


def edge_base(source: Input) -> str:
    """The name of an edge without its number."""
    if isinstance(source, TopicInput):
        return f"topic:{source.topic}"
    if isinstance(source, FilesInput):
        return "files"
    return source.name


def flow_keys(dataset: Dataset) -> list[str]:
    """The keys of all flows of a dataset; a view counts as one flow of its own name."""
    if dataset.view is not None:
        return [dataset.name]
    return [flow_key(dataset.name, flow.name) for flow in dataset.flows]


def descendants(project: CompiledProject, name: str) -> list[str]:
    """Datasets that read from `name` through streaming edges, directly or not, in topological order."""
    reached = {name}
    found = []
    for dataset in project.datasets.values():
        upstream = {
            branch.input.name
            for flow in dataset.flows
            for branch in flow.query.branches
            if isinstance(branch.input, TableInput)
        }
        if dataset.name not in reached and upstream & reached:
            reached.add(dataset.name)
            found.append(dataset.name)
    return found
