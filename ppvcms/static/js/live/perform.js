// The performer's live page: camera check, going live, requests, the private show with its meter.

import { announce, confirmDialog, formatDuration, formatMoney, toast } from "../ui.js";
import { Chat } from "./chat.js";
import { camera, MediaLine, play } from "./media.js";
import { Meter } from "./meter.js";
import { Page } from "./plugins.js";
import { newKey, Wire } from "./wire.js";

const root = document.getElementById("perform");
const words = JSON.parse(root.dataset.words);
const wire = new Wire();
const $ = (selector) => root.querySelector(selector);
const own = $("[data-pv-own]");
const other = $("[data-pv-other]");
const ENDED = ["settled", "void"];
let me = null;
let state = null;
let seat = null;
let stream = null;
let queue = [];
let snapshots = null;
let joined = Promise.resolve();

const chat = new Chat(root, wire, { me: () => me?.user });
const meter = new Meter($("[data-pv-meter]"), wire, { side: "performer", words });
const line = new MediaLine(wire, "publish", {
  onTrack: ({ stream: theirs }) => play(other, theirs, () => { $("[data-pv-unmute]").hidden = false; }),
  onState: (now) => { root.dataset.media = now; },
});
line.onRefused = (error) => { if (!["line", "offline", "closed"].includes(error.code)) toast(error.message); };
line.onStats = (stats) => { $("[data-pv-sent]").textContent = stats.rttMs ? `${Math.round(stats.rttMs)} ms` : ""; };

function join(privateSeat = null) {
  joined = joined.then(async () => {
    const wanted = privateSeat
      ? { room: root.dataset.room, page: "private", seat: privateSeat }
      : { room: root.dataset.room, page: "perform" };
    const answer = await wire.ask("join", wanted);
    me = answer.me;
    chat.reset(answer.chat);
    chat.enable(me.can.chat);
    if (answer.queue) showQueue(answer.queue);
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
    const place = privateSeat ?? "public";
    const moved = line.place !== place;
    line.place = place;
    // A drop of the socket alone must not cut the picture.
    if (state.show && stream && (moved || !line.isOpen)) await line.open(stream);
  }).catch((error) => {
    if (privateSeat && ["gone", "not_found", "closed"].includes(error.code)) join();
    else toast(error.message, { urgent: true });
  });
  return joined;
}

function show(next) {
  state = next;
  root.dataset.state = state.state;
  const live = Boolean(state.show);
  root.dataset.live = live ? "yes" : "no";
  for (const box of root.querySelectorAll("[data-pv-live]")) {
    box.hidden = (box.dataset.pvLive === "yes") !== live;
  }
  for (const pill of root.querySelectorAll("[data-pv-state-pill]")) {
    const template = document.getElementById(`pill-${state.state}`) ?? document.getElementById("pill-offline");
    const fresh = template.content.firstElementChild.cloneNode(true);
    fresh.dataset.pvStatePill = "";
    pill.replaceWith(fresh);
  }
  $("[data-pv-viewers]").textContent = state.viewers ?? 0;
  showSwitches(me?.switches);
  clearInterval(snapshots);
  if (live && state.state === "online") {
    snapshots = setInterval(snapshot, 60_000);
    setTimeout(snapshot, 4_000);
  }
  if (live && !stream) $("[data-pv-camera-needed]").hidden = false;
}

function showSwitches(switches) {
  if (!switches) return;
  for (const box of root.querySelectorAll("[data-pv-switch]")) {
    box.checked = Boolean(switches[box.dataset.pvSwitch]);
  }
  const text = $("[data-pv-auto-text]");
  if (document.activeElement !== text) text.value = switches.auto_reject_text ?? "";
}

function showSeat(next) {
  const first = seat?.seat !== next.seat;
  seat = next;
  root.dataset.inPrivate = "yes";
  for (const box of root.querySelectorAll("[data-pv-private]")) box.hidden = box.dataset.pvPrivate !== "yes";
  meter.show(seat);
  if (first) announce(words.private_begins, { urgent: true });
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
    stream = await camera({
      video: $("[data-pv-device=videoinput]").value || true,
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
  soundLevel();
  await devices();
  readyToGo();
  if (line.wanted) await line.replace(stream);
  else if (state?.show) await line.open(stream);
}

async function devices() {
  const all = await navigator.mediaDevices.enumerateDevices();
  for (const select of root.querySelectorAll("[data-pv-device]")) {
    const kind = select.dataset.pvDevice;
    const used = stream?.getTracks().find((track) => `${track.kind}input` === kind)?.getSettings().deviceId;
    select.replaceChildren(...all.filter((one) => one.kind === kind).map((one, nr) => {
      const option = new Option(one.label || `${kind} ${nr + 1}`, one.deviceId);
      option.selected = one.deviceId === used;
      return option;
    }));
  }
}

function soundLevel() {
  const bar = $("[data-pv-level]");
  if (!stream.getAudioTracks().length) return;
  const sound = new AudioContext();
  const analyser = sound.createAnalyser();
  sound.createMediaStreamSource(stream).connect(analyser);
  const samples = new Uint8Array(analyser.fftSize);
  const timer = setInterval(() => {
    if (!stream?.active || state?.show) {
      clearInterval(timer);
      sound.close();
      return;
    }
    analyser.getByteTimeDomainData(samples);
    bar.value = Math.min(100, Math.max(...samples.map((one) => Math.abs(one - 128))) * 2);
  }, 120);
}

// Asked before the page is known to the server, going live would be refused.
function readyToGo() {
  for (const button of root.querySelectorAll("[data-pv-go]")) button.disabled = !(stream && me);
}

async function go(button) {
  button.disabled = true;
  try {
    await wire.ask("go_live", { mode: button.dataset.pvGo });
    await join();
  } catch (error) {
    toast(error.message);
  } finally {
    button.disabled = false;
  }
}

async function goOff() {
  if (!(await confirmDialog(words.off_question, { yes: words.off_yes }))) return;
  try {
    await wire.ask("go_off");
    line.close();
    line.place = null;
    await join();
  } catch (error) {
    toast(error.message);
  }
}

function showQueue(next) {
  const known = new Set(queue.map((one) => one.id));
  const fresh = next.some((one) => !known.has(one.id));
  queue = next;
  const list = $("[data-pv-queue]");
  list.replaceChildren(...queue.map((one) => card(one)));
  $("[data-pv-queue-empty]").hidden = queue.length > 0;
  $("[data-pv-reject-all]").hidden = queue.length < 2;
  document.title = queue.length ? `(${queue.length}) ${root.dataset.title}` : root.dataset.title;
  if (fresh) {
    ring();
    announce(words.new_request.replace("{name}", queue.at(-1).name), { urgent: true });
  }
}

function card(one) {
  const item = document.getElementById("request-card").content.firstElementChild.cloneNode(true);
  item.dataset.pvRequest = one.id;
  const set = (name, value) => { item.querySelector(`[data-pv-q="${name}"]`).textContent = value; };
  set("name", one.name);
  set("initial", [...one.name][0] ?? "");
  set("minutes", words.minutes.replace("{n}", `${one.minutes}${one.minutes_more ? "+" : ""}`));
  set("rate", formatMoney(one.rate));
  const note = item.querySelector('[data-pv-q="note"]');
  note.textContent = one.note;
  note.hidden = !one.note;
  item.querySelector("[data-pv-accept]").addEventListener("click", (event) => accept(event.target, one));
  item.querySelector("[data-pv-reject]").addEventListener("click", (event) => reject(event.target, one));
  return item;
}

setInterval(() => {
  for (const one of queue) {
    const item = root.querySelector(`[data-pv-request="${one.id}"]`);
    if (!item) continue;
    item.querySelector('[data-pv-q="age"]').textContent = formatDuration((wire.now() - one.made_at) / 1000);
    const left = (one.expires_at - wire.now()) / 1000;
    item.querySelector('[data-pv-q="expires"]').textContent = formatDuration(left);
    item.toggleAttribute("data-short", left < 30);
  }
}, 500);

async function accept(button, one) {
  if (!stream) {
    toast(words.camera_first);
    return;
  }
  button.disabled = true;
  one.key ??= newKey();
  try {
    const { seat: id } = await wire.ask("accept", { request: one.id, key: one.key });
    await join(id);
  } catch (error) {
    toast(error.message);
    button.disabled = false;
  }
}

async function reject(button, one) {
  button.disabled = true;
  const reason = button.closest("[data-pv-request]").querySelector("[data-pv-reason]").value.trim();
  try {
    await wire.ask("reject", { request: one.id, reason });
  } catch (error) {
    toast(error.message);
    button.disabled = false;
  }
}

async function rejectAll() {
  if (!(await confirmDialog(words.reject_all_question, { yes: words.reject_all_yes }))) return;
  try {
    await wire.ask("reject_all", { reason: "" });
  } catch (error) {
    toast(error.message);
  }
}

async function end() {
  if (!(await confirmDialog(words.end_question, { yes: words.end_yes }))) return;
  try {
    await wire.ask("end", { seat: seat.seat });
  } catch (error) {
    toast(error.message);
  }
}

async function change(box) {
  const name = box.dataset.pvSwitch;
  try {
    const text = name === "auto_reject" ? { text: $("[data-pv-auto-text]").value.trim() } : {};
    const { switches } = await wire.ask("switch", { name, on: box.checked, ...text });
    me.switches = switches;
    showSwitches(switches);
  } catch (error) {
    box.checked = !box.checked;
    toast(error.message);
  }
}

async function snapshot() {
  if (!own.videoWidth || !state?.show || state.state !== "online") return;
  const canvas = document.createElement("canvas");
  canvas.width = 480;
  canvas.height = 360;
  const scale = Math.max(480 / own.videoWidth, 360 / own.videoHeight);
  const [w, h] = [own.videoWidth * scale, own.videoHeight * scale];
  canvas.getContext("2d").drawImage(own, (480 - w) / 2, (360 - h) / 2, w, h);
  const blob = await new Promise((resolve) => { canvas.toBlob(resolve, "image/jpeg", 0.7); });
  if (blob && blob.size < 60_000) wire.tell("snapshot", { jpeg: await blob.arrayBuffer() });
}

function ring() {
  try {
    const sound = new AudioContext();
    const volume = sound.createGain();
    volume.gain.value = 0.1;
    volume.connect(sound.destination);
    [523, 659, 784].forEach((pitch, nr) => {
      const tone = sound.createOscillator();
      tone.frequency.value = pitch;
      tone.connect(volume);
      tone.start(sound.currentTime + nr * 0.16);
      tone.stop(sound.currentTime + nr * 0.16 + 0.14);
    });
  } catch {
    // The queue shows it too.
  }
}

root.addEventListener("click", (event) => {
  const on = (selector) => event.target.closest(selector);
  if (on("[data-pv-preview]")) preview();
  const start = on("[data-pv-go]");
  if (start) go(start);
  if (on("[data-pv-off]")) goOff();
  if (on("[data-pv-reject-all]")) rejectAll();
  if (on("[data-pv-end]")) end();
  if (on("[data-pv-unmute]")) {
    other.muted = false;
    $("[data-pv-unmute]").hidden = true;
  }
  const toggle = on("[data-pv-track]");
  const track = toggle && stream?.getTracks().find((one) => one.kind === toggle.dataset.pvTrack);
  if (track) {
    track.enabled = !track.enabled;
    toggle.setAttribute("aria-pressed", String(track.enabled));
  }
});
root.addEventListener("change", (event) => {
  if (event.target.matches("[data-pv-switch]")) change(event.target);
  if (event.target.matches("[data-pv-device]")) preview();
  if (event.target.matches("[data-pv-auto-text]")) change($('[data-pv-switch="auto_reject"]'));
});
window.addEventListener("beforeunload", (event) => { if (seat) event.preventDefault(); });

wire.on("state", (next) => next.room === root.dataset.room && show(next));
wire.on("viewers", ({ count }) => { $("[data-pv-viewers]").textContent = count ?? 0; });
wire.on("requests", ({ queue: next }) => showQueue(next));
wire.on("private", ({ seat: id, room }) => { if (room === root.dataset.room && seat?.seat !== id) join(id); });
wire.on("private_ended", (push) => {
  if (push.seat !== seat?.seat) return;
  const text = (words[`ended_${push.reason}`] ?? words.private_ended);
  toast(text);
  line.close();
  line.place = null;
  leaveSeat();
  join();
});
wire.on("seat", (next) => { if (next.seat === seat?.seat) showSeat(next); });
wire.on("notice", ({ level, text }) => toast(text, { urgent: level === "error" }));
wire.onLine((up) => { root.dataset.line = up ? "up" : "down"; });

const page = new Page("perform", { root, wire, me: () => me });

wire.start(() => join(seat?.seat ?? null));
