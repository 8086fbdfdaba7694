// The socket of a page: asks with an answer, pushes, and joining again after a drop.

import { io } from "../../vendor/socket.io-client/socket.io.esm.min.js";

const PATIENCE_MS = 8_000;

/** An expected no of the server, with sentences for people. */
export class Refused extends Error {
  constructor({ code, reason, remedy = "", missing = 0, details = {} }) {
    super(remedy ? `${reason} ${remedy}` : reason);
    Object.assign(this, { code, reason, remedy, missing, details });
  }
}

/** A key for one intended act: sent again with a repeat, so that it has one effect. */
export const newKey = () => crypto.randomUUID();

/** The line to the server. `offset` is its clock minus ours, in milliseconds. */
export class Wire {
  #arrive = () => {};

  constructor() {
    this.offset = 0;
    this.socket = io("/live", { transports: ["websocket"], autoConnect: false });
    this.greet = null;
    this.#leave();
    this.socket.on("connect", () => this.greet?.());
    this.socket.on("disconnect", () => this.#leave());
    this.socket.on("notice", (detail) => document.dispatchEvent(new CustomEvent("pv:notice", { detail })));
    this.socket.on("signed_out", () => location.reload());
  }

  /** Connect, and call `greet` now and after every drop. */
  start(greet) {
    this.greet = greet;
    this.socket.connect();
  }

  /** Leave for good. */
  close() {
    this.greet = null;
    this.socket.disconnect();
  }

  on(event, act) {
    this.socket.on(event, act);
  }

  onLine(act) {
    this.socket.on("connect", () => act(true));
    this.socket.on("disconnect", () => act(false));
  }

  get up() {
    return this.socket.connected;
  }

  now() {
    return Date.now() + this.offset;
  }

  setClock(serverNow) {
    if (serverNow) this.offset = serverNow - Date.now();
  }

  /** Ask and return the answer; throws `Refused` with the server's sentence. */
  async ask(event, data = {}) {
    // What is clicked before the server knows the page would be refused, so it waits.
    if (event !== "join") await this.placed;
    let answer;
    try {
      answer = await this.socket.timeout(PATIENCE_MS).emitWithAck(event, data);
    } catch {
      throw new Refused({ code: "line", reason: document.body.dataset.textLine ?? "No answer." });
    }
    if (answer?.error) throw new Refused(answer.error);
    this.setClock(answer?.server_now);
    if (event === "join") this.#arrive();
    return answer ?? {};
  }

  /** Hold back what is asked until the page has joined, or for as long as an answer may take. */
  #leave() {
    this.placed = new Promise((arrive) => {
      this.#arrive = arrive;
      setTimeout(arrive, PATIENCE_MS);
    });
  }

  /** Send without caring for the answer, and only while the line is up. */
  tell(event, data = {}) {
    if (this.up) this.socket.emit(event, data);
  }
}
