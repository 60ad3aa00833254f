"""Operations of the API: followed repositories, and what happens in them."""

from __future__ import annotations

from lambdas.shared import shapes, shapes_sources
from lambdas.shared.operation import Operation

_SOURCE = "/sources/{sourceId}"

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        id="listSources", method="GET", path="/sources", function="sources",
        summary="The repositories that the person follows, newest first.",
        status=200, query=shapes.PageQuery, answer=shapes_sources.SourcePage,
    ),
    Operation(
        id="createSource", method="POST", path="/sources", function="sources",
        summary="Follow a repository on GitHub.",
        status=201, body=shapes_sources.CreateSource, answer=shapes_sources.Source, problems=(409,),
    ),
    Operation(
        id="updateSource", method="PATCH", path=_SOURCE, function="sources",
        summary="Switch the monitoring of a repository on or off.",
        status=200, body=shapes_sources.UpdateSource, answer=shapes_sources.Source,
    ),
    Operation(
        id="deleteSource", method="DELETE", path=_SOURCE, function="sources",
        summary="Follow a repository no more; its activities are deleted.",
        status=204,
    ),
    Operation(
        id="listActivities", method="GET", path="/activities", function="sources",
        summary="What happened in the followed repositories, newest first, summarised in Japanese.",
        status=200, query=shapes_sources.ActivityQuery, answer=shapes_sources.ActivityPage, problems=(404,),
    ),
)  # fmt: skip
