"""A server of its own for each scheme, and clients that know nothing of it but its address and its CA."""
import os
import pathlib
import re
import shutil
import subprocess
import sys

import boto3
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Neither the clients nor the server may see how this machine is set up for other endpoints: no proxy, profile or region of its own.
for variable in list(os.environ):
    if re.match(r"AWS_|PFS_S3_|PACHD_|.*_proxy$", variable, re.IGNORECASE):
        del os.environ[variable]
os.environ.update(AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull, AWS_EC2_METADATA_DISABLED="true")


def installed(program):
    """How to run a program that pip installed; its own first line cannot, where the path has a space."""
    return [sys.executable, str(pathlib.Path(sys.executable).parent / program)]


class Gateway:
    """One running server, and the environment in which an unmodified client meets it."""

    def __init__(self, scheme, directory):
        self.directory = directory
        self.scheme = scheme
        self.arguments = ["--listen", "127.0.0.1:0", "--data", str(directory / "data"), "--log-level", "error"]
        self.ca = directory / "ca.pem"
        if scheme == "https":
            self.certify()
            self.arguments += ["--tls-cert", str(directory / "server.pem"), "--tls-key", str(directory / "server.key")]
        self.start()
        home = directory / "home"
        home.mkdir()
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "AWS_ACCESS_KEY_ID": "any",
            "AWS_SECRET_ACCESS_KEY": "any",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        if scheme == "https":
            self.environment["AWS_CA_BUNDLE"] = str(self.ca)

    def certify(self):
        def openssl(*words):
            subprocess.run(["openssl", *words], cwd=self.directory, check=True, capture_output=True)

        # Python is strict about what an authority says of itself from 3.13 on.
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test CA", "-addext", "keyUsage=critical,keyCertSign",
                "-keyout", "ca.key", "-out", "ca.pem")
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-keyout", "server.key", "-out", "server.csr")
        (self.directory / "names").write_text("subjectAltName=IP:127.0.0.1\nauthorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n")
        openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names", "-out", "server.pem")
        (self.directory / "server.key").chmod(0o600)

    def start(self):
        self.process = subprocess.Popen(["node", str(ROOT / "lib/server.js"), *self.arguments], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        found = re.match(r"pfs-s3 listening on (\S+)", line)
        assert found, f"the server did not start: {line!r}"
        self.url = found.group(1)

    def stop(self):
        self.process.terminate()
        assert self.process.wait(timeout=40) == 0, "a clean drain exits 0"
        # The next server has the disk to itself.
        shutil.rmtree(self.directory / "data")

    def aws(self, *words, **options):
        """aws-cli with nothing but the endpoint; answers its stdout as bytes."""
        command = [*installed("aws"), "--endpoint-url", self.url, *map(str, words)]
        done = subprocess.run(command, env=self.environment, capture_output=True, timeout=600, **options)
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stderr.decode()}{done.stdout.decode()}"
        return done.stdout

    def boto3(self, service="s3", **settings):
        session = boto3.session.Session("any", "any", region_name="us-east-1")
        verify = str(self.ca) if self.scheme == "https" else None
        return session.client(service, endpoint_url=self.url, verify=verify, **settings)


@pytest.fixture(scope="session", params=["http", "https"])
def gateway(request, tmp_path_factory):
    started = Gateway(request.param, tmp_path_factory.mktemp(request.param))
    yield started
    started.stop()


counter = 0


@pytest.fixture
def bucket(gateway):
    """A bucket of its own for each test."""
    global counter
    counter += 1
    name = f"master.repo{counter}.tests"
    gateway.boto3().create_bucket(Bucket=name)
    return name


def pytest_terminal_summary(terminalreporter):
    passed = len(terminalreporter.stats.get("passed", []))
    failed = len(terminalreporter.stats.get("failed", [])) + len(terminalreporter.stats.get("error", []))
    terminalreporter.write_line(f"{passed} passed, {failed} failed")
