// The page of who is checked in to a show of somebody else: camera check, sending, the others' pictures, chat.

import { announce, toast } from "../ui.js";
import { Chat } from "./chat.js";
import { fillDevices } from "./devices.js";
import { Feeds, whenStill } from "./feeds.js";
import { followLevel } from "./level.js";
import { MediaLine, play } from "./media.js";
import { Own } from "./own.js";
import { Page } from "./plugins.js";
import { Wire } from "./wire.js";

const root = document.getElementById("guest");
const words = JSON.parse(root.dataset.words);
const wire = new Wire();
const $ = (selector) => root.querySelector(selector);
const picture = $("[data-pv-host]");
let me = null;
let state = null;
let sending = false;

const chat = new Chat(root, wire, { me: () => me?.user });
const own = new Own(root);
const page = new Page("guest", { root, wire, me: () => me });
const unmute = () => { $("[data-pv-unmute]").hidden = false; };
const feeds = new Feeds(root, wire, { onBlocked: unmute });
const host = new MediaLine(wire, "watch", {
  onTrack: ({ stream }) => {
    play(picture, stream, unmute);
    if (state?.carries === "audio") followLevel($("[data-pv-sound]"), stream);
  },
  onState: (now) => { root.dataset.host = now; covers(); },
});
whenStill(host, (still) => { root.dataset.host = still ? "still" : "connected"; covers(); });
const line = new MediaLine(wire, "publish", { onState: (now) => { root.dataset.media = now; } });
line.onRefused = (error) => {
  if (["media", "forbidden"].includes(error.code)) rest();
  if (!["line", "offline", "busy"].includes(error.code)) toast(error.message, { urgent: true });
};

async function join() {
  try {
    const answer = await wire.ask("join", { room: root.dataset.room, page: "guest" });
    me = answer.me;
    chat.reset(answer.chat);
    chat.enable(me.can.chat);
    show(answer.state);
    page.joined(answer);
  } catch (error) {
    if (["forbidden", "not_found", "gone"].includes(error.code)) over(error.message);
    else toast(error.message, { urgent: true });
  }
}

/** Whether guests' cameras may run now: not in a private show, and not in a written one. */
function runs() {
  return Boolean(state.show) && !["private", "away", "offline"].includes(state.state) && state.carries !== "text";
}

function show(next) {
  state = next;
  root.dataset.state = state.state;
  root.dataset.carried = state.carries;
  for (const pill of document.querySelectorAll("[data-pv-state-pill]")) {
    const template = document.getElementById(`pill-${state.state}`) ?? document.getElementById("pill-offline");
    const fresh = template.content.firstElementChild.cloneNode(true);
    fresh.dataset.pvStatePill = "";
    pill.replaceWith(fresh);
  }
  if (!state.show) {
    over(words.ended);
    return;
  }
  if (runs()) {
    if (!host.wanted) host.open();
    if (sending && !line.wanted) line.open(sent());
  } else {
    host.close();
    line.close();
  }
  feeds.show(runs() ? state.feeds.filter((one) => one.feed !== line.grant) : []);
  covers();
  buttons();
}

/** What is sent: in a show that carries sound alone no picture. */
function sent() {
  return state.carries === "audio" ? new MediaStream(own.stream.getAudioTracks()) : own.stream;
}

/** Say what is to be said in place of the large picture. */
function covers() {
  const rests = state && !runs();
  $("[data-pv-rests]").hidden = !rests;
  $("[data-pv-no-picture]").hidden = rests || root.dataset.host === "connected";
}

function buttons() {
  root.dataset.sending = sending ? "yes" : "no";
  for (const box of root.querySelectorAll("[data-pv-sending]")) box.hidden = (box.dataset.pvSending === "yes") !== sending;
  $("[data-pv-send]").disabled = !own.stream || !state || !runs();
}

async function preview() {
  own.stop();
  const camera = $("[data-pv-device=videoinput]").value || true;
  const microphone = $("[data-pv-device=audioinput]").value || true;
  const there = await own.start({ video: camera, audio: microphone });
  $("[data-pv-camera-trouble]").hidden = there;
  if (there) {
    followLevel($("[data-pv-level]"), own.stream, { until: () => sending });
    await fillDevices(root, own.stream);
  }
  buttons();
}

async function send() {
  sending = true;
  buttons();
  await line.open(sent());
  feeds.show(state.feeds.filter((one) => one.feed !== line.grant));
  announce(words.sending, { urgent: true });
}

/** Send nothing any more, and stay in the show. */
function rest() {
  sending = false;
  line.close();
  own.stop();
  buttons();
}

async function stop() {
  try {
    await wire.ask("unpublish");
  } catch (error) {
    toast(error.message);
  }
  rest();
}

function over(why) {
  rest();
  host.close();
  feeds.close();
  root.dataset.over = "yes";
  $("[data-pv-over-text]").textContent = why;
  $("[data-pv-over]").hidden = false;
  announce(why, { urgent: true });
}

root.addEventListener("click", (event) => {
  if (event.target.closest("[data-pv-preview]")) preview();
  if (event.target.closest("[data-pv-send]")) send();
  if (event.target.closest("[data-pv-stop]")) stop();
  if (event.target.closest("[data-pv-unmute]")) {
    picture.muted = false;
    feeds.mute(false);
    $("[data-pv-unmute]").hidden = true;
  }
});
root.addEventListener("change", (event) => {
  if (event.target.matches("[data-pv-device]")) preview();
});
window.addEventListener("beforeunload", (event) => { if (sending) event.preventDefault(); });

wire.on("state", (next) => next.room === root.dataset.room && root.dataset.over !== "yes" && show(next));
wire.on("media", (push) => { if (push.event === "cut" && push.reason === "checked_out") over(words.checked_out); });
wire.on("notice", ({ level, text }) => toast(text, { urgent: level === "error" }));
wire.onLine((up) => { root.dataset.line = up ? "up" : "down"; });
$("[data-pv-preview]").disabled = false;
wire.start(join);
