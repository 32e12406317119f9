"""Clients that are not Amazon's Python: s3cmd, and pyarrow, which is Amazon's C++ with checksums of its own choice."""
import subprocess

import pyarrow
import pyarrow.dataset
import pyarrow.fs
import pyarrow.parquet
import pytest

from conftest import installed


@pytest.fixture
def s3cmd(gateway, tmp_path):
    configuration = tmp_path / "s3cfg"
    host = gateway.url.split("//")[1]
    secure = gateway.scheme == "https"
    configuration.write_text(
        f"[default]\naccess_key = any\nsecret_key = any\nhost_base = {host}\nhost_bucket = {host}\n"
        f"use_https = {secure}\nca_certs_file = {gateway.ca if secure else ''}\nsignature_v2 = False\n")

    def run(*words):
        command = [*installed("s3cmd"), "-c", str(configuration), "--no-progress", *map(str, words)]
        done = subprocess.run(command, env=gateway.environment, capture_output=True, timeout=120)
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stderr.decode()}{done.stdout.decode()}"
        return done.stdout.decode()

    return run


def test_s3cmd(s3cmd, tmp_path):
    bucket = "s3://master.s3cmd.others"
    s3cmd("mb", bucket)
    tree = tmp_path / "tree"
    (tree / "d e").mkdir(parents=True)
    (tree / "a").write_bytes(b"one")
    (tree / "d e" / "ü+%.bin").write_bytes(bytes(range(256)) * 100)
    (tree / "large").write_bytes(b"l" * 20_000_000)
    s3cmd("sync", f"{tree}/", f"{bucket}/t/")
    assert "upload:" not in s3cmd("sync", f"{tree}/", f"{bucket}/t/"), "nothing is sent again"
    back = tmp_path / "back"
    back.mkdir()
    s3cmd("sync", f"{bucket}/t/", f"{back}/")
    for file in (path for path in tree.rglob("*") if path.is_file()):
        assert (back / file.relative_to(tree)).read_bytes() == file.read_bytes()
    s3cmd("cp", f"{bucket}/t/a", f"{bucket}/copy")
    assert s3cmd("ls", bucket + "/").count("\n") == 2
    assert "MD5 sum:   f97c5d29941bfb1b2fdab0874906ab82" in s3cmd("info", f"{bucket}/copy")
    s3cmd("del", "--recursive", "--force", bucket)
    s3cmd("rb", bucket)


def test_pyarrow(gateway, bucket):
    settings = {"tls_ca_file_path": str(gateway.ca)} if gateway.scheme == "https" else {}
    files = pyarrow.fs.S3FileSystem(
        access_key="any", secret_key="any", region="us-east-1", scheme=gateway.scheme, endpoint_override=gateway.url.split("//")[1], **settings)
    table = pyarrow.table({"n": list(range(100_000)), "part": [i % 3 for i in range(100_000)]})
    pyarrow.dataset.write_dataset(table, f"{bucket}/set", filesystem=files, format="parquet", partitioning=["part"])
    read = pyarrow.dataset.dataset(f"{bucket}/set", filesystem=files, format="parquet", partitioning=["part"]).to_table()
    assert read.num_rows == 100_000
    assert sum(read["n"].to_pylist()) == sum(range(100_000))
    with files.open_output_stream(f"{bucket}/stream") as stream:
        for _ in range(30):
            stream.write(b"x" * 1_000_000)
    info = files.get_file_info(f"{bucket}/stream")
    assert info.size == 30_000_000
    with files.open_input_file(f"{bucket}/stream") as file:
        file.seek(29_999_990)
        assert file.read() == b"x" * 10
    names = {entry.base_name for entry in files.get_file_info(pyarrow.fs.FileSelector(bucket))}
    assert names == {"set", "stream"}
    files.copy_file(f"{bucket}/stream", f"{bucket}/set/again")
    files.delete_dir(f"{bucket}/set")
    assert files.get_file_info(f"{bucket}/set").type in (pyarrow.fs.FileType.NotFound, pyarrow.fs.FileType.Directory)
