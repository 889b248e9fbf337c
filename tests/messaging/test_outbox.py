"""What becomes of a message: in its transaction, in its lane, and after failures. On both databases."""

from datetime import timedelta
from typing import Any

import pytest

from app.core.clock import utcnow
from app.core.db import reading, transaction
from app.core.errors import Unavailable
from app.core.pagination import turn
from app.messaging import claiming, redaction, relay, service
from tests.messaging.conftest import due_again, lapse, put, rewrite

pytestmark = pytest.mark.usefixtures("either_database")


@pytest.fixture
def sent() -> list[Any]:
    """What the handler of the kind `note` was given, in order."""
    found: list[Any] = []
    service.register("note", lambda delivery: found.append(delivery.payload.get("n")))
    return found


def listed(**filters: Any) -> list[dict[str, Any]]:
    return turn(service.list_messages(**filters), 100, None)["data"]


def failing(*errors: Exception) -> None:
    """The handler of the kind `note` raises these, one after the other, and then the last one again and again."""
    left = list(errors)

    def handler(_delivery: service.Delivery) -> None:
        raise left.pop(0) if len(left) > 1 else left[0]

    service.register("note", handler)


def test_a_message_is_sent_after_its_transaction_and_then_gone(sent: list[Any]) -> None:
    with transaction():
        id = service.enqueue("a", "note", {"n": 1})
    assert len(id) == 64 and listed()[0]["id"] == id
    assert (service.run_once(), sent, listed()) == (1, [1], [])
    assert (service.run_once(), sent) == (0, [1])


def test_a_transaction_that_is_rolled_back_sends_nothing(sent: list[Any]) -> None:
    with pytest.raises(ZeroDivisionError), transaction():
        service.enqueue("a", "note", {"n": 1})
        raise ZeroDivisionError
    assert (service.run_once(), sent) == (0, [])


def test_outside_a_transaction_nothing_is_enqueued() -> None:
    with pytest.raises(RuntimeError, match="in the transaction"):
        service.enqueue("a", "note", {})
    with reading(), pytest.raises(RuntimeError, match="in the transaction"):
        service.enqueue("a", "note", {})
    assert listed() == []


@pytest.mark.parametrize(("lane", "kind"), [("", "note"), ("l" * 201, "note"), ("a", ""), ("a", "k" * 65)])
def test_a_name_that_the_table_cannot_hold_is_refused(lane: str, kind: str) -> None:
    with pytest.raises(ValueError, match="a lane has"), transaction():
        service.enqueue(lane, kind, {})


def test_messages_of_a_lane_are_sent_in_their_order(sent: list[Any]) -> None:
    for n in range(20):
        put(f"lane {n % 3}", {"n": n})
    assert service.run_once() == 20
    assert [[n for n in sent if n % 3 == lane] for lane in range(3)] == [list(range(lane, 20, 3)) for lane in range(3)]


def test_a_message_that_waits_holds_up_its_lane_and_no_other(sent: list[Any]) -> None:
    first = put("a", {"n": 1}, delay=300)
    put("a", {"n": 2})
    put("b", {"n": 3})
    assert (service.run_once(), sent) == (1, [3])
    due_again(first)
    assert (service.run_once(), sent) == (2, [3, 1, 2])


def test_a_failure_waits_holds_its_lane_and_comes_again(sent: list[Any]) -> None:
    handler = relay._handlers["note"]
    failing(RuntimeError("the other side is asleep"))
    id = put("a", {"n": 1})
    put("a", {"n": 2})
    assert service.run_once() == 0
    shown = service.get(id)
    assert (shown["state"], shown["attempts"], shown["error"]) == (
        "waiting",
        1,
        "RuntimeError: the other side is asleep",
    )
    assert shown["not_before"] > utcnow()
    service.register("note", handler)
    assert (service.run_once(), sent) == (0, [])
    due_again(id)
    assert (service.run_once(), sent) == (2, [1, 2])


def test_delays_grow_and_are_drawn_between_a_second_and_ten_minutes() -> None:
    terms = relay.Terms(max_attempts=100)
    error = RuntimeError("down")
    drawn = {n: [relay._delay_after(error, n, terms) or 0 for _ in range(400)] for n in (1, 4, 8, 10, 20, 60)}
    for n, delays in drawn.items():
        longest = min(600, 2**n)
        assert 1 <= min(delays) <= 1 + longest / 10 and 0.9 * longest <= max(delays) <= longest
        assert len(set(delays)) > 390
    assert [sum(drawn[n]) for n in (1, 4, 8, 10)] == sorted(sum(drawn[n]) for n in (1, 4, 8, 10))


def test_a_receiver_that_says_when_to_come_again_is_not_asked_before() -> None:
    failing(Unavailable("The registrar rests.", retry_after=5000))
    id = put("a")
    service.run_once()
    shown = service.get(id)
    assert timedelta(seconds=4990) < shown["not_before"] - utcnow() <= timedelta(seconds=5000)
    assert shown["error"] == "The registrar rests."


def test_after_its_last_attempt_a_message_is_a_dead_letter_and_frees_its_lane(sent: list[Any]) -> None:
    handler = relay._handlers["note"]
    failing(RuntimeError("no"))
    terms = service.Terms(max_attempts=3)
    first, second = put("a", {"n": 1}), put("a", {"n": 2})
    for attempts in (1, 2, 3):
        assert service.get(first)["dead_at"] is None
        service.run_once(terms)
        assert service.get(first)["attempts"] == attempts
        due_again(first)
    assert (service.get(first)["state"], service.get(second)["attempts"]) == ("dead", 1)
    service.register("note", handler)
    due_again(second)
    assert (service.run_once(terms), sent) == (1, [2])
    assert [message["id"] for message in listed(state="dead")] == [first]


def test_what_can_never_be_sent_is_a_dead_letter_at_once(sent: list[Any]) -> None:
    handler = relay._handlers["note"]
    failing(service.Undeliverable("The topic does not exist. Create it, then retry."))
    id = put("a", {"n": 1})
    assert service.run_once() == 0
    shown = service.get(id)
    assert (shown["state"], shown["attempts"]) == ("dead", 1)
    assert shown["error"] == "The topic does not exist. Create it, then retry."
    service.register("note", handler)
    assert (service.run_once(), sent) == (0, [])


def test_a_kind_that_nothing_sends_is_a_dead_letter_with_the_reason() -> None:
    id = put("a", kind="telegram")
    assert service.run_once() == 0
    shown = service.get(id)
    assert shown["state"] == "dead" and "kind telegram" in shown["error"]


def test_a_handler_that_wants_to_end_the_process_is_a_failure_like_any_other() -> None:
    def handler(_delivery: service.Delivery) -> None:
        raise SystemExit(3)

    service.register("note", handler)
    id = put("a")
    assert service.run_once() == 0
    assert service.get(id)["error"] == "SystemExit: 3"


def test_a_message_whose_sender_died_is_sent_again_when_the_lease_has_lapsed(sent: list[Any]) -> None:
    id = put("a", {"n": 1})
    put("a", {"n": 2})
    assert [row.id for row in claiming.claim(5, 60)] == [id]
    assert service.get(id)["state"] == "sending"
    assert (service.run_once(), sent) == (0, [])
    lapse(id)
    shown = service.get(id)
    assert (shown["state"], shown["attempts"]) == ("waiting", 0)
    assert (service.run_once(), sent) == (2, [1, 2])


def test_a_message_that_kills_its_senders_ends_as_a_dead_letter(sent: list[Any]) -> None:
    terms = service.Terms(max_attempts=2)
    id = put("a", {"n": 1})
    for attempts in (0, 1):
        assert [row.attempts for row in claiming.claim(1, 60)] == [attempts]
        lapse(id)
    assert (service.run_once(terms), sent) == (0, [])
    shown = service.get(id)
    assert shown["state"] == "dead" and "The lease lapsed" in shown["error"]


def test_who_lost_the_lease_changes_nothing_any_more() -> None:
    id = put("a")
    (old,) = claiming.claim(1, 60)
    lapse(id)
    (new,) = claiming.claim(1, 60)
    assert old.lease != new.lease
    before = service.get(id)
    assert not claiming.sent(id, old.lease)
    assert not claiming.failed(id, old.lease, "late", 1)
    assert not claiming.failed(id, old.lease, "late", None)
    assert not claiming.renew(id, old.lease, 60)
    assert service.get(id) == before
    assert claiming.sent(id, new.lease)


def test_a_long_handler_keeps_its_lease_by_renewing_it() -> None:
    seen: list[Any] = []

    def handler(delivery: service.Delivery) -> None:
        rewrite(delivery.id, leased_until=utcnow() + timedelta(seconds=1))
        delivery.renew()
        seen.extend(claiming.claim(1, 60))
        seen.append(service.get(delivery.id)["state"])
        lapse(delivery.id)
        seen.append(len(claiming.claim(1, 60)))
        with pytest.raises(service.LeaseLost):
            delivery.renew()

    service.register("note", handler)
    id = put("a")
    assert service.run_once(service.Terms(lease_seconds=30)) == 0
    assert seen == ["sending", 1]
    assert service.get(id)["state"] == "sending"  # that of the other one


def test_renewing_moves_the_end_of_the_lease() -> None:
    id = put("a")
    (row,) = claiming.claim(1, 5)
    assert claiming.renew(id, row.lease, 500)
    with reading() as session:
        until = session.scalar(claiming.select(claiming.outbox.c.leased_until))
    assert until > utcnow() + timedelta(seconds=490)


def test_a_retried_letter_does_not_overtake_what_its_lane_sends_now() -> None:
    failing(service.Undeliverable("no"))
    first = put("a")
    service.run_once()
    second = put("a")
    assert [row.id for row in claiming.claim(5, 60)] == [second]
    service.retry(first)
    assert claiming.claim(5, 60) == []
    rewrite(second, lease=None, leased_until=None)
    assert [row.id for row in claiming.claim(5, 60)] == [first]


def test_messages_are_listed_by_state_lane_and_kind_in_pages() -> None:
    failing(service.Undeliverable("no"))
    dead = put("a")
    service.run_once()
    waiting, other = put("a"), put("b", kind="telegram", delay=60)
    assert [m["id"] for m in listed()] == [dead, waiting, other]
    assert [m["id"] for m in listed(state="dead")] == [dead]
    assert [m["id"] for m in listed(state="waiting")] == [waiting, other]
    assert [m["id"] for m in listed(lane="a")] == [dead, waiting]
    assert [m["id"] for m in listed(kind="telegram", state="waiting")] == [other]
    claiming.claim(5, 60)
    assert [m["id"] for m in listed(state="sending")] == [waiting]
    assert [m["id"] for m in listed(state="waiting")] == [other]
    first = turn(service.list_messages(), 2, None)
    assert [m["id"] for m in turn(service.list_messages(), 2, first["page"]["next"])["data"]] == [other]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("see https://bob:hunter2@host/path", "see https://bob:***@host/path"),
        ("GET /x?token=hunter2&page=3 failed", "GET /x?token=***&page=3 failed"),
        ("GET /x?X-Amz-Signature=hunter2&b=3", "GET /x?X-Amz-Signature=***&b=3"),
        ("headers {'Authorization': 'Bearer hunter2', 'a': 'b'}", "headers {'Authorization': '***', 'a': 'b'}"),
        ("sent Bearer hunter2hunter2 in vain", "sent Bearer *** in vain"),
        ('{"password": "hunter2"}', '{"password": "***"}'),
        ("no\x00thing \udc80", "nothing ?"),
        ("x" * 300_000, "x" * 1999 + "…"),
    ],
)
def test_no_secret_and_nothing_odd_stands_in_the_reason_of_a_failure(text: str, kept: str) -> None:
    failing(RuntimeError(text))
    id = put("a")
    service.run_once()
    error = service.get(id)["error"]
    assert error == redaction.clean_text(f"RuntimeError: {text}")
    assert redaction.clean_text(text) == kept
    assert "hunter2" not in error and len(error) <= 2000


def test_secrets_of_a_payload_are_sent_but_not_shown() -> None:
    got: list[Any] = []
    service.register("note", lambda delivery: got.append(delivery.payload))
    payload = {
        "url": "https://bob:hunter2@host",
        "deep": [{"api_key": "hunter2"}, "https://bob:hunter2@host", 3, None, True],
        "token": {"inside": "hunter2"},
        "key": "objects/1",
    }
    id = put("a", payload)
    assert service.get(id)["payload"] == {
        "url": "https://bob:***@host",
        "deep": [{"api_key": "***"}, "https://bob:***@host", 3, None, True],
        "token": "***",
        "key": "objects/1",
    }
    service.run_once()
    assert got == [payload]
