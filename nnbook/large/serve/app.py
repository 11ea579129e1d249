"""The server's doors: POST /v1/chat/completions, GET /v1/models, GET /health; errors are JSON everywhere."""

import asyncio
import contextlib

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from nnbook.large.serve.batching import QueueFull
from nnbook.large.serve.questions import Refusal, UpTo, as_bytes, event, read_question
from nnbook.large.serve.worker import Worker

BODY_BYTES = 2**17  # a question of 8,192 tokens has about 2**15 characters
BODY_SECONDS = 20


def make_app(batcher, tokenizer, name):
    """The ASGI application in front of `batcher`, for a model of this `name`."""

    async def complete(request):
        body = await read_body(request)
        question = await run_in_threadpool(
            read_question, body, tokenizer, capacity=batcher.capacity, model=name
        )
        conversation = Conversation(batcher, question)
        if question.stream:
            return Events(conversation)
        return await conversation.whole(request)

    async def models(request):
        return json_response(as_bytes({"object": "list", "data": [card]}))

    async def health(request):
        state = {"status": "ok", "rows": batcher.rows, "writing": len(batcher.writing)}
        state |= {"reading": int(batcher.reading is not None), "waiting": len(batcher.waiting)}
        return json_response(as_bytes(state | {"tokens_written": batcher.n_written}))

    @contextlib.asynccontextmanager
    async def lifespan(app):
        with Worker(batcher):
            yield

    card = {"id": name, "object": "model", "created": 0, "owned_by": "nnbook"}
    routes = [
        Route("/v1/chat/completions", complete, methods=["POST"]),
        Route("/v1/models", models),
        Route("/health", health),
    ]
    handlers = {Refusal: refused, HTTPException: not_found, ClientDisconnect: gone, Exception: failed}
    return Starlette(routes=routes, exception_handlers=handlers, lifespan=lifespan)


class Conversation:
    """One question and the pieces of its answer, on their way from the model's thread to the client."""

    def __init__(self, batcher, question):
        loop, self._inbox = asyncio.get_running_loop(), asyncio.Queue()
        self.question, self.n_written, self._batcher = question, 0, batcher

        def tell(piece):
            with contextlib.suppress(RuntimeError):  # the loop has ended: nobody listens
                loop.call_soon_threadsafe(self._inbox.put_nowait, piece)

        try:
            self._answer = batcher.submit(question.tokens, question.continuation, tell)
        except QueueFull as error:
            raise Refusal(f"{error} Try again later.", status=503, code="queue_full", retry_after=2) from None

    async def pieces(self):
        """The answer as (text, end): `end` is "stop" or "length" with the last one, else None."""
        shown = UpTo(self.question.stops)
        while True:
            piece = await self._inbox.get()
            if isinstance(piece, Exception):
                raise Refusal(f"the model failed: {piece}", status=500) from piece
            self.n_written += 1
            text, found = shown.push(piece.text, last=piece.end is not None)
            end = "stop" if found else piece.end
            yield text, end
            if end:
                return

    def leave(self):
        """Free the row, if the answer is not finished."""
        self._batcher.cancel(self._answer)

    async def whole(self, request):
        """The answer in one response."""

        async def collect():
            found = [piece async for piece in self.pieces()]
            return "".join(text for text, _ in found), found[-1][1]

        try:
            text, end = await unless_gone(request, collect())
        finally:
            self.leave()
        return json_response(self.question.completion(text, end, self.n_written))

    async def events(self):
        """The answer as server-sent events."""
        question = self.question
        yield question.chunk({"role": "assistant", "content": ""})
        try:
            async for text, end in self.pieces():
                if text:
                    yield question.chunk({"content": text})
                if end:
                    yield question.chunk({}, end)
        except Refusal as refusal:  # the status was sent long ago
            yield event(refusal.as_json())
            return
        if question.include_usage:
            yield question.chunk(usage=question.usage(self.n_written))
        yield event(b"[DONE]")


class Events(StreamingResponse):
    """A conversation that is streamed; when the client goes, its row is free."""

    def __init__(self, conversation):
        super().__init__(
            conversation.events(), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
        )
        self._conversation = conversation

    async def __call__(self, scope, receive, send):
        """Send the answer."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._conversation.leave()


async def unless_gone(request, work):
    """The result of a coroutine; it is stopped when the client goes.

    Raises:
        ClientDisconnect: the client has gone.
    """

    async def watch():
        while (await request.receive())["type"] != "http.disconnect":
            pass

    tasks = asyncio.ensure_future(work), asyncio.ensure_future(watch())
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if not tasks[0].done():
            raise ClientDisconnect
        return tasks[0].result()
    finally:
        for task in tasks:
            task.cancel()


async def read_body(request):
    """The bytes of a request.

    Raises:
        Refusal: not announced as JSON, too many bytes, or too slow.
    """
    # no page of another site may send this type without asking first, so none can use a reader's server
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise Refusal("send the header Content-Type: application/json.", status=415)
    body, n = bytearray(), 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for piece in request.stream():
                n += len(piece)
                if n <= BODY_BYTES:
                    body += piece
                elif n > 100 * BODY_BYTES:  # up to there, it is read away so that the sender hears the answer
                    break
    except TimeoutError:
        raise Refusal(f"the body did not arrive within {BODY_SECONDS} seconds.", status=408) from None
    if n > BODY_BYTES:
        raise Refusal(f"the body must have at most {BODY_BYTES} bytes.", status=413, code="request_too_large")
    return bytes(body)


def json_response(data, *, status=200, headers=None):
    """A response of bytes that are JSON."""
    return Response(data, status_code=status, headers=headers, media_type="application/json")


def refusal_response(refusal):
    """The response to somebody who gets no answer."""
    # what he still sends is not read: after 408 and 413 the connection ends
    close = {"Connection": "close"} if refusal.status in (408, 413) else {}
    return json_response(refusal.as_json(), status=refusal.status, headers=refusal.headers | close)


async def refused(request, refusal):
    """The response to a `Refusal`."""
    return refusal_response(refusal)


async def not_found(request, error):
    """The response to an unknown path or a method that it does not know."""
    where = f"{request.method} {request.scope['path'][:200]}"
    code = "unknown_url" if error.status_code == 404 else None
    refusal = Refusal(f"{error.detail}: {where}", status=error.status_code, code=code)
    refusal.headers = dict(error.headers or {})
    return refusal_response(refusal)


async def gone(request, error):
    """Nobody reads this."""
    return Response(status_code=499)


async def failed(request, error):
    """The response to a fault of ours; the server's log says which."""
    return refusal_response(Refusal("the server made a mistake; its log says which.", status=500))
