"""A tiny site between pages and the provider: ``python bridge.py PORT SOCKET``."""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from plugins.media_embedded.provider import EmbeddedProvider

CLIENT = Path(__file__).resolve().parents[2] / "plugins/media_embedded/static/client.js"
PAGE = """<!doctype html><meta charset="utf-8"><title>media test</title>
<video id="v" autoplay playsinline muted></video>
<script type="module">
import { connect } from "/client.js";
window.states = []; window.frames = 0; window.lastFrame = 0; window.firstFrame = 0;
const v = document.getElementById("v");
const onFrame = () => {
  window.frames += 1; window.lastFrame = Date.now();
  if (!window.firstFrame) window.firstFrame = Date.now();
  v.requestVideoFrameCallback(onFrame);
};
v.requestVideoFrameCallback(onFrame);
window.join = async (grant, descriptor, camera) => {
  const stream = camera
    ? await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 480 } })
    : null;
  window.started = Date.now(); window.firstFrame = 0;
  window.media = await connect({
    descriptor, stream,
    signal: async (message) => {
      const answer = await fetch(`/signal/${grant}`, { method: "POST", body: JSON.stringify(message) });
      if (!answer.ok) throw new Error(await answer.text());
      return answer.json();
    },
    onTrack: ({ stream }) => { if (v.srcObject !== stream) v.srcObject = stream; },
    onState: (state) => window.states.push([state, Date.now()]),
  });
};
window.ready = true;
</script>"""  # noqa: E501


class Bridge(BaseHTTPRequestHandler):
    provider: EmbeddedProvider

    def do_GET(self) -> None:
        if self.path == "/client.js":
            self._send("text/javascript", CLIENT.read_bytes())
        else:
            self._send("text/html", PAGE.encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        grant_id = self.path.rsplit("/", 1)[-1]
        try:
            answers = self.provider.signal(grant_id, json.loads(body))
        except Exception as error:  # noqa: BLE001 - the page is told
            self._send("text/plain", str(error).encode(), status=409)
            return
        self._send("application/json", json.dumps(answers).encode())

    def _send(self, kind: str, body: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    Bridge.provider = EmbeddedProvider(sys.argv[2])
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Bridge).serve_forever()
