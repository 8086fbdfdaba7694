// The public page of a room: picture, chat, prices, every way in, and one's own seat in the show.

import { announce, confirmDialog, formatDuration, formatMoney, toast } from "../ui.js";
import { Chat } from "./chat.js";
import { Entry } from "./entry.js";
import { Feeds, whenStill } from "./feeds.js";
import { followLevel } from "./level.js";
import { MediaLine, play } from "./media.js";
import { Next } from "./next.js";
import { Own } from "./own.js";
import { Page } from "./plugins.js";
import { RefusedCover } from "./refused.js";
import { MyRequest } from "./request.js";
import { SeatView } from "./seat.js";
import { followBalance, TopUp } from "./topup.js";
import { Wire } from "./wire.js";

const root = document.getElementById("room");
const words = JSON.parse(root.dataset.words);
const wire = new Wire();
const $ = (selector) => root.querySelector(selector);
const video = $("[data-pv-video]");
const visit = root.dataset.page === "visit";
let state = null;
let me = null;

const chat = new Chat(root, wire, { me: () => me?.user });
const own = new Own(root);
const seat = new SeatView(root, wire, { words, reopen, onEnd: () => {} });
const request = new MyRequest(root, wire, { words, say });
const entry = new Entry(root, wire, {
  words,
  me: () => me,
  price: (mode) => state?.prices.find((one) => one.mode === mode),
  // The camera is asked for with the click, so that the slot begins with a picture.
  before: async (offer) => { if (offer.role === "two_way" && offer.entry === "admit") await own.start(); },
  onAsked: (asked) => request.show(asked),
  onEntered: () => {
    $("[data-pv-stage]").scrollIntoView({ block: "nearest" });
    return join();
  },
});
entry.prices = () => state?.prices ?? [];
const topup = new TopUp({
  onPaid: () => {
    entry.again();
    refused.clear();
    if (state) show(state);
    if (seat.seat?.state === "exhausted") reopen();
  },
});
seat.onFunds = (why) => topup.open(why);
followBalance(wire);
const refused = new RefusedCover(root);
const line = new MediaLine(wire, "watch", {
  onTrack: ({ stream }) => {
    play(video, stream, () => { $("[data-pv-unmute]").hidden = false; });
    if (state?.carries === "audio") followLevel($("[data-pv-sound]"), stream);
  },
  onState: (now, reason) => {
    root.dataset.media = now;
    followLines(reason);
    if (now === "connected") {
      refused.clear();
      $("[data-pv-stage]").classList.add("is-live");
    }
  },
});
line.onRefused = (error) => {
  if (refused.show(error)) {
    line.close();
    return;
  }
  if (!["offline", "closed", "line", "media", "funds"].includes(error.code)) toast(error.message);
};
const feeds = new Feeds(root, wire, {
  onBlocked: () => { $("[data-pv-unmute]").hidden = false; },
  onChange: () => followLines(),
});
whenStill(line, (still) => { $("[data-pv-still]").hidden = !still || !feeds.up; });
new Next(root, wire, { words, leave, module: import.meta.url });
const page = new Page(visit ? "visit" : "public", { root, wire, me: () => me, topup: (why) => topup.open(why) });

async function join() {
  try {
    const answer = await wire.ask("join", { room: root.dataset.room, page: visit ? "visit" : "public" });
    me = answer.me;
    chat.reset(answer.chat);
    chat.enable(me.can.chat);
    if (me.seat?.private) {
      location.assign(privateUrl(me.seat.seat));
      return;
    }
    request.show(me.request);
    await take(me.seat);
    show(answer.state);
    page.joined(answer);
  } catch (error) {
    if (!refused.show(error)) toast(error.message, { urgent: true });
  }
}

/** Let every picture of the show flow again. */
function reopen() {
  line.open(own.stream);
  if (state) feeds.show(state.feeds);
}

/** The seat is connected while any picture of the show comes. */
function followLines(reason) {
  const now = root.dataset.media ?? "off";
  seat.line(feeds.up && ["connecting", "lost"].includes(now) ? "connected" : now, reason);
}

const privateUrl = (id) => root.dataset.private.replace("SEAT", id);

/** Take one's seat in the show that runs, or none. */
async function take(mine) {
  const role = seat.open ? seat.seat.role : null;
  if (!mine) {
    if (seat.open) line.close();
    seat.clear();
    own.stop();
    return;
  }
  // What was seen without a seat is fetched anew under it.
  if (!role) feeds.close();
  seat.show(mine);
  if (mine.role === "two_way" && !(await own.start())) toast(words.no_camera);
  if (mine.role !== "two_way") own.stop();
  if (role && role !== mine.role) await line.open(own.stream);
}

/** Whether the picture may be here now: with a seat, or because the show is free. */
function mayWatch() {
  if (visit) return Boolean(state.show);
  if (seat.open) return !["exhausted", "waiting"].includes(seat.seat.state);
  const shown = state.prices.find((one) => one.mode === (state.public_mode ?? state.mode));
  // A show whose kind is not offered any more has no price here: what it is says the room.
  const free = (shown ? !shown.paid : state.state === "online") || state.free_until > wire.now();
  return state.public_media && free && Boolean(me?.can.watch);
}

function show(next) {
  const before = state?.state;
  state = next;
  root.dataset.state = state.state;
  root.dataset.carried = state.public_media ? state.carries : "video";
  for (const pill of document.querySelectorAll("[data-pv-state-pill]")) pill.replaceWith(statePill(state.state));
  for (const box of root.querySelectorAll("[data-pv-when]")) {
    box.hidden = seat.open || !box.dataset.pvWhen.split(" ").includes(state.state);
  }
  const since = $("[data-pv-since]");
  since.textContent = state.since ? words.since.replace("{time}", new Date(state.since).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })) : "";
  viewers(state.viewers);
  showWays();
  if (mayWatch()) {
    if (!line.wanted) line.open(own.stream);
    feeds.show(state.feeds);
  } else {
    line.close();
    feeds.close();
    refused.clear();
    video.srcObject = null;
    $("[data-pv-stage]").classList.remove("is-live");
  }
  if (before && before !== state.state) announce(words[`state_${state.state}`] ?? state.state);
}

function statePill(name) {
  const template = document.getElementById(`pill-${name}`) ?? document.getElementById("pill-offline");
  const pill = template.content.firstElementChild.cloneNode(true);
  pill.dataset.pvStatePill = "";
  return pill;
}

function viewers(count) {
  const chip = $("[data-pv-viewers]");
  chip.hidden = count === null || count === undefined;
  chip.querySelector("span").textContent = count ?? "";
}

/** Prices, and the buttons of the ways in that can be had now. */
function showWays() {
  for (const price of state.prices) {
    for (const place of document.querySelectorAll(`[data-pv-price="${price.mode}"]`)) place.textContent = formatMoney(price.rate);
  }
  const closed = state.auto_reject || !state.requests_open;
  for (const button of root.querySelectorAll(".pv-ask-bar [data-pv-ask]")) {
    const price = state.prices.find((one) => one.mode === button.dataset.pvAsk);
    const asks = price?.entry === "request";
    button.hidden = !price || (!asks && !price.open) || taken(price);
    button.disabled = asks ? closed || (Boolean(me?.user) && !me.can.ask) : false;
    const item = button.closest("[data-pv-way]");
    if (item) item.hidden = button.hidden;
  }
  // The first that can be had stands out.
  const [first] = [...root.querySelectorAll(".pv-ask-bar > [data-pv-ask]")].filter((one) => !one.hidden);
  for (const button of root.querySelectorAll(".pv-ask-bar > [data-pv-ask]")) {
    button.classList.toggle("btn-primary", button === first && !seat.open);
    button.classList.toggle("btn-secondary", button !== first || seat.open);
  }
  const more = $("[data-pv-more]");
  if (more) more.hidden = !more.querySelector("[data-pv-way]:not([hidden])");
  // Terms that can no longer be had are not left standing.
  if (entry.isOpen && root.querySelector(`.pv-ask-bar [data-pv-ask="${CSS.escape(entry.mode)}"]:is([hidden], [disabled])`)) entry.close();
  const why = $("[data-pv-ask-why]");
  if (why) {
    why.textContent = state.auto_reject ? state.auto_reject_text || words.auto_reject
      : !state.requests_open ? words[`closed_${state.state}`] ?? words.closed : "";
    why.hidden = !why.textContent || seat.open;
  }
  $("[data-pv-ask-box]")?.toggleAttribute("hidden", request.open);
  showDoor();
}

/** Whether the seat that is open is of this kind already. */
function taken(price) {
  return seat.open && price.entry !== "request" && (seat.seat.mode === price.mode || seat.seat.role === price.role);
}

/** What lies over the picture of a paid show for who has no seat in it: its price and the way in. */
function showDoor() {
  const door = $("[data-pv-door]");
  const price = state.prices.find((one) => one.mode === state.public_mode && one.paid);
  const free = state.free_until > wire.now();
  door.hidden = visit || !price || seat.open || !state.public_media || free || root.dataset.own === "yes";
  const change = $("[data-pv-change]");
  change.hidden = !price || seat.open || !free;
  if (!price) return;
  for (const box of [door, change]) {
    box.querySelector("[data-pv-ask]").dataset.pvAsk = price.mode;
    box.querySelector("[data-pv-door-name]").textContent = price.label;
    box.querySelector("[data-pv-door-price]").textContent = words.per_minute.replace("{price}", formatMoney(price.rate));
  }
  door.querySelector("[data-pv-door-grace]").textContent = price.grace_s ? words.door_grace.replace("{n}", price.grace_s) : "";
}

function say(text, link = null) {
  const place = $("[data-pv-outcome]");
  place.textContent = text;
  if (link) {
    place.append(" ", Object.assign(document.createElement("a"), { href: link, textContent: words.see_receipt }));
  }
  $("[data-pv-outcome-box]").hidden = !text;
  if (text) announce(text);
}

async function tellMe(button) {
  if (!me?.user) {
    location.assign(root.dataset.signIn);
    return;
  }
  const on = button.getAttribute("aria-pressed") !== "true";
  try {
    await wire.ask("alert", { on });
    button.setAttribute("aria-pressed", String(on));
    toast(on ? words.alert_on : words.alert_off);
  } catch (error) {
    toast(error.message);
  }
}

/** End what runs here, if the person wants to go on to another room. */
async function leave() {
  if (seat.open) {
    if (!(await confirmDialog(words.end_question, { yes: words.end_yes }))) return false;
    await wire.ask("end", { seat: seat.seat.seat });
  }
  seat.clear();
  line.close();
  feeds.close();
  own.stop();
  return true;
}

function seatEnded(push) {
  if (push.seat !== seat.seat?.seat) return;
  line.close();
  feeds.close();
  seat.clear();
  own.stop();
  if (push.reason !== "private_began") {
    const text = words[`ended_${push.reason}`] ?? words.ended;
    say(text, push.receipt ? root.dataset.receipt.replace("SEAT", push.seat) : null);
  }
  join();
}

root.addEventListener("click", (event) => {
  const on = (selector) => event.target.closest(selector);
  const alert = on("[data-pv-alert]");
  if (alert) tellMe(alert);
  if (on("[data-pv-unmute]")) {
    video.muted = false;
    feeds.mute(false);
    $("[data-pv-unmute]").hidden = true;
  }
  if (on("[data-pv-mute]")) {
    video.muted = !video.muted;
    feeds.mute(video.muted);
    on("[data-pv-mute]").setAttribute("aria-pressed", String(video.muted));
  }
  if (on("[data-pv-full]")) $("[data-pv-stage]").requestFullscreen?.();
});

// The free seconds of a change pass by the server's clock, without a word from it.
setInterval(() => {
  if (!state?.free_until) return;
  const left = (state.free_until - wire.now()) / 1000;
  $("[data-pv-change-left]").textContent = formatDuration(left);
  if (left <= 0) {
    state = { ...state, free_until: null };
    show(state);
  }
}, 500);

wire.on("state", (next) => next.room === root.dataset.room && show(next));
wire.on("mode", (push) => {
  if (push.room !== root.dataset.room) return;
  announce(words.mode_changed.replace("{mode}", push.label), { urgent: true });
  join();
});
wire.on("viewers", ({ count }) => viewers(count));
wire.on("request", (next) => {
  if (next.room !== root.dataset.room) return;
  request.show(next);
  if (state) showWays();
});
wire.on("seat", (next) => { if (next.seat === seat.seat?.seat) seat.show(next); });
wire.on("entered", (push) => { if (push.room === root.dataset.room) join(); });
wire.on("seat_ended", seatEnded);
wire.on("private", ({ seat: id, room }) => { if (room === root.dataset.room) location.assign(privateUrl(id)); });
wire.on("notice", ({ level, text }) => toast(text, { urgent: level === "error" }));
wire.onLine((up) => { root.dataset.line = up ? "up" : "down"; });
wire.start(join);
