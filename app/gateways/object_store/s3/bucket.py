"""One bucket: each call to S3 that we use, with the errors translated."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError

from app.core.errors import NotFound
from app.gateways.object_store.s3.failures import MISSING, code, translated
from app.gateways.object_store.values import Part

Body = bytes | bytearray
RACE_TRIES = 5


class Bucket:
    """The calls; keys are whole ones here, with the prefix."""

    def __init__(self, client: Any, name: str) -> None:
        self._client, self._name = client, name

    def put(self, key: str, body: Body, media_type: str) -> None:
        """Store an object at once."""
        with translated(f"The object {key}"):
            self._client.put_object(Bucket=self._name, Key=key, Body=body, ContentType=media_type)

    def put_new(self, key: str, body: Body, media_type: str) -> bool:
        """Store an object unless there is one; whether it was stored."""
        given = {"Bucket": self._name, "Key": key, "Body": body, "ContentType": media_type, "IfNoneMatch": "*"}
        with translated(f"The object {key}"):
            for tries_left in reversed(range(RACE_TRIES)):
                try:
                    self._client.put_object(**given)
                except ClientError as error:
                    if code(error) in ("PreconditionFailed", "412"):
                        return False
                    # another write of the key is on its way, and may yet fail
                    if code(error) != "ConditionalRequestConflict" or not tries_left:
                        raise
                else:
                    return True
        raise AssertionError("the last try returns or raises")

    def start(self, key: str, media_type: str) -> str:
        """Begin an upload in parts; its id."""
        with translated(f"The object {key}"):
            made = self._client.create_multipart_upload(Bucket=self._name, Key=key, ContentType=media_type)
            return str(made["UploadId"])

    def put_part(self, key: str, upload_id: str, number: int, body: Body) -> str:
        """Store a part; its etag."""
        with translated("The upload"):
            answer = self._client.upload_part(
                Bucket=self._name, Key=key, UploadId=upload_id, PartNumber=number, Body=body
            )
            return str(answer["ETag"])

    def finish(self, key: str, upload_id: str, parts: Sequence[Part]) -> None:
        """Join the parts. When the answer was lost and the next try finds no upload, the object tells that it was joined."""
        listed = {"Parts": [{"PartNumber": number, "ETag": etag} for number, etag in parts]}
        try:
            with translated("The upload"):
                self._client.complete_multipart_upload(
                    Bucket=self._name, Key=key, UploadId=upload_id, MultipartUpload=listed
                )
        except NotFound:
            with suppress(NotFound):
                if self.head(key)["ETag"].strip('"') == _etag_of(parts):
                    return
            raise

    def abort(self, key: str, upload_id: str) -> None:
        """Give an upload up, whether there is one or not."""
        with suppress(NotFound), translated("The upload"):
            self._client.abort_multipart_upload(Bucket=self._name, Key=key, UploadId=upload_id)

    def head(self, key: str) -> dict[str, Any]:
        """What is known of an object; raises NotFound."""
        with translated(f"The object {key}"):
            try:
                return dict(self._client.head_object(Bucket=self._name, Key=key))
            except ClientError as error:
                if code(error) in MISSING:  # the answer to HEAD does not say whether it is the bucket that is missing
                    self._client.list_objects_v2(Bucket=self._name, MaxKeys=1)
                raise

    def get(self, key: str, byte_range: str | None) -> Any:
        """The body of an object, open; None when the range lies past its end; raises NotFound."""
        ranged = {"Range": byte_range} if byte_range else {}
        with translated(f"The object {key}"):
            try:
                return self._client.get_object(Bucket=self._name, Key=key, **ranged)["Body"]
            except ClientError as error:
                if code(error) == "InvalidRange":
                    return None
                raise

    def delete(self, key: str) -> None:
        """Remove an object, whether there is one or not."""
        with suppress(NotFound), translated("The object"):
            self._client.delete_object(Bucket=self._name, Key=key)

    def pages(self, operation: str, prefix: str) -> Iterator[dict[str, Any]]:
        """The answers of an operation that lists, one after the other."""
        with translated("The bucket"):
            yield from self._client.get_paginator(operation).paginate(Bucket=self._name, Prefix=prefix)


def _etag_of(parts: Sequence[Part]) -> str:
    """The etag of an object that was joined: that of S3's documentation and of the servers that follow it."""
    try:
        digests = b"".join(bytes.fromhex(etag.strip('"')) for _, etag in parts)
    except ValueError:  # etags of another kind, by which nothing can be told
        return ""
    return f"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(parts)}"
