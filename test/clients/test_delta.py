"""Delta Lake tables, through the Rust object_store: its commits are conditional writes, and need no lock beside them."""
import concurrent.futures

import deltalake
import pyarrow
import pytest


@pytest.fixture
def options(gateway, monkeypatch):
    if gateway.scheme == "https":
        monkeypatch.setenv("SSL_CERT_FILE", str(gateway.ca))
    return {"AWS_ENDPOINT_URL": gateway.url, "AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any", "AWS_REGION": "us-east-1", "AWS_ALLOW_HTTP": "true"}


def rows(address, options, **which):
    return sorted(deltalake.DeltaTable(address, storage_options=options, **which).to_pyarrow_table()["n"].to_pylist())


def test_versions_of_a_table(bucket, options):
    address = f"s3://{bucket}/table"
    deltalake.write_deltalake(address, pyarrow.table({"n": list(range(50_000))}), storage_options=options)
    deltalake.write_deltalake(address, pyarrow.table({"n": [50_000]}), mode="append", storage_options=options)
    table = deltalake.DeltaTable(address, storage_options=options)
    table.delete("n < 100")
    table.optimize.compact()
    table.create_checkpoint()
    assert rows(address, options) == list(range(100, 50_001))
    assert rows(address, options, version=0) == list(range(50_000))
    deltalake.DeltaTable(address, storage_options=options).vacuum(0, dry_run=False, enforce_retention_duration=False)
    assert rows(address, options) == list(range(100, 50_001))


def test_concurrent_appends_lose_nothing(bucket, options):
    address = f"s3://{bucket}/table"
    deltalake.write_deltalake(address, pyarrow.table({"n": [-1]}), storage_options=options)

    def append(number):
        deltalake.write_deltalake(address, pyarrow.table({"n": [number]}), mode="append", storage_options=options)

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        list(pool.map(append, range(24)))
    assert rows(address, options) == list(range(-1, 24))
    assert deltalake.DeltaTable(address, storage_options=options).version() == 24
