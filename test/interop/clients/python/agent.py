"""What both Python agents share: where things are, the person's browser, and a place for the answer.

A line of JSON on stdout asks the one who runs this: `{"open": URL}` to open a browser there. The last line is the result.
"""
import json
import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import requests

ISSUER = os.environ['ISSUER']
CALL = os.environ['CALL']
CLIENT_ID = os.environ['CLIENT_ID']
METADATA = requests.get(ISSUER + '/.well-known/oauth-authorization-server', timeout=20).json()


def say(**line):
    print(json.dumps(line), flush=True)


class Callback:
    """The agent's own place on this machine, on whichever port is free (RFC 8252 section 7.3)."""

    def __init__(self):
        answered = self.answered = threading.Event()
        answers = self.answers = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b'You can close this window.')
                answers.append(self.path)
                answered.set()

            def log_message(self, *_):
                pass

        self.server = HTTPServer(('127.0.0.1', 0), Handler)
        self.origin = 'http://127.0.0.1:%d' % self.server.server_port
        self.url = self.origin + '/callback'
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait(self):
        if not self.answered.wait(30):
            raise TimeoutError('the browser did not come back')
        self.server.shutdown()
        return self.origin + self.answers[0]
