"""An endpoint that was away: why it got nothing, and how it gets it after all."""

from __future__ import annotations

import time
from pathlib import Path

from tests.e2e.service_process import ServiceProcess, wait_for
from tests.e2e.webhook_log import receiving


def test_what_was_missed_is_explained_counted_and_replayed(running_service: ServiceProcess, tmp_path: Path) -> None:
    api = running_service.api
    with receiving(tmp_path / "received") as receiver:
        before = api.post("/v1/notifications", {"topic": "orders", "type": "paid", "payload": {"number": 0}})["id"]
        time.sleep(0.002)  # ids tell milliseconds apart
        endpoint = api.post("/v1/endpoints", {"url": receiver.url, "topics": ["orders"]})["id"]
        other = api.post("/v1/notifications", {"topic": "invoices", "type": "sent", "payload": {"number": 1}})["id"]
        since = api.get(f"/v1/notifications/{before}")["accepted_at"]

        def reason(notification: str) -> str:
            return str(api.get(f"/v1/notifications/{notification}/deliveries/{endpoint}")["reason"])

        assert (reason(before), reason(other)) == ("created-later", "other-topics")
        counted = api.post(f"/v1/endpoints/{endpoint}/replay", {"since": since, "dry_run": True})
        assert (counted["counts"]["missed"], counted["replayed"], counted["next"]) == (1, 0, None)
        assert api.post(f"/v1/endpoints/{endpoint}/replay", {"since": since, "rate": 10})["replayed"] == 1
        wait_for(lambda: reason(before) == "delivered", 5)
        assert api.post(f"/v1/notifications/{other}/deliveries/{endpoint}/replay") == {}
        wait_for(lambda: reason(other) == "delivered", 5)
        receiver.read_on()
        assert dict(receiver.ids) == {0: {before}, 1: {other}}
        assert api.call("GET", f"/v1/notifications/{before}/deliveries/ep_unknown").status == 404
        refused = api.call("POST", f"/v1/endpoints/{endpoint}/replay", {"since": since, "cursor": "nonsense"})
        assert (refused.status, refused.document["errors"][0]["pointer"]) == (422, "/cursor")
