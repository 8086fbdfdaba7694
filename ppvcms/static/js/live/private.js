// The client's page of a private show: both pictures, the meter, chat, tips, top-up.

import { announce, confirmDialog, formatDuration, formatMoney, toast } from "../ui.js";
import { Chat } from "./chat.js";
import { camera, MediaLine, play } from "./media.js";
import { Meter } from "./meter.js";
import { Page } from "./plugins.js";
import { followBalance, TopUp } from "./topup.js";
import { newKey, Wire } from "./wire.js";

const root = document.getElementById("private");
const words = JSON.parse(root.dataset.words);
const wire = new Wire();
const $ = (selector) => root.querySelector(selector);
const video = $("[data-pv-video]");
const own = $("[data-pv-own]");
const ENDED = ["settled", "void"];
let me = null;
let stream = null;
let seat = null;
let leaving = false;

const chat = new Chat(root, wire, { me: () => me?.user });
const meter = new Meter($("[data-pv-meter]"), wire, { side: "payer", words });
meter.onChange = (key) => { if (key === "low" || key === "critical") beep(); };
const topup = new TopUp({ onPaid: () => { if (seat?.state === "exhausted") line.open(stream); } });
followBalance(wire);
const line = new MediaLine(wire, "watch", {
  onTrack: ({ stream: theirs }) => play(video, theirs, () => { $("[data-pv-unmute]").hidden = false; }),
  onState: (now, reason) => {
    root.dataset.media = now;
    showConnecting();
    if (now === "cut" && reason === "exhausted") showExhausted();
  },
});
line.onRefused = (error) => {
  root.dataset.refused = error.code;
  if (!["line", "funds", "closed"].includes(error.code)) toast(error.message);
};

async function join() {
  try {
    const answer = await wire.ask("join", { room: root.dataset.room, page: "private", seat: root.dataset.seat });
    me = answer.me;
    chat.reset(answer.chat);
    if (me.seat) show(me.seat);
    else if (!seat) return toReceipt();
    page.joined(answer);
    if (!line.wanted && !ENDED.includes(seat?.state)) await start();
  } catch (error) {
    if (["gone", "not_found", "forbidden", "closed"].includes(error.code)) toReceipt();
    else toast(error.message, { urgent: true });
  }
  return undefined;
}

async function start() {
  if (!stream) {
    try {
      stream = await camera();
      play(own, stream);
      own.muted = true;
    } catch {
      toast(words.no_camera);
    }
    cameraButtons();
  }
  await line.open(stream);
}

function show(next) {
  const before = seat?.state;
  seat = next;
  meter.show(seat);
  root.dataset.seatState = seat.state;
  showConnecting();
  const overlay = $("[data-pv-exhausted]");
  if (seat.state === "exhausted") showExhausted();
  else overlay.hidden = true;
  if (before === "exhausted" && seat.state !== "exhausted" && !ENDED.includes(seat.state)) line.open(stream);
  $("[data-pv-paused]").hidden = seat.state !== "paused";
  if (seat.state === "paused") {
    $("[data-pv-paused-text]").textContent = words[`paused_${seat.pause_cause}`] ?? words.paused_note;
  }
  if (ENDED.includes(seat.state)) finish();
}

function showConnecting() {
  const waits = seat?.state === "secured" || ["connecting", "lost"].includes(root.dataset.media);
  const other = leaving || ["paused", "exhausted", ...ENDED].includes(seat?.state);
  $("[data-pv-connecting]").hidden = !waits || other;
}

function showExhausted() {
  const overlay = $("[data-pv-exhausted]");
  if (overlay.hidden) {
    overlay.hidden = false;
    announce(words.exhausted_title, { urgent: true });
    overlay.querySelector("[data-pv-topup]").focus();
  }
}

setInterval(() => {
  if (seat?.state === "exhausted" && seat.exhausted_until) {
    $("[data-pv-exhausted-left]").textContent = formatDuration((seat.exhausted_until - wire.now()) / 1000);
  }
  if (seat?.state === "paused" && seat.resume_until) {
    $("[data-pv-paused-left]").textContent = formatDuration((seat.resume_until - wire.now()) / 1000);
  }
}, 500);

function finish() {
  if (leaving) return;
  leaving = true;
  line.close();
  for (const box of root.querySelectorAll(".pv-stage__middle")) box.hidden = true;
  $("[data-pv-over]").hidden = false;
  for (const track of stream?.getTracks() ?? []) track.stop();
  setTimeout(toReceipt, 1500);
}

function toReceipt() {
  location.replace(root.dataset.receipt);
}

function beep() {
  try {
    const sound = new AudioContext();
    const tone = sound.createOscillator();
    const volume = sound.createGain();
    volume.gain.value = 0.08;
    tone.frequency.value = 660;
    tone.connect(volume).connect(sound.destination);
    tone.start();
    tone.stop(sound.currentTime + 0.25);
  } catch {
    // Sound is a comfort, the text says the same.
  }
}

function cameraButtons() {
  for (const button of root.querySelectorAll("[data-pv-track]")) {
    const track = stream?.getTracks().find((one) => one.kind === button.dataset.pvTrack);
    button.disabled = !track;
    button.setAttribute("aria-pressed", String(Boolean(track?.enabled)));
  }
  own.closest("[data-pv-own-box]").hidden = !stream?.getVideoTracks().some((track) => track.enabled);
}

async function end() {
  if (!(await confirmDialog(words.end_question, { yes: words.end_yes }))) return;
  try {
    show((await wire.ask("end", { seat: root.dataset.seat })).seat);
  } catch (error) {
    toast(error.message);
  }
}

root.addEventListener("click", (event) => {
  const on = (selector) => event.target.closest(selector);
  if (on("[data-pv-end]")) end();
  if (on("[data-pv-unmute]")) {
    video.muted = false;
    $("[data-pv-unmute]").hidden = true;
  }
  if (on("[data-pv-full]")) $("[data-pv-stage]").requestFullscreen?.();
  const toggle = on("[data-pv-track]");
  const track = toggle && stream?.getTracks().find((one) => one.kind === toggle.dataset.pvTrack);
  if (track) {
    track.enabled = !track.enabled;
    cameraButtons();
  }
});

wire.on("seat", (next) => next.seat === root.dataset.seat && show(next));
wire.on("private_ended", (push) => { if (push.seat === root.dataset.seat) finish(); });
wire.on("notice", ({ level, text }) => toast(text, { urgent: level === "error" }));
wire.onLine((up) => { root.dataset.line = up ? "up" : "down"; });

const page = new Page("private", { root, wire, me: () => me, topup: (why) => topup.open(why) });

wire.start(join);
