"""Which certificate is a client shown, and can it be served at all?"""

import ssl
from pathlib import Path

from octy.model.errors import StoreError

_TLS_REASONS = {
    None: "expected a certificate and its private key in PEM, in one file or the key in that of --tls-key",
    "KEY_VALUES_MISMATCH": "the private key is another certificate's",
}
"""OpenSSL's words for what is wrong with a certificate, and ours."""


def tls_of(certificate: Path, key: Path | None) -> ssl.SSLContext:
    """TLS 1.2 and later, with the certificate; StoreError where it cannot be served."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    show_certificate(context, certificate, key)
    return context


def show_certificate(context: ssl.SSLContext, certificate: Path, key: Path | None) -> None:
    """Has connections shown the certificate; StoreError where that cannot be. Nobody is asked for a password."""
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except ValueError as error:
        reason = str(error)
    except ssl.SSLError as error:
        reason = _TLS_REASONS.get(error.reason, str(error))
    except OSError as error:
        reason = error.strerror or str(error)
    else:
        return
    raise StoreError(f"the certificate {certificate} cannot be served: {reason}")


def _no_password() -> str:
    raise ValueError("its private key is encrypted; expected one that is not")
