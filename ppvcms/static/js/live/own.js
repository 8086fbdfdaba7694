// The person's own camera and microphone on a page: asked for once, shown small, switched by buttons.

import { camera, play } from "./media.js";

/** One's own picture in `[data-pv-own]`, with the buttons `[data-pv-track]`. */
export class Own {
  constructor(root) {
    this.root = root;
    this.video = root.querySelector("[data-pv-own]");
    this.stream = null;
    root.addEventListener("click", (event) => this.#toggle(event));
    this.#buttons();
  }

  /** Ask for the devices; without a camera, or without any, the rest goes on. */
  async start({ video = true, audio = true } = {}) {
    if (this.stream) return true;
    try {
      this.stream = await camera({ video, audio });
      this.video.muted = true;
      play(this.video, this.stream);
    } catch {
      // Said by who asked.
    }
    this.#buttons();
    return this.stream !== null;
  }

  stop() {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.video.srcObject = null;
    this.#buttons();
  }

  #toggle(event) {
    const button = event.target.closest("[data-pv-track]");
    const track = button && this.#track(button.dataset.pvTrack);
    if (!track) return;
    track.enabled = !track.enabled;
    this.#buttons();
  }

  #track(kind) {
    return this.stream?.getTracks().find((one) => one.kind === kind);
  }

  #buttons() {
    for (const button of this.root.querySelectorAll("[data-pv-track]")) {
      const track = this.#track(button.dataset.pvTrack);
      button.disabled = !track;
      button.setAttribute("aria-pressed", String(Boolean(track?.enabled)));
    }
    this.video.closest("[data-pv-own-box]").hidden = !this.#track("video")?.enabled;
  }
}
