"""Serve the built site on this computer; `make serve` calls this.

Usage: python tools/serve.py HOST PORT [--check]   with --check: only tell whether the port is free
"""

import functools
import http.server
import socket
import sys
from pathlib import Path

SITE = Path(__file__).resolve().parent.parent / "_build" / "html"


def problem_with(host, port):
    """Return a sentence for a reader if nothing can be served there, else None."""
    if not port.isdigit() or not 0 < int(port) < 65536:
        return f"PORT must be a whole number from 1 to 65535; got {port!r}."
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError as error:
            other = int(port) % 65535 + 1
            return f"{host}:{port} is not free ({error.strerror}). Try: make serve PORT={other}"
    return None


def main(host, port, *options):
    """Serve until Ctrl-C, or only look whether that is possible, and return the exit code."""
    problem = problem_with(host, port)
    if problem:
        print(problem, file=sys.stderr)
        return 1
    if "--check" in options:
        return 0
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(SITE))
    with http.server.ThreadingHTTPServer((host, int(port)), handler) as server:
        print(f"\n  Read the book at http://{host}:{port}/   (Ctrl-C ends)\n", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
