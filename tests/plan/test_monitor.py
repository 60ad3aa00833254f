"""The recording monitor: what it must see, and what it must refuse instead of guessing."""

from __future__ import annotations

import gc
import json
import threading
import warnings
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from plan.account import Created, Registration
from plan.graph import Graph
from plan.record import RecordError
from plan.values import SECRET_TEXT, UNKNOWN_TEXT
from tests.harness import build, only

QUEUE = "aws:sqs/queue:Queue"


class Part(pulumi.ComponentResource):
    """A component with a queue in it."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None, **inputs: Any) -> None:
        super().__init__("test:parts:Part", name, None, opts)
        self.queue = aws.sqs.Queue(f"{name}-queue", **inputs, opts=pulumi.ResourceOptions(parent=self))
        self.register_outputs({})


class Silent:
    """An account that creates everything and tells nothing but an id."""

    def create(self, registration: Registration) -> Created:
        return Created(id=f"{registration.name}-id")

    def invoke(self, token: str, args: dict[str, Any]) -> dict[str, Any]:
        raise LookupError(token)


class Failing(Silent):
    """An account in which every other queue fails."""

    def create(self, registration: Registration) -> Created:
        if registration.name.startswith("bad"):
            raise ValueError(f"no room for {registration.name}")
        return super().create(registration)


def test_a_urn_has_the_whole_chain_of_parent_types() -> None:
    class Outer(pulumi.ComponentResource):
        def __init__(self) -> None:
            super().__init__("test:parts:Outer", "outer")
            Part("inner", pulumi.ResourceOptions(parent=self))

    assert [resource.urn for resource in build(Outer).resources] == [
        "urn:pulumi:test::goal-mandala::test:parts:Outer$test:parts:Part$aws:sqs/queue:Queue::inner-queue",
        "urn:pulumi:test::goal-mandala::test:parts:Outer$test:parts:Part::inner",
        "urn:pulumi:test::goal-mandala::test:parts:Outer::outer",
    ]


def test_two_resources_with_one_identity_are_refused() -> None:
    def construct() -> None:
        aws.sqs.Queue("twice")
        aws.sqs.Queue("twice")

    with pytest.raises(RecordError, match="::twice: a second resource with this name and parent: rename one of them"):
        build(construct)


def test_whole_numbers_stay_whole_and_fractions_stay_fractions() -> None:
    def construct() -> None:
        aws.sqs.Queue("one", visibility_timeout_seconds=60)
        aws.cloudwatch.MetricAlarm(
            "two", comparison_operator="GreaterThanThreshold", evaluation_periods=2, threshold=0.5
        )

    graph = build(construct)
    timeout = only(graph, QUEUE).inputs["visibilityTimeoutSeconds"]
    assert (timeout, type(timeout)) == (60, int)
    assert only(graph, "aws:cloudwatch/metricAlarm:MetricAlarm").inputs["threshold"] == 0.5


@pytest.mark.parametrize(
    "value",
    [
        lambda secret: {"PASSWORD": secret},
        lambda secret: {"PLAIN": "open", "URL": pulumi.Output.concat("https://", secret)},
        lambda secret: secret.apply(lambda text: {"A": text}),
    ],
    ids=["inside", "concatenated", "around"],
)
def test_a_secret_is_known_wherever_it_goes_and_printed_nowhere(value: Any) -> None:
    def construct() -> None:
        secret = pulumi.Output.secret("hunter2")
        aws.lambda_.Function("reader", role="r", environment={"variables": value(secret)})
        pulumi.export("told", secret)

    graph = build(construct)
    function = only(graph, "aws:lambda/function:Function")
    assert "hunter2" in json.dumps(function.inputs)
    assert function.registration.secrets == {"environment"}
    assert function.masked_inputs()["environment"] == SECRET_TEXT
    assert function.masked_inputs()["role"] == "r"
    assert "hunter2" not in json.dumps(graph.as_json())
    assert graph.export_secrets == {"told"}


def test_an_output_that_nobody_supplied_is_named_with_its_owner() -> None:
    def construct() -> None:
        first = aws.sqs.Queue("first")
        aws.sqs.Queue("second", policy=pulumi.Output.concat("arn is ", first.arn))

    with pytest.raises(RecordError) as raised:
        build(construct, account=Silent())
    assert "::second: property 'policy' depends on an output that nobody supplied, of (" in str(raised.value)
    assert "::first" in str(raised.value)


def test_an_unknown_output_that_nothing_uses_is_no_fault() -> None:
    assert only(build(lambda: aws.sqs.Queue("first"), account=Silent()), QUEUE).id == "first-id"


def test_a_preview_knows_no_output_and_registers_the_same() -> None:
    def construct() -> None:
        first = aws.sqs.Queue("first")
        aws.sqs.Queue("second", policy=pulumi.Output.concat("arn is ", first.arn))

    preview, update = build(construct, preview=True), build(construct)
    assert [r.urn for r in preview.resources] == [r.urn for r in update.resources]
    assert preview.named(QUEUE, "second").masked_inputs()["policy"] == UNKNOWN_TEXT
    assert update.named(QUEUE, "second").inputs["policy"].startswith("arn is arn:aws:sqs:")


def test_a_resource_born_in_apply_is_missing_from_the_preview() -> None:
    def construct() -> None:
        first = aws.sqs.Queue("first")
        first.arn.apply(lambda arn: aws.sqs.Queue("second"))

    preview, update = build(construct, preview=True), build(construct)
    assert len(preview.resources) == 1
    assert len(update.resources) == 2


def test_an_unanswered_provider_function_is_named() -> None:
    def construct() -> None:
        aws.get_availability_zones_output()

    with pytest.raises(
        RecordError, match="provider function aws:index/getAvailabilityZones:getAvailabilityZones has no"
    ):
        build(construct)


def test_an_output_formatted_as_text_is_detected() -> None:
    def construct() -> None:
        first = aws.sqs.Queue("first")
        aws.sqs.Queue("second", policy=f"arn is {first.arn}")

    with pytest.raises(RecordError, match="::second: a property was formatted from an Output as text"):
        build(construct)


def test_reading_a_resource_from_the_world_is_refused() -> None:
    with pytest.raises(RecordError, match=r"aws:sqs/queue:Queue 'found' is read with \.get\(\)"):
        build(lambda: aws.sqs.Queue.get("found", "https://sqs.example.com/queue"))


def test_all_failures_are_told_not_the_first_one() -> None:
    def construct() -> None:
        for name in ("bad-one", "good", "bad-two"):
            aws.sqs.Queue(name)

    with pytest.raises(RecordError) as raised:
        build(construct, account=Failing())
    lines = sorted(line.split("::")[-1] for line in str(raised.value).splitlines())
    assert lines == ["bad-one: no room for bad-one", "bad-two: no room for bad-two"]


def test_an_error_in_an_apply_is_told() -> None:
    def construct() -> None:
        first = aws.sqs.Queue("first")
        pulumi.export("length", first.arn.apply(lambda arn: int(arn)))

    with pytest.raises(RecordError, match="invalid literal for int"):
        build(construct)


def test_failures_are_told_once_and_not_printed_too(caplog: pytest.LogCaptureFixture) -> None:
    def construct() -> None:
        bad = aws.sqs.Queue("bad")
        for number in range(3):
            aws.sqs.Queue(f"after-{number}", policy=bad.arn)

    with pytest.raises(RecordError) as raised:
        build(construct, account=Failing())
    del raised
    gc.collect()
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []


def test_a_failed_run_leaves_nothing_behind_for_the_next() -> None:
    def failing() -> None:
        for number in range(20):
            aws.sqs.Queue(f"bad-{number}")
        raise RuntimeError("the program stops here")

    with pytest.raises(RecordError):
        build(failing, account=Failing())
    assert [r.name for r in build(lambda: aws.sqs.Queue("only")).resources] == ["only"]


def test_a_run_leaves_neither_threads_nor_event_loops() -> None:
    before = threading.active_count()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ResourceWarning)
        build(lambda: Part("part"))
        gc.collect()
    assert threading.active_count() == before
    assert [str(warning.message) for warning in caught if "event loop" in str(warning.message)] == []


def test_options_that_change_what_the_engine_does_are_recorded() -> None:
    def construct() -> None:
        first = aws.sqs.Queue("first")
        aws.sqs.Queue(
            "second",
            opts=pulumi.ResourceOptions(
                protect=True, retain_on_delete=True, ignore_changes=["policy"], depends_on=[first],
                aliases=[pulumi.Alias(name="former")],
            ),
        )  # fmt: skip

    graph = build(construct)
    second = graph.named(QUEUE, "second")
    assert second.options["protect"] is True
    assert second.options["retain_on_delete"] is True
    assert second.options["ignore_changes"] == ["policy"]
    assert second.options["aliases"][0]["spec"]["name"] == "former"
    assert second.registration.dependencies == (graph.named(QUEUE, "first").urn,)
    assert graph.named(QUEUE, "first").options == {"protect": False}


def test_what_a_property_comes_from_is_recorded() -> None:
    def construct() -> None:
        first = aws.sqs.Queue("first")
        aws.sqs.Queue("second", name="plain", policy=first.arn)

    graph = build(construct)
    second = graph.named(QUEUE, "second").registration
    assert second.property_dependencies["policy"] == (graph.named(QUEUE, "first").urn,)
    assert not second.property_dependencies.get("name")


def test_an_unknown_remote_component_is_refused() -> None:
    class Remote(pulumi.ComponentResource):
        def __init__(self) -> None:
            super().__init__("example:index:Remote", "remote", {}, remote=True)

    with pytest.raises(RecordError, match="example:index:Remote is a remote component that plan/ has no stand-in for"):
        build(Remote)


def test_a_graph_finds_by_type_name_and_component() -> None:
    def construct() -> None:
        Part("one")
        Part("two")

    graph: Graph = build(construct)
    assert [r.name for r in graph.of_type(QUEUE)] == ["one-queue", "two-queue"]
    assert [r.name for r in graph.below("two").resources] == ["two-queue", "two"]
    assert graph.below("three").resources == ()
    with pytest.raises(LookupError, match="stack test has no aws:sqs/queue:Queue named 'three'"):
        graph.named(QUEUE, "three")
