"""The saved queries that an incident begins with."""

from __future__ import annotations

import pytest

from plan.graph import Graph

QUERY = "aws:cloudwatch/queryDefinition:QueryDefinition"
# What each query must ask, as CloudWatch Logs Insights reads it; the words around it may change.
ASKS = {
    "cold-starts": ('@type = "REPORT"', "ispresent(@initDuration)", "pct(@initDuration, 95)", "by @log"),
    "errors": ('level in ["ERROR", "CRITICAL"]', "/Task timed out|Runtime exited/", "@timestamp desc", "limit 200"),
    "memory": ('@type = "REPORT"', "max(@maxMemoryUsed / @memorySize) * 100", "max(@duration)", "by @log"),
    "one-request": ("filter correlation_id = ", "@timestamp asc", "limit 1000"),
    "refused-requests": ('message = "request"', "status in [401, 403, 429]", "by ip, status", "limit 50"),
    "requests-by-status": ('message = "request"', "pct(ms, 95)", "by path, method, status"),
    "slow-requests": ('message = "request"', "sort ms desc", "limit 50"),
}


@pytest.mark.requirement(192)
@pytest.mark.parametrize("name", ASKS)
def test_a_saved_query_asks_what_its_name_says_of_every_function(prod: Graph, name: str) -> None:
    query = prod.named(QUERY, f"observability-query-{name}").inputs
    assert query["name"] == f"goal-mandala-production/{name}"
    for part in ASKS[name]:
        assert part in query["queryString"]
    functions = {f"/aws/lambda/{f.inputs['name']}" for f in prod.of_type("aws:lambda/function:Function")}
    assert functions - set(query["logGroupNames"]) <= {"/aws/lambda/goal-mandala-production-extract-errors"}


def test_every_saved_query_is_known(prod: Graph) -> None:
    assert {query.name.removeprefix("observability-query-") for query in prod.of_type(QUERY)} == set(ASKS)
