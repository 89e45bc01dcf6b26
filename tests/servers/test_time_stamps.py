"""RFC 3161 time stamps against a stand-in service on loopback: OpenSSL answers, as a real one would."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from bot.pipeline import timestamps
from bot.rules.casefiles import CaseFilePlan
from store.errors import BadPayload, ConfigError, Unreachable

pytestmark = [
    pytest.mark.servers,
    pytest.mark.skipif(
        shutil.which("openssl") is None, reason="needs the openssl program as time-stamping service"
    ),
]
CONFIG = """
[tsa]
default_tsa = tsa_config
[tsa_config]
serial = serial
crypto_device = builtin
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256, sha384, sha512
accuracy = secs:1
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=60)


@dataclass
class Service:
    """The stand-in: `answer` changes what it says."""

    url: str
    roots: str
    asked: list[bytes] = field(default_factory=list)
    status: int = 200
    answer: bytes | None = None

    @property
    def plan(self) -> CaseFilePlan:
        return CaseFilePlan(stamp_url=self.url, stamp_roots=self.roots, stamp_timeout_s=30)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root, and a certificate that may stamp times."""
    folder = tmp_path_factory.mktemp("tsa")
    (folder / "serial").write_text("01\n")
    (folder / "openssl.cnf").write_text(CONFIG)
    (folder / "ext").write_text(
        "extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n"
        "authorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n"
    )
    new = ("req", "-newkey", "rsa:2048", "-nodes", "-sha256")
    openssl(
        folder,
        *new,
        "-x509",
        "-days",
        "30",
        "-keyout",
        "root.key",
        "-out",
        "root.pem",
        "-subj",
        "/CN=Test root",
    )
    openssl(folder, *new, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Test time stamps")
    openssl(
        folder, "x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial",
        "-days", "30", "-sha256", "-extfile", "ext", "-out", "tsa.pem",
    )  # fmt: skip
    openssl(
        folder,
        *new,
        "-x509",
        "-days",
        "30",
        "-keyout",
        "other.key",
        "-out",
        "other.pem",
        "-subj",
        "/CN=Other",
    )
    return folder


@pytest.fixture
def service(authority: Path, tmp_path: Path) -> Iterator[Service]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            held.asked.append(asked)
            said = held.answer
            if said is None:
                (tmp_path / "q").write_bytes(asked)
                openssl(
                    authority, "ts", "-reply", "-config", "openssl.cnf", "-queryfile", str(tmp_path / "q"),
                    "-out", str(tmp_path / "r"),
                )  # fmt: skip
                said = (tmp_path / "r").read_bytes()
            self.send_response(held.status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    held = Service(f"http://127.0.0.1:{server.server_address[1]}/", str(authority / "root.pem"))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield held
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_service_is_asked_for_a_digest_and_its_word_is_checked(service: Service) -> None:
    stamp = timestamps.ask(service.plan, b"a manifest")
    assert stamp is not None and b"a manifest" not in service.asked[0]
    again = timestamps.check(stamp.der, b"a manifest", service.roots)
    assert again.at == stamp.at and stamp.at.utcoffset() is not None
    with pytest.raises(BadPayload, match="something else"):
        timestamps.check(stamp.der, b"another", service.roots)


def test_a_stamp_by_somebody_else_does_not_hold(service: Service, authority: Path) -> None:
    stamp = timestamps.ask(service.plan, b"a manifest")
    assert stamp is not None
    with pytest.raises(BadPayload, match="not by the service"):
        timestamps.check(stamp.der, b"a manifest", str(authority / "other.pem"))
    with pytest.raises(ConfigError):
        timestamps.check(stamp.der, b"a manifest", str(authority / "missing.pem"))


def test_flipped_bytes_of_a_stamp_are_found(service: Service) -> None:
    stamp = timestamps.ask(service.plan, b"a manifest")
    assert stamp is not None
    body = stamp.der
    for at in range(0, len(body), 61):
        changed = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        try:
            found = timestamps.check(changed, b"a manifest", service.roots)
        except BadPayload:
            continue
        # What its signature does not cover is covered by ours: the moment it names stays.
        assert found.at == stamp.at


def test_an_answer_to_another_question_is_refused(service: Service) -> None:
    first = timestamps.ask(service.plan, b"a manifest")
    assert first is not None
    service.answer = first.der
    with pytest.raises(Unreachable, match="another question"):
        timestamps.ask(service.plan, b"a manifest")


@pytest.mark.parametrize(
    ("status", "answer"), [(500, None), (200, b"nonsense"), (200, b""), (200, b"0" * 300_000)]
)
def test_a_service_that_says_nonsense_is_one_clear_error(
    service: Service, status: int, answer: bytes | None
) -> None:
    service.status, service.answer = status, answer
    with pytest.raises(Unreachable):
        timestamps.ask(service.plan, b"a manifest")


def test_a_service_that_is_not_there_is_one_clear_error_and_none_is_asked_where_none_is_named() -> None:
    with pytest.raises(Unreachable, match="did not answer"):
        timestamps.ask(CaseFilePlan(stamp_url="http://127.0.0.1:1/", stamp_timeout_s=2), b"x")
    assert timestamps.ask(CaseFilePlan(), b"x") is None
