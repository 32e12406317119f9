"""minio-py: signed chunks over http, unsigned bodies over https, and its own way through parts, copies and listings."""
import concurrent.futures
import io
import ssl
import urllib.request

import minio
import minio.commonconfig
import minio.deleteobjects
import pytest
import urllib3

LARGE = bytes(range(256)) * 60_000


@pytest.fixture
def client(gateway):
    secure = gateway.scheme == "https"
    pool = urllib3.PoolManager(ca_certs=str(gateway.ca)) if secure else None
    return minio.Minio(gateway.url.split("//")[1], access_key="any", secret_key="any", secure=secure, http_client=pool)


def read(client, bucket, key, **options):
    answer = client.get_object(bucket, key, **options)
    try:
        return answer.read()
    finally:
        answer.close()
        answer.release_conn()


def write(client, bucket, key, content, **options):
    return client.put_object(bucket, key, io.BytesIO(content), len(content), **options)


def test_bodies(client, bucket):
    assert client.bucket_exists(bucket)
    assert not client.bucket_exists("master.nowhere.tests")
    first = write(client, bucket, "a", b"one", content_type="text/x", metadata={"note": "n"})
    write(client, bucket, "a", b"two")
    assert read(client, bucket, "a") == b"two"
    assert read(client, bucket, "a", version_id=first.version_id) == b"one"
    assert client.stat_object(bucket, "a", version_id=first.version_id).metadata["x-amz-meta-note"] == "n"
    write(client, bucket, "empty", b"")
    assert read(client, bucket, "empty") == b""
    # Of unknown length: sent in parts, several at once.
    client.put_object(bucket, "stream", io.BytesIO(LARGE), -1, part_size=5 << 20, num_parallel_uploads=3)
    assert read(client, bucket, "stream") == LARGE
    assert read(client, bucket, "stream", offset=6_000_000, length=100) == LARGE[6_000_000:6_000_100]
    with pytest.raises(minio.error.S3Error) as missing:
        read(client, bucket, "missing")
    assert missing.value.code == "NoSuchKey"


def test_copy_and_compose(client, bucket):
    write(client, bucket, "a", b"tail", metadata={"note": "n"})
    client.put_object(bucket, "large", io.BytesIO(LARGE), len(LARGE), part_size=5 << 20)
    client.copy_object(bucket, "copy", minio.commonconfig.CopySource(bucket, "a"))
    assert client.stat_object(bucket, "copy").metadata["x-amz-meta-note"] == "n"
    pieces = [("large", None, None), ("large", 100, 6_000_000), ("a", None, None)]
    client.compose_object(bucket, "whole", [minio.commonconfig.ComposeSource(bucket, key, offset=offset, length=length) for key, offset, length in pieces])
    assert read(client, bucket, "whole") == LARGE + LARGE[100:6_000_100] + b"tail"


def test_presigned(gateway, client, bucket):
    trust = ssl.create_default_context(cafile=str(gateway.ca)) if gateway.scheme == "https" else None
    put = urllib.request.Request(client.presigned_put_object(bucket, "ü/a b+%.txt"), data=b"sent", method="PUT")
    assert urllib.request.urlopen(put, context=trust).status == 200
    address = client.presigned_get_object(bucket, "ü/a b+%.txt", response_headers={"response-content-type": "application/json"})
    answer = urllib.request.urlopen(address, context=trust)
    assert answer.read() == b"sent"
    assert answer.headers["content-type"] == "application/json"


def test_many_keys(client, bucket):
    odd = ["sp ace", "a+b", "pct%41", "ü/é", "emoji😀/x", "amp&<x>;", "h#?", "q'\"", "back\\slash", "trail/", "new\nline"]
    keys = [f"many/{i % 3}/{i:04}" for i in range(1_100)] + [f"odd/{key}" for key in odd]
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda key: write(client, bucket, key, key.encode()), keys))
    listed = [entry.object_name for entry in client.list_objects(bucket, recursive=True)]
    assert listed == sorted(keys, key=str.encode)
    assert [entry.object_name for entry in client.list_objects(bucket, "many/")] == ["many/0/", "many/1/", "many/2/"]
    assert all(read(client, bucket, f"odd/{key}") == f"odd/{key}".encode() for key in odd)
    errors = client.remove_objects(bucket, [minio.deleteobjects.DeleteObject(key) for key in keys])
    assert list(errors) == []
    assert list(client.list_objects(bucket, recursive=True)) == []
    client.remove_bucket(bucket)
