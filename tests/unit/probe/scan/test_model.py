"""One model for every version: what a rule asks, it is told the same way."""

from __future__ import annotations

import pytest

from gatepost.probe.scan.model import Description
from gatepost.probe.scan.operation import Kind, Operation
from tests.unit.probe.scan.describing import description

V2 = """
swagger: "2.0"
info: {title: Pets, version: "1"}
host: example.com
basePath: /v1
schemes: [https, http]
consumes: [application/json, application/xml]
produces: [application/json]
security: [{key: []}]
securityDefinitions:
  key: {type: apiKey, in: header, name: X-Key}
  plain: {type: basic}
  oauth: {type: oauth2, flow: accessCode, authorizationUrl: 'http://a', tokenUrl: 'http://b', scopes: {read: r}}
parameters:
  Limit: {name: limit, in: query, type: integer, maximum: 100}
definitions:
  Pet: {type: object, properties: {name: {type: string}}}
paths:
  /pets/{id}:
    parameters:
      - {name: id, in: path, type: string, required: true}
      - $ref: '#/parameters/Limit'
    put:
      security: [{oauth: [read]}]
      parameters:
        - {name: pet, in: body, schema: {$ref: '#/definitions/Pet'}}
        - {name: limit, in: query, type: integer, maximum: 5}
      responses:
        200: {description: ok, schema: {$ref: '#/definitions/Pet'}, headers: {X-Left: {type: integer}}}
    post:
      consumes: [multipart/form-data]
      parameters: [{name: file, in: formData, type: file}]
      responses: {default: {description: any}}
"""

V3 = """
openapi: 3.0.3
info: {title: Pets, version: "1"}
servers: [{url: 'https://example.com/v1'}, {url: 'http://{host}/v1', variables: {host: {default: example.com}}}]
security: [{key: []}]
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Key}
    plain: {type: http, scheme: Basic}
    oauth:
      type: oauth2
      flows: {authorizationCode: {authorizationUrl: 'http://a', tokenUrl: 'http://b', scopes: {read: r}}}
  parameters:
    Limit: {name: limit, in: query, schema: {type: integer, maximum: 100}}
  schemas:
    Pet: {type: object, properties: {name: {type: string}}}
paths:
  /pets/{id}:
    parameters:
      - {name: id, in: path, schema: {type: string}, required: true}
      - $ref: '#/components/parameters/Limit'
    put:
      security: [{oauth: [read]}]
      parameters:
        - {name: limit, in: query, schema: {type: integer, maximum: 5}}
      requestBody:
        content:
          application/json: {schema: {$ref: '#/components/schemas/Pet'}}
          application/xml: {schema: {$ref: '#/components/schemas/Pet'}}
      responses:
        200:
          description: ok
          headers: {X-Left: {schema: {type: integer}}}
          content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}
    post:
      requestBody:
        content: {multipart/form-data: {schema: {type: object, properties: {file: {type: string, format: binary}}}}}
      responses: {default: {description: any}}
"""


@pytest.fixture(params=[V2, V3, V3.replace("3.0.3", "3.1.1"), V3.replace("3.0.3", "3.2.0")], ids=str.split)
def pets(request: pytest.FixtureRequest) -> Description:
    return description(request.param)


@pytest.fixture
def put(pets: Description) -> Operation:
    return pets.operations[0]


def test_operations_are_found(pets: Description) -> None:
    assert [operation.name for operation in pets.operations] == ["PUT /pets/{id}", "POST /pets/{id}"]
    assert all(operation.is_write for operation in pets.operations)


def test_parameters_of_the_path_are_joined_and_replaced_by_those_of_the_operation(put: Operation) -> None:
    assert [(each.name, each.location, each.required) for each in put.parameters] == [
        ("id", "path", True),
        ("limit", "query", False),
    ]
    limit = put.parameter("LIMIT", "query")
    assert limit is not None
    assert limit.schema is not None
    bound = limit.schema.maximum()
    assert bound is not None
    assert bound.value == 5


def test_bodies_come_by_media_type(put: Operation) -> None:
    assert [body.media_type for body in put.bodies] == ["application/json", "application/xml"]
    assert all(body.schema is put.bodies[0].schema for body in put.bodies)
    assert put.request_media_types == ("application/json", "application/xml")


def test_a_form_is_a_request_body(pets: Description) -> None:
    assert pets.operations[1].request_media_types == ("multipart/form-data",)


def test_responses_have_headers_and_contents(put: Operation) -> None:
    (response,) = put.responses
    assert (response.status, response.is_success, response.contents[0].media_type) == ("200", True, "application/json")
    header = response.header("x-left")
    assert header is not None
    assert header.schema is not None
    assert header.schema.is_integer


def test_a_response_covers_its_range_and_default_the_rest(pets: Description) -> None:
    put, post = pets.operations
    assert put.response("404") is None
    found = post.response("404")
    assert found is not None
    assert found.status == "default"
    assert post.response("404", exactly=True) is None


def test_security_is_that_of_the_operation_or_of_the_document(pets: Description) -> None:
    put, post = pets.operations
    assert [need.name for each in post.security for need in each.requirements] == ["key"]
    assert put.scopes == {"read"}
    assert not put.anonymous
    assert put.schemes[0].flows[0].kind == "authorizationCode"
    token_url = put.schemes[0].flows[0].url("tokenUrl")
    assert token_url is not None
    assert token_url.value == "http://b"


def test_basic_is_a_scheme_of_http(pets: Description) -> None:
    plain = pets.security_schemes["plain"]
    assert (plain.kind, plain.scheme) == ("http", "basic")


def test_servers_are_urls(put: Operation) -> None:
    assert [server.url for server in put.servers] == ["https://example.com/v1", "http://example.com/v1"]


def test_a_shared_schema_is_one_with_the_operations_on_each_side(pets: Description) -> None:
    pet = next(schema for schema in pets.schemas if schema.node.key == "Pet")
    assert [operation.name for operation in pet.accepted_by] == ["PUT /pets/{id}"]
    assert [operation.name for operation in pet.returned_by] == ["PUT /pets/{id}"]
    assert sum(schema.node is pet.node for schema in pets.schemas) == 1


def test_reach_is_known_for_every_part(pets: Description, put: Operation) -> None:
    assert pets.reach(put.responses[0].node).response == put.bit
    assert pets.reach(put.parameters[0].node).request == 0b11
    assert pets.reach(put.node.get("responses") or put.node).request == put.bit
    assert pets.reach(pets.security_schemes["oauth"].node).request == put.bit
    assert pets.reach(pets.root).request == 0


SECURITIES = [
    ("security: []", True),
    ("security: [{}]", True),
    ("security: [{a: []}, {}]", True),
    ("security: [{a: []}]", False),
    ("security: [{a: [], b: []}]", False),
    ("x: 1", True),
]


@pytest.mark.parametrize(("security", "anonymous"), SECURITIES)
def test_who_may_call_without_proof(security: str, anonymous: bool) -> None:
    found = description(f"{security}\npaths: {{/a: {{get: {{}}}}}}")
    assert found.operations[0].anonymous is anonymous


def test_an_operation_can_take_back_the_security_of_the_document() -> None:
    assert description("security: [{a: []}]\npaths: {/a: {get: {security: []}}}").operations[0].anonymous


def test_callbacks_and_webhooks_are_called_by_the_api() -> None:
    found = description(
        """
        webhooks: {new: {post: {requestBody: {content: {a/b: {schema: {title: sent}}}}}}}
        paths:
          /a:
            post:
              callbacks:
                done:
                  '{$request.body#/url}':
                    post:
                      requestBody: {content: {a/b: {schema: {title: told}}}}
                      responses: {200: {content: {a/b: {schema: {title: answer}}}}}
        """
    )
    assert [operation.name for operation in found.webhooks] == ["POST webhook new"]
    assert [operation.name for operation in found.callbacks] == ["POST callback {$request.body#/url}"]
    assert [operation.kind for operation in found.operations] == [Kind.PATH]
    sides = {schema.node.text("title"): (schema.in_request, schema.in_response) for schema in found.schemas}
    assert sides == {"sent": (False, True), "told": (False, True), "answer": (True, False)}


def test_callbacks_that_lead_to_themselves_end() -> None:
    found = description(
        """
        paths: {/a: {post: {callbacks: {x: {$ref: '#/components/callbacks/x'}}}}}
        components: {callbacks: {x: {'{$url}': {post: {callbacks: {x: {$ref: '#/components/callbacks/x'}}}}}}}
        """
    )
    assert len(found.callbacks) == 1


def test_methods_of_3_2_are_found_only_there() -> None:
    text = "paths: {/a: {query: {}, additionalOperations: {COPY: {}, LINK: {}}}}"
    assert [each.name for each in description(f"openapi: 3.2.0\n{text}").operations] == [
        "QUERY /a",
        "COPY /a",
        "LINK /a",
    ]
    assert description(f"openapi: 3.1.0\n{text}").operations == ()


def test_the_items_of_a_stream_are_schemas() -> None:
    found = description(
        "openapi: 3.2.0\npaths: {/a: {get: {responses: {200: {content: {a/b: {itemSchema: {title: item}}}}}}}}"
    )
    assert [schema.node.text("title") for schema in found.schemas if schema.in_response] == ["item"]


def test_a_default_that_names_variables_again_does_not_grow() -> None:
    variables = ", ".join(f"v{n}: {{default: '{{v{n + 1}}}{{v{n + 1}}}'}}" for n in range(60))
    (server,) = description(f"servers: [{{url: 'http://{{v0}}', variables: {{{variables}}}}}]").servers
    assert server.url == "http://{v1}{v1}"


WRONG = [
    "paths: 3",
    "paths: [a]",
    "paths: {/a: 1, /b: {get: 2, post: {parameters: 3, responses: [4], security: 5, requestBody: 6, tags: {}}}}",
    "security: {a: 1}\npaths: {/a: {get: {}}}",
    "security: [1, [2], {a: 3}]\npaths: {/a: {get: {}}}",
    "components: 1",
    "components: {schemas: [1], securitySchemes: {a: 1, b: {type: [], flows: 2}, c: {flows: {d: 3}}}}",
    "components: {schemas: {a: {properties: [], allOf: {}, items: 3, type: {}, required: 1, enum: {}, maximum: x}}}",
    "servers: [1, {url: []}, {url: 'x{a}', variables: []}]",
    "webhooks: 1",
    "paths: {/a: {get: {parameters: [{$ref: 1}, {name: [], in: {}}], callbacks: {a: 1, b: {c: 2}}}}}",
]


@pytest.mark.parametrize("version", ["swagger: '2.0'", "openapi: 3.0.0", "openapi: 3.2.0"])
@pytest.mark.parametrize("text", WRONG)
def test_values_of_the_wrong_type_are_passed_over(version: str, text: str) -> None:
    found = description(f"{version}\n{text}")
    for operation in found.every_operation:
        asked = (operation.security, operation.parameters, operation.bodies, operation.responses, operation.servers)
        assert all(isinstance(answer, tuple) for answer in asked)
    for schema in found.schemas:
        assert isinstance(schema.types, frozenset)
        assert isinstance(schema.properties, dict)
