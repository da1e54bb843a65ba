"""How are requests answered that never reach the application, because they are no proper HTTP? In the error shape too.

The server passes it to uvicorn: `Config(app, http=OctyHttpProtocol)`.
"""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from octy.http.errors import error_answer

HEAD_BYTES_MAX = 65_536
"""How long the request line and the headers may be in all; neither the parser nor uvicorn limits them."""

HEAD_TOO_LONG = f"The request's headers hold more than {HEAD_BYTES_MAX} bytes."


class OctyHttpProtocol(HttpToolsProtocol):
    """uvicorn's protocol with an end to the length of headers, and with our error answers."""

    _reads_head = False
    _head_bytes = 0

    def data_received(self, data: bytes) -> None:
        """Bytes from the client."""
        super().data_received(data)
        if not self._reads_head:
            return
        self._head_bytes += len(data)
        if self._head_bytes > HEAD_BYTES_MAX and not self.transport.is_closing():
            self.send_400_response(HEAD_TOO_LONG)

    def on_message_begin(self) -> None:
        """A request begins: the parser's call."""
        super().on_message_begin()
        self._reads_head, self._head_bytes = True, 0

    def on_headers_complete(self) -> None:
        """A request's headers have ended: the parser's call."""
        self._reads_head = False
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > HEAD_BYTES_MAX:
            self._head_bytes = HEAD_BYTES_MAX + 1
            raise ValueError(HEAD_TOO_LONG)  # the parser tells of it as of anything that is no HTTP
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Answers what is no HTTP, and hangs up."""
        body = error_answer(400, HEAD_TOO_LONG if self._head_bytes > HEAD_BYTES_MAX else msg).body
        head = (
            "HTTP/1.1 400 Bad Request\r\n"
            "content-type: application/json\r\n"
            f"content-length: {len(body)}\r\n"
            "connection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()
