"""aws-cli, as the Pachyderm pages have it."""
import json
import random
import subprocess

from conftest import installed


def test_first_steps(gateway, tmp_path):
    (tmp_path / "myfile.csv").write_bytes(b"a,b\n1,2\n")
    gateway.aws("s3", "mb", "s3://master.foo.bar")
    gateway.aws("s3", "cp", "myfile.csv", "s3://master.foo.bar", cwd=tmp_path)
    assert gateway.aws("s3", "cp", "s3://master.foo.bar/myfile.csv", "-") == b"a,b\n1,2\n"
    assert b"myfile.csv" in gateway.aws("s3", "ls", "s3://master.foo.bar")
    assert b"master.foo.bar" in gateway.aws("s3", "ls")


def test_old_versions(gateway, bucket, tmp_path):
    file = tmp_path / "file.txt"
    versions = []
    for text in ("one", "two"):
        file.write_text(text)
        put = json.loads(gateway.aws("s3api", "put-object", "--bucket", bucket, "--key", "file.txt", "--body", file, "--metadata", "who=me", "--content-type", "text/x-test"))
        versions.append(put["VersionId"])
    out = tmp_path / "out"
    for source in ({"bucket": bucket, "version": versions[0]}, {"bucket": f"{versions[0]}.{bucket}", "version": None}):
        words = ["s3api", "get-object", "--bucket", source["bucket"], "--key", "file.txt"]
        if source["version"]:
            words += ["--version-id", source["version"]]
        answer = json.loads(gateway.aws(*words, out))
        assert out.read_text() == "one"
        assert answer["VersionId"] == versions[0]
        assert answer["ContentLength"] == 3
        assert answer["ContentType"] == "text/x-test"
        assert answer["Metadata"] == {"who": "me"}
        assert answer["AcceptRanges"] == "bytes"
        assert answer["ETag"] == '"f97c5d29941bfb1b2fdab0874906ab82"'
        assert answer["LastModified"]
    gateway.aws("s3api", "get-object", "--bucket", bucket, "--key", "file.txt", out)
    assert out.read_text() == "two"


def test_sync_of_many_files(gateway, bucket, tmp_path):
    source, back = tmp_path / "source", tmp_path / "back"
    random.seed(1)
    for i in range(3000):
        file = source / f"d{i % 7}" / f"é {i % 3}+%" / f"file-{i}.bin"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(random.randbytes(random.randrange(2000)))
    assert gateway.aws("s3", "sync", source, f"s3://{bucket}/tree").count(b"upload:") == 3000
    assert gateway.aws("s3", "sync", source, f"s3://{bucket}/tree") == b"", "nothing is sent again"
    assert gateway.aws("s3", "sync", f"s3://{bucket}/tree", back).count(b"download:") == 3000
    assert gateway.aws("s3", "sync", f"s3://{bucket}/tree", back) == b"", "nothing is fetched again"
    for file in source.rglob("*.bin"):
        assert (back / file.relative_to(source)).read_bytes() == file.read_bytes()
    assert gateway.aws("s3", "ls", "--recursive", f"s3://{bucket}").count(b"\n") == 3000
    gateway.aws("s3", "rm", "--recursive", f"s3://{bucket}/tree/d0")
    assert gateway.aws("s3", "ls", "--recursive", f"s3://{bucket}/tree/").count(b"d0/") == 0
    gateway.aws("s3", "rm", "--recursive", f"s3://{bucket}")
    gateway.aws("s3", "rb", f"s3://{bucket}")


def test_copy_and_move_in_place(gateway, bucket, tmp_path):
    file = tmp_path / "f"
    file.write_bytes(b"x" * 20_000_000)
    gateway.aws("s3", "cp", file, f"s3://{bucket}/d/large.bin")
    gateway.aws("s3", "cp", f"s3://{bucket}/d/large.bin", f"s3://{bucket}/copy of it.bin")
    gateway.aws("s3", "mv", f"s3://{bucket}/d", f"s3://{bucket}/e", "--recursive")
    listed = gateway.aws("s3", "ls", "--recursive", f"s3://{bucket}").decode()
    assert [line.split(maxsplit=3)[2:] for line in listed.splitlines()] == [["20000000", "copy of it.bin"], ["20000000", "e/large.bin"]]


def test_errors_are_s3s_own(gateway, bucket, tmp_path):
    def failing(*words):
        done = subprocess.run([*installed("aws"), "--endpoint-url", gateway.url, *words], env=gateway.environment, capture_output=True, cwd=tmp_path)
        assert done.returncode != 0
        return done.stderr.decode()

    assert "(NoSuchKey)" in failing("s3api", "get-object", "--bucket", bucket, "--key", "none", "out")
    assert "(NoSuchBucket)" in failing("s3api", "list-objects-v2", "--bucket", "master.none.tests")
    assert "(404)" in failing("s3api", "head-object", "--bucket", bucket, "--key", "none")
    assert "(NoSuchVersion)" in failing("s3api", "get-object", "--bucket", bucket, "--key", "k", "--version-id", "0" * 12 + "4" + "0" * 19, "out")
    gateway.aws("s3api", "put-object", "--bucket", bucket, "--key", "k")
    assert "(BucketNotEmpty)" in failing("s3", "rb", f"s3://{bucket}")
