// One media connection of a page: opened by the server's grant, proved by beats, opened anew when lost.

const AGAIN_MS = 1_000;
const MOST_MS = 5_000;

/**
 * A line that carries media while it is wanted.
 *
 * `verb` is "publish" or "watch", `about` says more of what; `onTrack({stream})` gets what arrives, and
 * `onState(state)` hears off, connecting, connected, lost or cut.
 */
export class MediaLine {
  constructor(wire, verb, { onTrack, onState, about = {} } = {}) {
    Object.assign(this, { wire, verb, onTrack, onState, about });
    this.stream = null;
    this.wanted = false;
    this.grant = null;
    this.connection = null;
    this.beatSeq = 0;
    this.turn = 0;
    this.pause = AGAIN_MS;
    this.timer = null;
    wire.on("media", (push) => this.#hear(push));
  }

  /** Open the line, or open it again with another stream of our own. */
  async open(stream = this.stream) {
    this.stream = stream;
    this.wanted = true;
    this.pause = AGAIN_MS;
    await this.#connect();
  }

  /** Close the line for good. */
  close() {
    this.wanted = false;
    this.#drop("off");
  }

  /** Send another picture or sound without negotiating again. */
  async replace(stream) {
    this.stream = stream;
    await this.connection?.replaceStream(stream);
  }

  get isOpen() {
    return this.connection !== null;
  }

  async stats() {
    return this.connection ? this.connection.stats() : null;
  }

  async #connect() {
    const turn = ++this.turn;
    this.#drop("connecting");
    try {
      const { media } = await this.wire.ask(this.verb, this.about);
      const engine = await import(media.module);
      if (turn !== this.turn || !this.wanted) return;
      this.grant = media.grant;
      const connection = await engine.connect({
        descriptor: media.descriptor,
        stream: this.stream,
        signal: async (message) =>
          (await this.wire.ask("signal", { grant: media.grant, message })).answers ?? [],
        onTrack: (got) => turn === this.turn && this.onTrack?.(got),
        onState: (state) => turn === this.turn && this.#state(state),
      });
      if (turn !== this.turn || !this.wanted) {
        connection.close();
        return;
      }
      this.connection = connection;
      this.#beats(media.grant, turn, (media.beat_s ?? 2) * 1000);
    } catch (error) {
      if (turn !== this.turn) return;
      this.#drop("lost");
      this.onRefused?.(error);
      this.#later();
    }
  }

  #state(state) {
    if (state === "connected") {
      clearTimeout(this.timer);
      this.pause = AGAIN_MS;
      this.onState?.("connected");
    } else if (["failed", "closed", "disconnected"].includes(state) && this.wanted) {
      this.onState?.("lost");
      this.#later();
    }
  }

  #later() {
    clearTimeout(this.timer);
    if (!this.wanted) return;
    this.timer = setTimeout(() => this.wanted && this.#connect(), this.pause);
    this.pause = Math.min(this.pause * 2, MOST_MS);
  }

  async #beats(grant, turn, every) {
    while (turn === this.turn && this.connection) {
      try {
        const stats = await this.connection.stats();
        const frames = stats.framesDecoded || stats.packetsReceived || stats.framesSent || 0;
        this.wire.tell("beat", { grant, frames, seq: ++this.beatSeq });
        this.onStats?.(stats);
      } catch {
        // The connection is being replaced.
      }
      await new Promise((resolve) => { setTimeout(resolve, every); });
    }
  }

  #hear(push) {
    if (push.event === "ready") {
      if (this.wanted && this.verb === "watch" && !this.connection) this.#connect();
      return;
    }
    if (push.grant && push.grant !== this.grant) return;
    if (push.event === "signal") this.connection?.take?.(push.message);
    if (push.event === "cut") {
      this.#drop("cut", push.reason);
      if (push.reason === "engine_lost") this.#later();
      else this.wanted = false;
    }
    if (push.event === "lost" && this.wanted) this.#later();
  }

  #drop(state, reason) {
    clearTimeout(this.timer);
    if (state !== "connecting") this.turn += 1;
    this.connection?.close();
    this.connection = null;
    this.onState?.(state, reason);
  }
}

/** Ask for camera and microphone; `video` or `audio` may be a device id. */
export async function camera({ video = true, audio = true } = {}) {
  const choose = (wanted, more) =>
    wanted === false ? false : { ...more, ...(typeof wanted === "string" ? { deviceId: { exact: wanted } } : {}) };
  return navigator.mediaDevices.getUserMedia({
    video: choose(video, { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 24, max: 30 } }),
    audio: choose(audio, { echoCancellation: true, noiseSuppression: true }),
  });
}

/** Play a stream in a video element, and remember when the browser wants a click first. */
export async function play(video, stream, onBlocked) {
  if (video.srcObject !== stream) video.srcObject = stream;
  try {
    await video.play();
  } catch {
    video.muted = true;
    try {
      await video.play();
    } catch {
      // Nothing is playing until the person clicks.
    }
    onBlocked?.();
  }
}
