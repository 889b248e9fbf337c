"""What the rooms above and the routes may ask of messaging."""

from app.messaging.deployments import configure, own_lane
from app.messaging.outbox import discard, enqueue, get, list_messages, retry
from app.messaging.periodic import next_at, register_periodic, run_due, run_periodic
from app.messaging.relay import Delivery, LeaseLost, Terms, Undeliverable, register, run, run_once

__all__ = [
    "Delivery",
    "LeaseLost",
    "Terms",
    "Undeliverable",
    "configure",
    "discard",
    "enqueue",
    "get",
    "list_messages",
    "next_at",
    "own_lane",
    "register",
    "register_periodic",
    "retry",
    "run",
    "run_due",
    "run_once",
    "run_periodic",
]
