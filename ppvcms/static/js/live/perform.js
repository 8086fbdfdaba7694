// The performer's live page: camera check, going live and changing the show, requests, viewers, privates.

import { announce, confirmDialog, formatDuration, formatMoney, toast } from "../ui.js";
import { Audience } from "./audience.js";
import { Chat } from "./chat.js";
import { fillDevices } from "./devices.js";
import { Feeds } from "./feeds.js";
import { followLevel } from "./level.js";
import { camera, MediaLine, play } from "./media.js";
import { Meter } from "./meter.js";
import { Page } from "./plugins.js";
import { Queue } from "./queue.js";
import { ENDED } from "./seat.js";
import { Wire } from "./wire.js";

const root = document.getElementById("perform");
const words = JSON.parse(root.dataset.words);
const carries = JSON.parse(root.dataset.carries);
const NO_CAMERA = "none";
const wire = new Wire();
const $ = (selector) => root.querySelector(selector);
const own = $("[data-pv-own]");
const other = $("[data-pv-other]");
let me = null;
let state = null;
let seat = null;
let stream = null;
let snapshots = null;
let joined = Promise.resolve();

const chat = new Chat(root, wire, { me: () => me?.user });
const meter = new Meter($("[data-pv-meter]"), wire, { side: "performer", words });
const audience = new Audience(root, wire, { words });
const queue = new Queue(root, wire, {
  words,
  ready: (row) => {
    if (canShow(carries[row.mode])) return "";
    preview();
    return words.camera_first;
  },
  onAccepted: (answer, row) => (row.entry === "admit" ? undefined : join(answer.seat)),
});
const line = new MediaLine(wire, "publish", {
  onTrack: ({ stream: theirs }) => {
    play(other, theirs, () => { $("[data-pv-unmute]").hidden = false; });
    if (root.dataset.carried === "audio") followLevel($("[data-pv-sound]"), theirs);
  },
  onState: (now) => { root.dataset.media = now; },
});
line.onRefused = (error) => { if (!["line", "offline", "closed"].includes(error.code)) toast(error.message); };
line.onStats = (stats) => { $("[data-pv-sent]").textContent = stats.rttMs ? `${Math.round(stats.rttMs)} ms` : ""; };
const feeds = new Feeds(root, wire, { onBlocked: () => { $("[data-pv-unmute]").hidden = false; } });
const page = new Page("perform", { root, wire, me: () => me });

function join(privateSeat = null) {
  joined = joined.then(async () => {
    const wanted = privateSeat
      ? { room: root.dataset.room, page: "private", seat: privateSeat }
      : { room: root.dataset.room, page: "perform" };
    const answer = await wire.ask("join", wanted);
    me = answer.me;
    chat.reset(answer.chat);
    chat.enable(me.can.chat);
    if (answer.queue) queue.show(answer.queue);
    if (!privateSeat) audience.show(answer.audience);
    readyToGo();
    show(answer.state);
    if (me.seat && !ENDED.includes(me.seat.state)) {
      if (!privateSeat) {
        const running = me.seat.seat;
        queueMicrotask(() => join(running));
        return;
      }
      showSeat(me.seat);
    } else if (!privateSeat) {
      leaveSeat();
    }
    page.joined(answer);
    await publish(privateSeat ?? "public");
  }).catch((error) => {
    if (privateSeat && ["gone", "not_found", "closed"].includes(error.code)) join();
    else toast(error.message, { urgent: true });
  });
  return joined;
}

/** Send the picture to the place where we are now; a drop of the socket alone does not cut it. */
async function publish(place) {
  const moved = line.place !== place;
  line.place = place;
  carry();
  if (state.show && canShow(carried()) && (moved || !line.isOpen)) await line.open(sent());
}

/** What the show that runs carries, the private one while there is one. */
function carried() {
  return (seat ? carries[seat.mode] : state?.show && state.carries) ?? "video";
}

/** Whether what is carried is at hand: nothing for a written show. */
function canShow(what) {
  if (what === "text") return true;
  return Boolean(stream?.getTracks().some((track) => track.kind === what));
}

/** What is sent: in a show that carries sound alone no picture, in a written one nothing. */
function sent() {
  if (carried() === "text") return null;
  return carried() === "audio" ? new MediaStream(stream.getAudioTracks()) : stream;
}

/** Let the page look like what the show carries. */
function carry() {
  root.dataset.carried = carried();
}

function show(next) {
  const changed = state && state.carries !== next.carries;
  state = next;
  root.dataset.state = state.state;
  const live = Boolean(state.show);
  root.dataset.live = live ? "yes" : "no";
  for (const box of root.querySelectorAll("[data-pv-live]")) box.hidden = (box.dataset.pvLive === "yes") !== live;
  for (const pill of root.querySelectorAll("[data-pv-state-pill]")) {
    const template = document.getElementById(`pill-${state.state}`) ?? document.getElementById("pill-offline");
    const fresh = template.content.firstElementChild.cloneNode(true);
    fresh.dataset.pvStatePill = "";
    pill.replaceWith(fresh);
  }
  $("[data-pv-viewers]").textContent = state.viewers ?? 0;
  feeds.show(live ? state.feeds : []);
  showModes();
  showSwitches(me?.switches);
  $("[data-pv-ready-box]").hidden = !(live && me?.ready_by && state.state === "away");
  clearInterval(snapshots);
  if (live && state.state === "online" && carried() === "video") {
    snapshots = setInterval(snapshot, 60_000);
    setTimeout(snapshot, 4_000);
  }
  if (live && !canShow(carried())) $("[data-pv-camera-needed]").hidden = false;
  carry();
  if (changed && canShow(carried()) && line.wanted) line.open(sent());
}

/** Which kind of show runs, what it costs, and what was agreed to. */
function showModes() {
  const running = state.public_mode ?? state.mode;
  const now = $("[data-pv-mode-now]");
  now.textContent = words[`mode_${running}`] ?? "";
  const price = state.prices.find((one) => one.mode === running);
  $("[data-pv-mode-price]").textContent = price?.paid ? words.per_minute.replace("{price}", formatMoney(price.rate)) : words.free_show;
  for (const button of root.querySelectorAll("[data-pv-mode]")) {
    button.closest("li").hidden = button.dataset.pvMode === running;
  }
  showAgreed();
}

/** What was agreed to; a box that is being asked about keeps what was clicked. */
function showAgreed() {
  for (const box of root.querySelectorAll("[data-pv-agree]:enabled")) box.checked = Boolean(me?.agreed?.includes(box.dataset.pvAgree));
}

function showSwitches(switches) {
  if (!switches) return;
  for (const box of root.querySelectorAll("[data-pv-switch]")) box.checked = Boolean(switches[box.dataset.pvSwitch]);
  const text = $("[data-pv-auto-text]");
  if (document.activeElement !== text) text.value = switches.auto_reject_text ?? "";
}

function showSeat(next) {
  const first = seat?.seat !== next.seat;
  seat = next;
  root.dataset.inPrivate = "yes";
  carry();
  for (const box of root.querySelectorAll("[data-pv-private]")) box.hidden = box.dataset.pvPrivate !== "yes";
  meter.show(seat);
  for (const button of root.querySelectorAll("[data-pv-break]")) {
    button.disabled = !["live", "break"].includes(seat.state);
    button.textContent = seat.state === "break" ? words.break_over : words.break_begin;
  }
  if (first) {
    audience.stop();
    announce(words.private_begins, { urgent: true });
  }
}

function leaveSeat() {
  seat = null;
  root.dataset.inPrivate = "no";
  other.srcObject = null;
  for (const box of root.querySelectorAll("[data-pv-private]")) box.hidden = box.dataset.pvPrivate === "yes";
}

async function preview() {
  try {
    for (const track of stream?.getTracks() ?? []) track.stop();
    const chosen = $("[data-pv-device=videoinput]").value;
    stream = await camera({
      video: chosen === NO_CAMERA ? false : chosen || true,
      audio: $("[data-pv-device=audioinput]").value || true,
    });
  } catch {
    $("[data-pv-camera-trouble]").hidden = false;
    return;
  }
  $("[data-pv-camera-trouble]").hidden = true;
  $("[data-pv-camera-needed]").hidden = true;
  own.muted = true;
  play(own, stream);
  root.dataset.camera = "on";
  followLevel($("[data-pv-level]"), stream, { until: () => Boolean(state?.show) });
  await fillDevices(root, stream, { value: NO_CAMERA, text: words.sound_only });
  readyToGo();
  if (line.wanted) await line.replace(sent());
  else if (state?.show && canShow(carried())) await line.open(sent());
}

// Asked before the page is known to the server, going live would be refused.
function readyToGo() {
  for (const button of root.querySelectorAll("[data-pv-go]")) button.disabled = !(me && canShow(carries[button.dataset.pvGo]));
}

/** Ask for something of a button, which rests meanwhile. */
async function act(button, event, data = {}) {
  button.disabled = true;
  try {
    return await wire.ask(event, data);
  } catch (error) {
    toast(error.message);
    return null;
  } finally {
    button.disabled = false;
  }
}

async function go(button) {
  if (await act(button, "go_live", { mode: button.dataset.pvGo })) await join();
}

async function changeMode(button) {
  const question = words.mode_question.replace("{mode}", words[`mode_${button.dataset.pvMode}`] ?? "");
  if (!(await confirmDialog(question, { yes: words.mode_yes }))) return;
  if (await act(button, "mode", { mode: button.dataset.pvMode })) await join();
}

async function goOff(button) {
  if (!(await confirmDialog(words.off_question, { yes: words.off_yes }))) return;
  if (!(await act(button, "go_off"))) return;
  line.close();
  line.place = null;
  audience.stop();
  await join();
}

async function end(button) {
  if (await confirmDialog(words.end_question, { yes: words.end_yes })) await act(button, "end", { seat: seat.seat });
}

/** Rest in a private show, unbilled, or be back. */
async function rest(button) {
  const answer = await act(button, "break", { seat: seat.seat, on: seat.state !== "break" });
  if (answer) showSeat(answer.seat);
}

async function ready(button) {
  if (await act(button, "ready")) await join();
}

async function change(box) {
  const name = box.dataset.pvSwitch;
  const text = name === "auto_reject" ? { text: $("[data-pv-auto-text]").value.trim() } : {};
  const answer = await act(box, "switch", { name, on: box.checked, ...text });
  if (!answer) {
    box.checked = !box.checked;
    return;
  }
  me.switches = answer.switches;
  showSwitches(answer.switches);
}

async function agree(box) {
  const answer = await act(box, "agree_voyeurs", { mode: box.dataset.pvAgree, on: box.checked });
  if (answer) me.agreed = answer.agreed;
  showAgreed();
}

async function snapshot() {
  if (!own.videoWidth || !state?.show || state.state !== "online" || carried() !== "video") return;
  const canvas = document.createElement("canvas");
  canvas.width = 480;
  canvas.height = 360;
  const scale = Math.max(480 / own.videoWidth, 360 / own.videoHeight);
  const [w, h] = [own.videoWidth * scale, own.videoHeight * scale];
  canvas.getContext("2d").drawImage(own, (480 - w) / 2, (360 - h) / 2, w, h);
  const blob = await new Promise((resolve) => { canvas.toBlob(resolve, "image/jpeg", 0.7); });
  if (blob && blob.size < 60_000) wire.tell("snapshot", { jpeg: await blob.arrayBuffer() });
}

const CLICKS = {
  "[data-pv-preview]": preview,
  "[data-pv-go]": go,
  "[data-pv-mode]": changeMode,
  "[data-pv-off]": goOff,
  "[data-pv-end]": end,
  "[data-pv-break]": rest,
  "[data-pv-ready]": ready,
};
root.addEventListener("click", (event) => {
  for (const [selector, run] of Object.entries(CLICKS)) {
    const button = event.target.closest(selector);
    if (button) run(button);
  }
  if (event.target.closest("[data-pv-unmute]")) {
    other.muted = false;
    feeds.mute(false);
    $("[data-pv-unmute]").hidden = true;
  }
  const toggle = event.target.closest("[data-pv-track]");
  const track = toggle && stream?.getTracks().find((one) => one.kind === toggle.dataset.pvTrack);
  if (track) {
    track.enabled = !track.enabled;
    toggle.setAttribute("aria-pressed", String(track.enabled));
  }
});
root.addEventListener("change", (event) => {
  if (event.target.matches("[data-pv-switch]")) change(event.target);
  if (event.target.matches("[data-pv-agree]")) agree(event.target);
  if (event.target.matches("[data-pv-device]")) preview();
  if (event.target.matches("[data-pv-auto-text]")) change($('[data-pv-switch="auto_reject"]'));
});
window.addEventListener("beforeunload", (event) => { if (seat) event.preventDefault(); });
setInterval(() => {
  if (me?.ready_by) $("[data-pv-ready-left]").textContent = formatDuration((me.ready_by - wire.now()) / 1000);
}, 500);

wire.on("state", (next) => next.room === root.dataset.room && show(next));
wire.on("viewers", ({ count }) => { $("[data-pv-viewers]").textContent = count ?? 0; });
wire.on("private", ({ seat: id, room }) => { if (room === root.dataset.room && seat?.seat !== id) join(id); });
wire.on("private_ended", (push) => {
  if (push.seat !== seat?.seat) return;
  toast(words[`ended_${push.reason}`] ?? words.private_ended);
  line.close();
  line.place = null;
  leaveSeat();
  join();
});
wire.on("seat_ended", (push) => {
  if (push.room === root.dataset.room && words[`left_${push.reason}`]) toast(words[`left_${push.reason}`]);
});
wire.on("seat", (next) => { if (next.seat === seat?.seat) showSeat(next); });
wire.on("notice", ({ level, text }) => toast(text, { urgent: level === "error" }));
wire.onLine((up) => { root.dataset.line = up ? "up" : "down"; });
wire.start(() => join(seat?.seat ?? null));
