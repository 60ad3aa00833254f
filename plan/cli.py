"""`plan`: look at what a stack would be, without AWS, credentials or the Pulumi CLI."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.tree import Tree

if TYPE_CHECKING:
    from plan.graph import Graph

app = typer.Typer(
    name="plan",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Read the program without AWS: no credentials, no network, no Pulumi CLI.",
    epilog="Exit codes: 0 done, 1 the program or its settings are wrong, 2 the call is wrong.",
)
STACK = typer.Argument(help="A stack's name (dev, prod, local) or the path of a stack file.", metavar="STACK")


@app.callback()
def main() -> None:
    """Read the program without AWS: no credentials, no network, no Pulumi CLI."""


@app.command()
def show(
    stack: Annotated[str, STACK],
    as_json: Annotated[bool, typer.Option("--json", help="Everything, as JSON on standard output.")] = False,
    component: Annotated[str, typer.Option(help="Only what belongs to this component (network, api, ...).")] = "",
) -> None:
    """Show every resource that the stack's program registers; secrets are masked.

    plan show dev                    the tree of components and resources
    plan show prod --component api   one component
    plan show prod --json            urn, type, name, parent, inputs, options, dependencies of each
    """
    graph = _record(stack)
    if component:
        graph = graph.below(component)
        if not graph.resources:
            _stop(f"stack {graph.stack} has no component named '{component}': 'plan show {stack}' lists them", code=2)
    if as_json:
        json.dump(graph.as_json(), sys.stdout, indent=2, ensure_ascii=False)
        sys.stdout.write("\n")
        return
    Console().print(_tree(graph))


@app.command()
def terraform(
    stack: Annotated[str, STACK],
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write.", metavar="DIR")],
) -> None:
    """Write the stack as Terraform JSON, for the tools that judge Terraform. It is not meant to be applied.

    plan terraform prod -o build/prod
    terraform -chdir=build/prod init
    terraform -chdir=build/prod validate
    terraform -chdir=build/prod plan -refresh=false     no AWS account is asked
    """
    from plan.terraform.export import ExportError, export, secret_texts  # noqa: PLC0415

    graph = _record(stack)
    try:
        exported = export(graph, secret_texts(stack))
        exported.write(output)
    except ExportError as error:
        _stop(str(error), code=1)
    console = Console(soft_wrap=True, highlight=False)
    console.print(f"{output}: {exported.resources} resources of stack {graph.stack}")
    for resource in exported.newer:
        console.print(f"terraform_data stands for {escape(resource)}")


def _record(stack: str) -> Graph:
    from plan.record import RecordError, record  # noqa: PLC0415  # a second of imports that --help does not need
    from plan.stack_file import StackFileError  # noqa: PLC0415

    try:
        return record(stack)
    except (RecordError, StackFileError) as error:
        _stop(str(error), code=1)


def _stop(message: str, *, code: int) -> NoReturn:
    Console(stderr=True, soft_wrap=True).print(escape(message), style="red", highlight=False)
    raise typer.Exit(code)


def _tree(graph: Graph) -> Tree:
    """Components and what they hold; resources of one type under one parent are counted when there are many."""
    kinds = Counter(resource.type.split(":")[0] for resource in graph.resources)
    total = sum(count for kind, count in kinds.items() if kind not in {"pulumi", "mandala"})
    root = Tree(f"[bold]{escape(graph.stack)}[/]  {total} resources")
    branches: dict[str, Tree] = {}
    urns = {resource.urn for resource in graph.resources}
    waiting = sorted(graph.resources, key=lambda resource: (resource.urn.count("$"), resource.urn))
    while waiting:
        ready = [r for r in waiting if r.registration.parent not in urns or r.registration.parent in branches]
        for resource in ready:
            parent = branches.get(resource.registration.parent, root)
            label = f"{escape(resource.name)} [dim]{escape(resource.type)}[/]"
            branches[resource.urn] = parent.add(
                f"{label} [yellow]protected[/]" if resource.options.get("protect") else label
            )
        waiting = [resource for resource in waiting if resource.urn not in branches]
    return root


if __name__ == "__main__":
    app()
