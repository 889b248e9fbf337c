"""The store on a bucket of an S3 server."""

from collections.abc import Iterator, Sequence
from typing import Any

from botocore.exceptions import ClientError

from app.gateways.object_store.pieces import Pieces
from app.gateways.object_store.s3.bucket import Bucket
from app.gateways.object_store.s3.client import DEFAULT_REGION, Clients
from app.gateways.object_store.s3.failures import MISSING, code, translated
from app.gateways.object_store.s3.writer import S3Writer
from app.gateways.object_store.settings import S3Settings
from app.gateways.object_store.values import Part, Pending, Stat

_MADE_BY_ANOTHER = {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}


class S3Store:
    """Objects in one bucket, below a prefix if the URL has one. The package says what each method does."""

    def __init__(self, settings: S3Settings, login: tuple[str, str]) -> None:
        self._settings, self._prefix = settings, settings.prefix
        self._clients = Clients(settings, login)

    def check(self) -> None:
        """One question that needs the bucket, and keys that may list it; one try of a few seconds."""
        with translated("The bucket"):
            self._clients.quick().list_objects_v2(Bucket=self._settings.bucket, Prefix=self._prefix, MaxKeys=1)

    def make(self) -> None:
        """Make the bucket when it is missing and may be made."""
        if self._settings.make and not self._stands():
            self._make()
        self.check()

    def close(self) -> None:
        """Close the connections."""
        self._clients.close()

    def begin(self, key: str, media_type: str, part: int) -> S3Writer:
        """Nothing is sent yet."""
        return S3Writer(self._bucket(), self._prefix + key, media_type, part)

    def put(self, key: str, data: bytes, media_type: str) -> None:
        """One request."""
        self._bucket().put(self._prefix + key, data, media_type)

    def put_if_absent(self, key: str, data: bytes, media_type: str) -> bool:
        """One request with If-None-Match. When an answer was lost and it was sent again, the winner may read False."""
        return self._bucket().put_new(self._prefix + key, data, media_type)

    def read(self, key: str, start: int, length: int | None) -> Iterator[bytes]:
        """One request; the connection is kept for the next one when all of it was read."""
        if length == 0:
            self.stat(key)
            return iter(())
        end = "" if length is None else str(start + length - 1)
        body = self._bucket().get(self._prefix + key, f"bytes={start}-{end}" if start or end else None)
        if body is None:
            return iter(())

        def read(wanted: int) -> bytes:
            with translated(f"The object {key}"):
                return bytes(body.read(wanted))

        return Pieces(read, body.close)

    def stat(self, key: str) -> Stat:
        """One request."""
        head = self._bucket().head(self._prefix + key)
        with translated(f"The object {key}"):
            return Stat(key, head["ContentLength"], head["LastModified"])

    def delete(self, key: str) -> None:
        """What is pending first, so that nothing can be finished afterwards."""
        bucket = self._bucket()
        for found in self.pending(key):
            if found.key == key:
                bucket.abort(self._prefix + key, found.upload_id)
        bucket.delete(self._prefix + key)

    def listing(self, prefix: str) -> Iterator[Stat]:
        """Pages of a thousand."""
        for page in self._bucket().pages("list_objects_v2", self._prefix + prefix):
            for item in page.get("Contents", []):
                yield Stat(self._ours(item["Key"]), item["Size"], item["LastModified"])

    def pending(self, prefix: str) -> Iterator[Pending]:
        """Pages of a thousand."""
        for page in self._bucket().pages("list_multipart_uploads", self._prefix + prefix):
            for item in page.get("Uploads", []):
                yield Pending(self._ours(item["Key"]), item["UploadId"], item["Initiated"])

    def presigned(self, key: str, seconds: int, disposition: str, media_type: str) -> str | None:
        """Signed here; the store is not asked."""
        wanted = {
            "Bucket": self._settings.bucket,
            "Key": self._prefix + key,
            "ResponseContentDisposition": disposition,
            "ResponseContentType": media_type,
        }
        with translated(f"The object {key}"):
            return str(self._clients.public().generate_presigned_url("get_object", wanted, ExpiresIn=seconds))

    def start_parts(self, key: str, media_type: str) -> str:
        """A multipart upload."""
        return self._bucket().start(self._prefix + key, media_type)

    def put_part(self, key: str, upload_id: str, number: int, data: bytes) -> str:
        """One request."""
        return self._bucket().put_part(self._prefix + key, upload_id, number, data)

    def finish_parts(self, key: str, upload_id: str, given: Sequence[Part]) -> None:
        """One request."""
        self._bucket().finish(self._prefix + key, upload_id, given)

    def abort_parts(self, key: str, upload_id: str) -> None:
        """One request."""
        self._bucket().abort(self._prefix + key, upload_id)

    def _bucket(self) -> Bucket:
        with translated("The bucket"):
            return Bucket(self._clients.main(), self._settings.bucket)

    def _ours(self, key: str) -> str:
        return key.removeprefix(self._prefix)

    def _stands(self) -> bool:
        with translated("The bucket"):
            try:
                self._clients.quick().head_bucket(Bucket=self._settings.bucket)
            except ClientError as error:
                if code(error) in {*MISSING, "NoSuchBucket"}:
                    return False
                raise
        return True

    def _make(self) -> None:
        client = self._clients.main()
        region = client.meta.region_name
        place: dict[str, Any] = (
            {} if region == DEFAULT_REGION else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        )
        with translated("The bucket"):
            try:
                client.create_bucket(Bucket=self._settings.bucket, **place)
            except ClientError as error:
                if code(error) not in _MADE_BY_ANOTHER:
                    raise
