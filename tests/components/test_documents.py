"""Every JSON text that the program writes, in every stack."""

from __future__ import annotations

import json

from plan.graph import Graph
from tests.harness import texts

# What people read in the order in which it was written, and the SDK's own.
IN_AN_ORDER_OF_THEIR_OWN = {
    "aws:apigateway/response:Response",
    "aws:apigateway/stage:Stage",
    "pulumi:providers:aws",
}


def test_documents_have_sorted_keys_so_that_they_change_only_when_they_say_something_else(graph: Graph) -> None:
    seen = 0
    for resource in graph.resources:
        for text in texts(resource.inputs):
            if not text.startswith('{"') or resource.type in IN_AN_ORDER_OF_THEIR_OWN:
                continue
            document = json.loads(text)
            seen += 1
            assert list(texts(document)) == list(texts(json.loads(json.dumps(document, sort_keys=True)))), resource.urn
    assert seen > 50
