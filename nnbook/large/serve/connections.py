"""A connection whose patience ends: slow, silent and too many clients do not hold up the others."""

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from nnbook.large.serve.app import refusal_response
from nnbook.large.serve.questions import Refusal

MAX_CONNECTIONS = 128
HEAD_SECONDS = 10  # until the head of a request is there
WRITE_SECONDS = 30  # until a client that reads nothing is cut off


def make_server(app, *, host="127.0.0.1", port=8001):
    """The server of an application; `run()` serves until Ctrl-C. Port 0 takes a free one."""
    config = uvicorn.Config(
        app, host=host, port=port, http=PatientConnection, ws="none", timeout_graceful_shutdown=10
    )
    return uvicorn.Server(config)


async def too_many(scope, receive, send):
    """The application of connections above the limit."""
    refusal = Refusal("too many connections; try again later.", status=503, retry_after=2)
    refusal.headers["Connection"] = "close"
    await refusal_response(refusal)(scope, receive, send)


class PatientConnection(H11Protocol):
    """uvicorn's connection; it ends when no request comes, or when nobody reads what is written."""

    _head_timer = _write_timer = None

    def connection_made(self, transport):
        """Start the clock."""
        super().connection_made(transport)
        if len(self.connections) > MAX_CONNECTIONS:
            self.app = too_many
        self._expect_head()

    def data_received(self, data):
        """Stop the clock when a request is there, and start it when the next one begins."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop("_head_timer")
        elif self._head_timer is None and not self.transport.is_closing():
            self._expect_head()

    def connection_lost(self, exc):
        """Nothing more to wait for."""
        super().connection_lost(exc)
        self._stop("_head_timer")
        self._stop("_write_timer")

    def pause_writing(self):
        """The client does not read: wait for it, but not for ever."""
        super().pause_writing()
        self._write_timer = self.loop.call_later(WRITE_SECONDS, self.transport.abort)

    def resume_writing(self):
        """The client reads again."""
        super().resume_writing()
        self._stop("_write_timer")

    def send_400_response(self, msg):
        """Refuse what is no HTTP."""
        self._end_with(Refusal(msg))

    def _expect_head(self):
        refusal = Refusal(f"no request arrived within {HEAD_SECONDS} seconds.", status=408)
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self._end_with, refusal)

    def _end_with(self, refusal):
        response = refusal_response(refusal)
        response.headers["Connection"] = "close"
        try:
            for part in (
                h11.Response(status_code=response.status_code, headers=response.raw_headers),
                h11.Data(data=response.body),
                h11.EndOfMessage(),
            ):
                self.transport.write(self.conn.send(part))
        except h11.LocalProtocolError:
            pass  # in the middle of a response: there is nobody who could understand another one
        self.transport.close()

    def _stop(self, timer):
        if getattr(self, timer) is not None:
            getattr(self, timer).cancel()
            setattr(self, timer, None)
