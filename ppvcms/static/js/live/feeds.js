// Guests who send their own camera into a show: one line and one picture for each, beside the large one.

import { MediaLine, play } from "./media.js";

/** Fills `[data-pv-feeds]` from `state.feeds`; `onBlocked()` hears that the browser wants a click for sound. */
export class Feeds {
  constructor(root, wire, { onBlocked = () => {}, onChange = () => {} } = {}) {
    Object.assign(this, { wire, onBlocked, onChange });
    this.box = root.querySelector("[data-pv-feeds]");
    this.tiles = new Map();
    this.muted = false;
  }

  /** Whether any of these pictures comes now. */
  get up() {
    return [...this.tiles.values()].some(({ item }) => item.dataset.state === "up");
  }

  /** Show exactly these; what was cut is fetched again. */
  show(feeds) {
    const wanted = new Map(feeds.map((one) => [one.feed, one.name]));
    for (const [feed, { line, item }] of this.tiles) {
      if (wanted.has(feed)) continue;
      line.close();
      item.remove();
      this.tiles.delete(feed);
    }
    for (const [feed, name] of wanted) {
      if (!this.tiles.has(feed)) this.#add(feed, name);
      const { line } = this.tiles.get(feed);
      if (!line.wanted) line.open();
    }
    this.box.hidden = this.tiles.size === 0;
    this.onChange();
  }

  close() {
    this.show([]);
  }

  mute(muted) {
    this.muted = muted;
    for (const { item } of this.tiles.values()) item.querySelector("video").muted = muted;
  }

  #add(feed, name) {
    const item = document.createElement("li");
    item.className = "pv-feed";
    item.dataset.state = "connecting";
    const video = Object.assign(document.createElement("video"), { playsInline: true, autoplay: true, muted: this.muted });
    video.setAttribute("aria-label", this.box.dataset.picture.replace("{name}", name));
    const still = Object.assign(document.createElement("i"), { className: "bi bi-camera-video-off" });
    still.setAttribute("aria-hidden", "true");
    item.append(video, still, Object.assign(document.createElement("span"), { textContent: name }));
    this.box.append(item);
    const line = new MediaLine(this.wire, "watch", {
      about: { feed },
      onTrack: ({ stream }) => play(video, stream, this.onBlocked),
      onState: (now) => { if (now !== "connected") this.#mark(item, "connecting"); },
    });
    whenStill(line, (still) => this.#mark(item, still ? "still" : "up"));
    this.tiles.set(feed, { line, item });
  }

  #mark(item, state) {
    if (item.dataset.state === state) return;
    item.dataset.state = state;
    this.onChange();
  }
}

/** Tell whether nothing new arrives on a line, after two signs of life without anything. */
export function whenStill(line, tell) {
  let before = 0;
  let missed = 0;
  line.onStats = (stats) => {
    const now = stats.framesDecoded || stats.packetsReceived;
    missed = now > before ? 0 : missed + 1;
    before = now;
    tell(missed > 1);
  };
}
