"""boto3's client: one for each purpose and process, with time limits, and with nothing of it in the log."""

import logging
import os
import threading
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

from app.gateways.object_store.settings import S3Settings

CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 3, 30, 3
DEFAULT_REGION = "us-east-1"

# at its finest level botocore logs what it signs
for _name in ("boto3", "botocore", "urllib3.connectionpool"):
    logging.getLogger(_name).setLevel(logging.WARNING)

_making = {"lock": threading.Lock()}
# another thread of the parent may hold it at a fork
os.register_at_fork(after_in_child=lambda: _making.update(lock=threading.Lock()))


class Clients:
    """Made when first asked for, and again after a fork, whose connections would be those of the parent."""

    def __init__(self, settings: S3Settings, login: tuple[str, str]) -> None:
        self._settings, self._login = settings, login
        self._made: dict[tuple[int, str], Any] = {}
        self._sessions: dict[int, boto3.session.Session] = {}

    def main(self) -> Any:
        """For all that the service does with objects; each call is tried three times, with jitter."""
        return self._client("main")

    def quick(self) -> Any:
        """For questions whether the store is well: one try of a few seconds."""
        return self._client("quick")

    def public(self) -> Any:
        """Signs URLs for the address by which clients reach the store; it connects to nothing."""
        return self._client("public" if self._settings.public_endpoint else "main")

    def close(self) -> None:
        """Close the connections of this process."""
        with _making["lock"]:
            made = {place: client for place, client in self._made.items() if place[0] == os.getpid()}
            self._made.clear()
        for client in made.values():
            client.close()

    def _client(self, purpose: str) -> Any:
        place = (os.getpid(), purpose)
        with _making["lock"]:
            if place not in self._made:
                self._made[place] = self._new(purpose)
            return self._made[place]

    def _session(self) -> boto3.session.Session:
        if os.getpid() not in self._sessions:
            self._sessions[os.getpid()] = _session(self._settings)
        return self._sessions[os.getpid()]

    def _new(self, purpose: str) -> Any:
        settings, session = self._settings, self._session()
        key, secret = self._login
        return session.client(
            "s3",
            endpoint_url=settings.public_endpoint if purpose == "public" else settings.endpoint,
            region_name=settings.region or session.region_name or DEFAULT_REGION,
            aws_access_key_id=key or None,
            aws_secret_access_key=secret or None,
            config=_config(settings, quick=purpose == "quick"),
        )


def _session(settings: S3Settings) -> boto3.session.Session:
    """It reads S3's model, which is long, for all clients at once."""
    found = botocore.session.get_session()
    if settings.endpoint:  # keys of a machine at AWS are no use elsewhere, and looking for them takes seconds
        found.get_component("credential_provider").remove("iam-role")
    return boto3.session.Session(botocore_session=found)


def _config(settings: S3Settings, *, quick: bool) -> Config:
    return Config(
        signature_version="s3v4",
        s3={"addressing_style": "path"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        connect_timeout=CONNECT_SECONDS,
        read_timeout=CONNECT_SECONDS if quick else READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": 1 if quick else ATTEMPTS},
        max_pool_connections=4 if quick else settings.connections,
        tcp_keepalive=True,
        proxies={} if settings.endpoint else None,  # the endpoint is meant as it stands
    )
