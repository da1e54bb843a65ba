"""A server with a certificate of its own, and one behind a proxy that says for whom it asks."""

import re
import signal
import socket
import ssl
from pathlib import Path

import httpx
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from tests.acceptance.processes import PATIENCE_SECONDS, Machine, Server, wait_for
from tests.integration.webhooks.certificates import Authority

AUTHENTICATE = "/v1/account/authenticate"


def connected(server: Server, authority: Authority, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> bytes:
    """The certificate that the server shows."""
    context = ssl.create_default_context(cafile=str(authority.file))
    context.minimum_version, context.maximum_version = ssl.TLSVersion.MINIMUM_SUPPORTED, newest
    with (
        socket.create_connection(("127.0.0.1", server.port), PATIENCE_SECONDS) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secure,
    ):
        shown = secure.getpeercert(binary_form=True)
    assert shown is not None
    return shown


def test_https_with_a_certificate_that_is_replaced_while_it_serves(machine: Machine, tmp_path: Path) -> None:
    authority = Authority(tmp_path, "ours")
    file = machine.file("server.pem", authority.issue(days=1).read_bytes())
    server = machine.serve("--tls-certificate", str(file))
    assert server.url.startswith("https://")
    first = connected(server, authority)
    assert connected(server, authority, ssl.TLSVersion.TLSv1_2) == first
    with httpx.Client(verify=ssl.create_default_context(cafile=str(authority.file))) as client:
        assert client.get(f"{server.url}/healthz").status_code == 200
    file.write_bytes(b"no certificate")
    server.popen.send_signal(signal.SIGHUP)
    wait_for("the bad one to be refused", lambda: "tls.certificate_not_renewed" in server.stderr)
    assert connected(server, authority) == first
    file.write_bytes(authority.issue(days=2).read_bytes())
    server.popen.send_signal(signal.SIGHUP)
    wait_for("the new one", lambda: connected(server, authority) != first)
    server.stop(had_trouble=True)


def test_a_certificate_that_cannot_be_served_is_told_in_a_sentence(machine: Machine, tmp_path: Path) -> None:
    """Nobody is asked for a password: a server may have started where nobody sits."""
    issued, another = (Authority(tmp_path, name).issue(days=1).read_text() for name in ("ours", "theirs"))
    (key,) = re.findall("-----BEGIN [A-Z ]*PRIVATE KEY.*?PRIVATE KEY-----\n", issued, re.DOTALL)
    certificate = issued.replace(key, "")
    encrypted = load_pem_private_key(key.encode(), None).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
    )
    files = {"none": b"no certificate", "alone": certificate.encode(), "other": another.encode(), "locked": encrypted}
    for name, content in files.items():
        machine.file(f"{name}.pem", content)
    form = "expected a certificate and its private key in PEM, in one file or the key in that of --tls-key"
    for options, said in (
        (("--tls-certificate", "none.pem"), f"octy: the certificate none.pem cannot be served: {form}\n"),
        (("--tls-certificate", "alone.pem"), f"octy: the certificate alone.pem cannot be served: {form}\n"),
        (("--tls-certificate", "alone.pem", "--tls-key", "other.pem"), "the private key is another certificate's\n"),
        (
            ("--tls-certificate", "alone.pem", "--tls-key", "locked.pem"),
            "its private key is encrypted; expected one that",
        ),
        (("--tls-certificate", "gone.pem"), "octy: the certificate gone.pem cannot be served: No such file"),
        (("--tls-key", "key.pem"), "a key is of use with a certificate only; add --tls-certificate"),
        (
            ("--trusted-proxies", "10.0.0.0/8, proxy"),
            'expected an address or a network, such as 10.0.0.0/8; found "proxy"',
        ),
    ):
        ended = machine.run("octy", "serve", "--port", "0", *options)
        assert ended.code
        assert said in ended.stderr
        assert "Traceback" not in ended.stderr
        shown = machine.run("octy", "config", "show", *options)
        assert (shown.code, shown.stdout) == (ended.code, "")
        assert shown.stderr.splitlines()[-1] == ended.stderr.splitlines()[-1]


def test_wrong_keys_are_counted_by_the_address_that_a_trusted_proxy_names(machine: Machine) -> None:
    """And by nobody else's word: else everybody could pass for anybody."""
    server = machine.serve("--trusted-proxies", "127.0.0.1,10.0.0.0/8", "--failures-per-minute", "1")
    with server.client() as client:

        def status(number: int, forwarded: str) -> int:
            headers = {"X-Forwarded-For": forwarded}
            return client.get(AUTHENTICATE, auth=(f"pk_{number}", "sk_wrong"), headers=headers).status_code

        assert [status(1, "192.0.2.1"), status(2, "192.0.2.1"), status(3, "192.0.2.2")] == [401, 429, 401]
        assert status(4, "192.0.2.9, 192.0.2.1, 10.1.2.3") == 429, "whom the client names counts for nothing"
    server = machine.serve("--failures-per-minute", "1", data="other")
    with server.client() as client:
        assert [status(number, f"192.0.2.{number}") for number in range(2)] == [401, 429]
