"""How an answer that is missing would be documented, in the way in which the document does it elsewhere."""

from __future__ import annotations

from collections import Counter
from typing import cast

from gatepost.probe.scan.edits import Change, Json, SetKey
from gatepost.probe.scan.model import Description
from gatepost.probe.scan.operation import Operation, Response
from gatepost.probe.scan.reading.node import Node, Source
from gatepost.probe.scan.rules.words import squeezed

MAX_COPIED = 4096
"""Characters of a response that is copied: a longer one holds examples that belong to its own operation."""

MEANINGS = {
    "400": "The request is malformed or out of bounds.",
    "401": "Credentials are missing or not valid.",
    "403": "The caller may not do this.",
    "404": "There is no such thing.",
    "415": "The media type of the body is not taken.",
    "429": "Too many requests.",
    "500": "The server failed.",
    "default": "Any other failure.",
}

_COMPONENT_NAMES = {
    "400": ("badrequest", "validationerror", "invalidrequest", "invalidinput"),
    "401": ("unauthorized", "unauthorised", "unauthenticated", "unauthorizederror", "notauthenticated"),
    "403": ("forbidden", "forbiddenerror", "accessdenied", "permissiondenied"),
    "404": ("notfound", "notfounderror", "resourcenotfound"),
    "415": ("unsupportedmediatype",),
    "429": ("toomanyrequests", "ratelimited", "ratelimitexceeded", "throttled"),
    "500": ("internalservererror", "internalerror", "servererror", "unexpectederror"),
    "default": ("problem", "error", "errorresponse", "defaulterror", "genericerror", "unexpectederror", "default"),
}

_OF_ONE_STATUS = frozenset({"retry-after", "www-authenticate", "allow", "accept", "location"})

_RETRY_AFTER: dict[str, Json] = {"type": "integer", "format": "int32", "minimum": 0, "maximum": 86400}


class Answers:
    """The error answers of one description, as patterns for further ones."""

    def __init__(self, description: Description) -> None:
        self._description = description
        self._references: dict[tuple[int, str], Counter[str]] = {}
        self._examples: dict[tuple[int, str], Node] = {}
        for operation in description.operations:
            for response in operation.responses:
                if response.is_error:
                    self._learn(operation, response)

    def added(self, operation: Operation, status: str) -> tuple[Change, ...]:
        """Documents the status: by the answer that others refer to, else by a copy, else by the least that says it."""
        responses = operation.node.get("responses")
        if responses is None:
            return (SetKey(operation.node, "responses", {status: self._answer(operation.node.source, status)}),)
        return (SetKey(responses, status, self._answer(responses.source, status)),)

    def _learn(self, operation: Operation, response: Response) -> None:
        responses = operation.node.get("responses")
        place = responses.at(response.status) if responses is not None else None
        reference = place.at("$ref") if place is not None else None
        if place is not None and reference is not None and place.target is not None:
            references = self._references.setdefault((id(place.source), response.status), Counter())
            references[str(reference.value)] += 1
        node = response.node
        if node.is_mapping and node.end - node.start <= MAX_COPIED:
            self._examples.setdefault((id(node.source), response.status), node)

    def _answer(self, source: Source, status: str) -> Json:
        own = id(source), status
        if own in self._references:
            return {"$ref": self._references[own].most_common(1)[0][0]}
        if (component := self._component(source, status)) is not None:
            return {"$ref": component}
        if own in self._examples:
            return cast(Json, self._examples[own].plain())
        if (component := self._component(source, "default")) is not None:
            return {"$ref": component}
        if (other := self._other_error(source)) is not None:
            return {**other, "description": MEANINGS[status]}
        return self._least(status)

    def _component(self, source: Source, status: str) -> str | None:
        """The reference to a reusable response that is made for this status, by its name."""
        if source is not self._description.source:
            return None
        path = self._description.version.responses
        for name in self._description.component("responses"):
            if squeezed(name) in (status, *_COMPONENT_NAMES[status]) or name == status:
                return "#/" + "/".join((*path, name.replace("~", "~0").replace("/", "~1")))
        return None

    def _other_error(self, source: Source) -> dict[str, Json] | None:
        """The answer of another status, without the headers that mean something only there."""
        found = next((node for (file, _), node in self._examples.items() if file == id(source)), None)
        if found is None:
            return None
        answer = cast(dict[str, Json], found.plain())
        headers = answer.get("headers")
        if isinstance(headers, dict):
            kept = {name: value for name, value in headers.items() if name.lower() not in _OF_ONE_STATUS}
            answer = {**answer, "headers": kept}
        return answer

    def _least(self, status: str) -> Json:
        answer: dict[str, Json] = {"description": MEANINGS[status]}
        if status == "429":
            meaning: dict[str, Json] = {"description": "Seconds until the next try."}
            in_schema = self._description.version.media_types
            answer["headers"] = {"Retry-After": meaning | ({"schema": _RETRY_AFTER} if in_schema else _RETRY_AFTER)}
        return answer
