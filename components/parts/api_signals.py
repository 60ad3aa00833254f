"""What can be measured about an API Gateway stage."""

from __future__ import annotations

from components.parts.signal import Metric, Signal, rate


def api_signals(api_name: str, stage_name: str, *, is_cached: bool) -> list[Signal]:
    """Errors as counts and rates, latency in milliseconds, requests; hits of the cache where there is one."""
    dimensions = {"ApiName": api_name, "Stage": stage_name}

    def metric(name: str, statistic: str = "Sum", id_: str = "m1") -> Metric:
        return Metric(namespace="AWS/ApiGateway", name=name, statistic=statistic, dimensions=dimensions, id=id_)

    def signal(kind: str, *metrics: Metric, expression: str = "") -> Signal:
        return Signal(kind=kind, subject="api", metrics=metrics, expression=expression, runbook="api.md", group="api")

    requests = metric("Count", id_="requests")
    server, server_rate = rate(metric("5XXError", id_="errors"), requests)
    client, client_rate = rate(metric("4XXError", id_="errors"), requests)
    found = [
        signal("api_5xx", metric("5XXError")),
        signal("api_5xx_rate", *server, expression=server_rate),
        signal("api_4xx", metric("4XXError")),
        signal("api_4xx_rate", *client, expression=client_rate),
        signal("api_latency", metric("Latency", "p95")),
        signal("api_requests", metric("Count")),
    ]
    if is_cached:
        found.append(signal("api_cache_hits", metric("CacheHitCount")))
        found.append(signal("api_cache_misses", metric("CacheMissCount")))
    return found
