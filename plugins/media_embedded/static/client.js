/** Joins a page to the embedded media engine; without dependencies. */

const CANDIDATES_TOGETHER_MS = 60;

/**
 * Connect a page under one grant.
 *
 * @param {object} options
 * @param {object} options.descriptor What the server gave for this grant.
 * @param {MediaStream|null} options.stream Camera and microphone, or nothing.
 * @param {(message: object) => Promise<object[]>} options.signal Passes a message to the server.
 * @param {(got: {track: MediaStreamTrack, stream: MediaStream, feed: number}) => void} [options.onTrack]
 *   Called for every track that may arrive, also while nobody publishes it yet.
 * @param {(state: "connecting"|"connected"|"disconnected"|"failed"|"closed") => void} [options.onState]
 * @returns {Promise<{stats: Function, replaceStream: Function, close: Function}>}
 */
export async function connect({ descriptor, stream, signal, onTrack, onState }) {
  const connection = new RTCPeerConnection({
    iceServers: descriptor.iceServers ?? [],
    bundlePolicy: "max-bundle",
    rtcpMuxPolicy: "require",
  });
  const streams = new Map();
  const feeds = new Map();
  const senders = new Map();
  let closed = false;
  let told = null;

  const tell = (state) => {
    if (state !== told) {
      told = state;
      onState?.(state);
    }
  };

  connection.addEventListener("connectionstatechange", () => {
    if (!closed && connection.connectionState !== "new") tell(connection.connectionState);
  });
  connection.addEventListener("track", ({ track, transceiver }) => {
    const feed = feeds.get(transceiver);
    if (feed === undefined || feed === null) return;
    if (!streams.has(feed)) streams.set(feed, new MediaStream());
    streams.get(feed).addTrack(track);
    onTrack?.({ track, stream: streams.get(feed), feed });
  });

  for (const section of descriptor.sections) {
    const transceiver = connection.addTransceiver(section.kind, { direction: section.direction });
    feeds.set(transceiver, section.feed);
    if (section.direction !== "recvonly") senders.set(section.kind, transceiver.sender);
  }

  async function replaceStream(next) {
    for (const [kind, sender] of senders) {
      const track = next?.getTracks().find((one) => one.kind === kind) ?? null;
      await sender.replaceTrack(track);
    }
  }

  async function limitRate() {
    const sender = senders.get("video");
    if (!sender || !descriptor.maxKbps) return;
    const parameters = sender.getParameters();
    for (const encoding of parameters.encodings ?? []) {
      encoding.maxBitrate = descriptor.maxKbps * 1000;
    }
    try {
      await sender.setParameters(parameters);
    } catch {
      // A browser that does not let us set it stays at its own limit.
    }
  }

  // Candidates found after the offer travel together, and only after the answer is here.
  let found = [];
  let answered = false;
  let timer = null;
  const flush = async () => {
    timer = null;
    const candidates = found;
    found = [];
    if (closed || candidates.length === 0) return;
    try {
      await signal({ type: "candidates", candidates });
    } catch {
      // The line is tried from here in any case; the state tells when it fails.
    }
  };
  const schedule = () => {
    if (answered && timer === null && found.length > 0) {
      timer = setTimeout(flush, CANDIDATES_TOGETHER_MS);
    }
  };
  connection.addEventListener("icecandidate", ({ candidate }) => {
    const text = candidate?.candidate;
    if (!text || text.includes(".local ") || / tcp /i.test(text)) return;
    found.push(text);
    schedule();
  });

  function close() {
    if (closed) return;
    closed = true;
    clearTimeout(timer);
    connection.close();
    tell("closed");
  }

  // The engine says goodbye in the DTLS layer: heard at once, where the state of the connection
  // needs some seconds to notice that nothing comes any more.
  function watchEnd() {
    const transport = connection.getReceivers()[0]?.transport;
    const check = () => {
      if (transport.state === "closed" || transport.state === "failed") close();
    };
    transport?.addEventListener("statechange", check);
  }

  try {
    await replaceStream(stream);
    await connection.setLocalDescription();
    const answers = await signal({ type: "offer", sdp: connection.localDescription.sdp });
    for (const answer of answers) {
      if (answer.type === "answer") await connection.setRemoteDescription(answer);
    }
    await limitRate();
  } catch (error) {
    close();
    throw error;
  }
  answered = true;
  schedule();
  watchEnd();

  /** What has gone through this connection so far; sums over all its tracks. */
  async function stats() {
    const sum = {
      framesDecoded: 0,
      packetsReceived: 0,
      packetsLost: 0,
      rttMs: null,
      bytesSent: 0,
      framesSent: 0,
    };
    if (closed) return sum;
    for (const report of (await connection.getStats()).values()) {
      if (report.type === "inbound-rtp") {
        sum.framesDecoded += report.framesDecoded ?? 0;
        sum.packetsReceived += report.packetsReceived ?? 0;
        sum.packetsLost += report.packetsLost ?? 0;
      } else if (report.type === "outbound-rtp") {
        sum.bytesSent += report.bytesSent ?? 0;
        sum.framesSent += report.framesSent ?? 0;
      } else if (report.type === "candidate-pair" && report.nominated) {
        const seconds = report.currentRoundTripTime;
        if (seconds !== undefined) sum.rttMs = Math.round(seconds * 1000);
      }
    }
    return sum;
  }

  return { stats, replaceStream, close };
}
