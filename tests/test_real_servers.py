"""A missing server is named at the end of the run, and fails where it may not be missing."""

from __future__ import annotations

import os
import sys

import pytest

import servers

RUN = ["-q", "-ra", "-n", "0", "-p", "no:cacheprovider", "-p", "tests.real_servers"]


@pytest.fixture
def two_tests(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A run with two tests, one of which wants a Redis that is not there."""
    for name in ("CI", "GATEPOST_REQUIRE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(servers, "STATE", pytester.path / "none.json")
    pytester.makepyfile("def test_redis(redis_server): ...\ndef test_alone(): ...")
    return pytester


def test_a_missing_server_is_named_at_the_end(two_tests: pytest.Pytester) -> None:
    result = two_tests.runpytest_inprocess(*RUN)
    result.assert_outcomes(passed=1, skipped=1)
    *_, last_but_one, closing = [line for line in result.outlines if line]
    assert last_but_one.startswith("NOT TESTED HERE: redis (")
    assert "scripts/servers.py" in last_but_one
    assert "1 passed, 1 skipped" in closing


def test_it_is_named_when_workers_run_the_tests(two_tests: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    two_tests.makeconftest("from pathlib import Path; import servers; servers.STATE = Path('none.json')")
    result = two_tests.runpytest_subprocess(*RUN, "-n", "1")
    result.stdout.fnmatch_lines(["NOT TESTED HERE: redis (*"])


@pytest.mark.parametrize(("name", "value"), [("CI", "true"), ("GATEPOST_REQUIRE", "nginx,redis")])
def test_a_missing_server_fails_where_it_is_required(
    two_tests: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    result = two_tests.runpytest_inprocess(*RUN)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*NOT TESTED HERE: redis (*"])


def test_other_servers_may_still_be_missing(two_tests: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEPOST_REQUIRE", "nginx")
    two_tests.runpytest_inprocess(*RUN).assert_outcomes(passed=1, skipped=1)


def test_nothing_is_said_when_nothing_was_skipped(two_tests: pytest.Pytester) -> None:
    result = two_tests.runpytest_inprocess(*RUN, "-k", "alone")
    result.stdout.no_fnmatch_line("*NOT TESTED HERE*")
