"""How a remote tower is reached: deadline, size limit, certificates and headers."""

import dataclasses
import pathlib
import re
import ssl
from collections.abc import Mapping

from mtmd_tf.config import RankConfig
from mtmd_tf.serving.specification import ServingError
from tfrecords_tools.user_errors import user_message

_HEADER = re.compile(r"([A-Za-z0-9!#$%&'*+.^_`|~-]+):[ \t]*([\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Access:
    """What is agreed with a server, beside its address.

    Attributes:
        timeout: Seconds that a whole call may take, from connecting to the answer's last byte.
        answer_bytes: Most bytes of an answer.
        ca: PEM file of the authorities that may have signed the server's certificate; "" for the system's.
        certificate: PEM file of the certificate that the client shows; "" for none.
        key: PEM file of its private key.
        headers: Sent with every call, over gRPC as metadata; never printed, for they hold credentials.
    """

    timeout: float = 5.0
    answer_bytes: int = 16 << 20
    ca: str = ""
    certificate: str = ""
    key: str = ""
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, config: RankConfig) -> "Access":
        """The access that a configuration describes.

        Raises:
            ServingError: A file of headers that cannot be read.
        """
        return cls(
            timeout=config.tower_timeout,
            answer_bytes=config.tower_answer_mb << 20,
            ca=config.tower_ca,
            certificate=config.tower_certificate,
            key=config.tower_key,
            headers=read_headers(config.tower_headers) if config.tower_headers else {},
        )

    def require_sense(self, *, secure: bool) -> None:
        """Refuses what would be ignored or cannot be.

        Raises:
            ServingError: No time, no bytes, half a key pair, or TLS files for an address without TLS.
        """
        if not 0 < self.timeout < float("inf") or self.answer_bytes <= 0:
            raise ServingError(f"timeout and answer_bytes: above 0; they are {self.timeout} and {self.answer_bytes}")
        if bool(self.certificate) != bool(self.key):
            raise ServingError("a client certificate and its key go together: give both or neither")
        if not secure and (self.ca or self.certificate):
            raise ServingError("certificates are for https:// and grpcs:// addresses; this one has no TLS")
        for name, value in self.headers.items():
            if not _HEADER.fullmatch(f"{name}: {value}"):
                raise ServingError(f"headers: {name!r} is no header, or its value has more than visible ASCII")

    def tls_context(self) -> ssl.SSLContext:
        """For HTTPS.

        Raises:
            ServingError: A file that is missing or holds no such thing.
        """
        authorities = self._pem(self.ca) if self.ca else b""
        try:
            context = ssl.create_default_context(cadata=authorities.decode("ascii") or None)
            if self.ca and not context.get_ca_certs():
                raise ValueError("none in it")
        except (ssl.SSLError, ValueError) as error:
            raise ServingError(f"{self.ca} holds no certificates in PEM") from error
        if self.certificate:
            self._pem(self.certificate), self._pem(self.key)  # the library below names no file that is missing
            try:
                context.load_cert_chain(self.certificate, self.key, password=_no_password)
            except (ssl.SSLError, ValueError) as error:
                raise ServingError(
                    f"{self.certificate} and {self.key} are no certificate and its own unencrypted key in PEM"
                ) from error
        return context

    def pem(self) -> tuple[bytes | None, bytes | None, bytes | None]:
        """Authorities, key and certificate, as gRPC takes them.

        Raises:
            ServingError: A file that cannot be read, or holds no such thing.
        """
        self.tls_context()  # gRPC itself takes whatever it is given, and fails at the first call
        ca, key, certificate = (self._pem(own) if own else None for own in (self.ca, self.key, self.certificate))
        return ca, key, certificate

    def _pem(self, path: str) -> bytes:
        try:
            return pathlib.Path(path).read_bytes()
        except OSError as error:
            raise ServingError(user_message(error)) from error


def read_headers(path: str | pathlib.Path) -> dict[str, str]:
    """Headers from a file of `Name: value` lines, so that credentials are neither in a command nor in its history.

    Raises:
        ServingError: Not such a file, or a header twice; it names the line, and never the value.
    """
    path = pathlib.Path(path)
    headers: dict[str, str] = {}
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except OSError as error:
        raise ServingError(user_message(error)) from error
    except UnicodeDecodeError as error:
        raise ServingError(f"{path}: headers are ASCII; byte {error.start} is not") from error
    for number, line in enumerate(lines, start=1):
        found = _HEADER.fullmatch(line.strip())
        if line.strip() and not found:
            raise ServingError(f"{path}, line {number}: a header is 'Name: value'")
        if found and found[1].lower() in map(str.lower, headers):
            raise ServingError(f"{path}, line {number}: the header {found[1]} comes twice")
        if found:
            headers[found[1]] = found[2]
    return headers


def _no_password() -> str:
    raise ValueError("the key is encrypted")  # and nobody is there to be asked
