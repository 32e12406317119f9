"""boto3 with its defaults."""
import concurrent.futures
import hashlib
import io
import os

import botocore.exceptions
import pytest

MIB = 1024 * 1024


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def test_one_gibibyte_both_ways(gateway, bucket, tmp_path):
    source, back = tmp_path / "source", tmp_path / "back"
    with open(source, "wb") as file:
        block = os.urandom(16 * MIB)
        for i in range(64):
            file.write(i.to_bytes(8, "big") + block[8:])
    client = gateway.boto3()
    client.upload_file(str(source), bucket, "large")
    head = client.head_object(Bucket=bucket, Key="large")
    assert head["ContentLength"] == 1024 * MIB
    assert head["ETag"].endswith('-128"')
    sent = digest(source)
    # Two copies at a time are enough for a small disk.
    source.unlink()
    client.download_file(bucket, "large", str(back))
    assert digest(back) == sent
    back.unlink()


def test_many_small_puts_share_commits(gateway, bucket):
    client = gateway.boto3()

    def put(i):
        return client.put_object(Bucket=bucket, Key=f"k{i:04}", Body=str(i).encode() * 100)["VersionId"]

    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        versions = list(pool.map(put, range(1000)))
    assert len(set(versions)) < 500, "writes that wait together share a commit"
    for i in (0, 500, 999):
        assert client.get_object(Bucket=bucket, Key=f"k{i:04}")["Body"].read() == str(i).encode() * 100


def test_paginators(gateway, bucket):
    client = gateway.boto3()
    keys = [f"p{i % 5}/é {i:05}" for i in range(2500)]

    def put(key):
        client.put_object(Bucket=bucket, Key=key, Body=b"")

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(put, keys))
    for name in ("list_objects_v2", "list_objects"):
        pages = list(client.get_paginator(name).paginate(Bucket=bucket))
        assert [entry["Key"] for page in pages for entry in page["Contents"]] == sorted(keys)
        pages = list(client.get_paginator(name).paginate(Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": 2}))
        assert [entry["Prefix"] for page in pages for entry in page["CommonPrefixes"]] == [f"p{i}/" for i in range(5)]
    deleted = client.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys[:1000]]})
    assert len(deleted["Deleted"]) == 1000
    assert client.list_objects_v2(Bucket=bucket, MaxKeys=0)["KeyCount"] == 0


class Unseekable(io.RawIOBase):
    def __init__(self, size):
        self.left = size

    def readable(self):
        return True

    def seekable(self):
        return False

    def readinto(self, buffer):
        size = min(len(buffer), self.left)
        buffer[:size] = b"u" * size
        self.left -= size
        return size


@pytest.mark.parametrize("size", [0, 100, 30 * MIB])
def test_unseekable_stream(gateway, bucket, size):
    client = gateway.boto3()
    client.upload_fileobj(Unseekable(size), bucket, "stream")
    body = client.get_object(Bucket=bucket, Key="stream")["Body"].read()
    assert body == b"u" * size


def test_conditions_and_metadata(gateway, bucket):
    client = gateway.boto3()
    put = client.put_object(Bucket=bucket, Key="k", Body=b"one", IfNoneMatch="*", Metadata={"a": "=?UTF-8?B?w7w=?=", "b": "2"}, CacheControl="no-store", ContentEncoding="gzip")
    with pytest.raises(botocore.exceptions.ClientError, match="PreconditionFailed"):
        client.put_object(Bucket=bucket, Key="k", Body=b"two", IfNoneMatch="*")
    with pytest.raises(botocore.exceptions.ClientError, match="PreconditionFailed"):
        client.put_object(Bucket=bucket, Key="k", Body=b"two", IfMatch='"0123456789abcdef0123456789abcdef"')
    client.put_object(Bucket=bucket, Key="k", Body=b"two", IfMatch=put["ETag"])
    with pytest.raises(botocore.exceptions.ClientError, match="304"):
        client.get_object(Bucket=bucket, Key="k", IfNoneMatch=client.head_object(Bucket=bucket, Key="k")["ETag"])
    old = client.get_object(Bucket=bucket, Key="k", VersionId=put["VersionId"])
    assert old["Body"].read() == b"one"
    assert old["CacheControl"] == "no-store"
    assert old["ContentEncoding"] == "gzip"
    assert old["Metadata"] == {"a": "=?UTF-8?B?w7w=?=", "b": "2"}


def test_checksums(gateway, bucket):
    client = gateway.boto3()
    for algorithm in ("CRC32", "SHA1", "SHA256"):
        put = client.put_object(Bucket=bucket, Key=algorithm, Body=b"123456789", ChecksumAlgorithm=algorithm)
        got = client.get_object(Bucket=bucket, Key=algorithm, ChecksumMode="ENABLED")
        assert got[f"Checksum{algorithm}"] == put[f"Checksum{algorithm}"]
        assert got["Body"].read() == b"123456789"
    part = client.get_object(Bucket=bucket, Key="CRC32", Range="bytes=2-4")
    assert part["Body"].read() == b"345"
    assert part["ContentRange"] == "bytes 2-4/9"


def test_presigned_urls(gateway, bucket):
    import ssl
    import urllib.request
    from botocore.config import Config

    client = gateway.boto3(config=Config(signature_version="s3v4"))
    context = ssl.create_default_context(cafile=str(gateway.ca)) if gateway.scheme == "https" else None
    put = urllib.request.Request(client.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "a b+c"}), data=b"signed", method="PUT")
    assert urllib.request.urlopen(put, context=context).status == 200
    url = client.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "a b+c", "ResponseContentType": "text/x-asked"})
    answer = urllib.request.urlopen(url, context=context)
    assert answer.read() == b"signed"
    assert answer.headers["Content-Type"] == "text/x-asked"


def test_multipart_by_hand(gateway, bucket):
    client = gateway.boto3()
    upload = client.create_multipart_upload(Bucket=bucket, Key="m", Metadata={"x": "y"})["UploadId"]
    assert [entry["UploadId"] for entry in client.list_multipart_uploads(Bucket=bucket)["Uploads"]] == [upload]
    parts = []
    for number, body in ((1, b"a" * 5 * MIB), (2, b"b" * 100)):
        answer = client.upload_part(Bucket=bucket, Key="m", UploadId=upload, PartNumber=number, Body=body)
        parts.append({"PartNumber": number, "ETag": answer["ETag"]})
    assert [part["Size"] for part in client.list_parts(Bucket=bucket, Key="m", UploadId=upload)["Parts"]] == [5 * MIB, 100]
    done = client.complete_multipart_upload(Bucket=bucket, Key="m", UploadId=upload, MultipartUpload={"Parts": parts})
    head = client.head_object(Bucket=bucket, Key="m", PartNumber=2)
    assert (head["ContentLength"], head["PartsCount"], head["ETag"]) == (100, 2, done["ETag"])
    assert client.get_object(Bucket=bucket, Key="m")["Metadata"] == {"x": "y"}
    copied = client.create_multipart_upload(Bucket=bucket, Key="c")["UploadId"]
    part = client.upload_part_copy(Bucket=bucket, Key="c", UploadId=copied, PartNumber=1, CopySource={"Bucket": bucket, "Key": "m"}, CopySourceRange="bytes=0-9")
    client.complete_multipart_upload(Bucket=bucket, Key="c", UploadId=copied, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["CopyPartResult"]["ETag"]}]})
    assert client.get_object(Bucket=bucket, Key="c")["Body"].read() == b"a" * 10
    aborted = client.create_multipart_upload(Bucket=bucket, Key="n")["UploadId"]
    client.abort_multipart_upload(Bucket=bucket, Key="n", UploadId=aborted)
    with pytest.raises(botocore.exceptions.ClientError, match="NoSuchUpload"):
        client.list_parts(Bucket=bucket, Key="n", UploadId=aborted)
