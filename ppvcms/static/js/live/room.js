// The public page of a room: picture, chat, prices, and asking for a private show.

import { announce, confirmDialog, formatDuration, formatMoney, toast } from "../ui.js";
import { Chat } from "./chat.js";
import { MediaLine, play } from "./media.js";
import { Page } from "./plugins.js";
import { followBalance, TopUp } from "./topup.js";
import { newKey, Wire } from "./wire.js";

const root = document.getElementById("room");
const words = JSON.parse(root.dataset.words);
const wire = new Wire();
const $ = (selector) => root.querySelector(selector);
const video = $("[data-pv-video]");
let state = null;
let me = null;
let offer = null;
let request = null;
let ticking = null;

const chat = new Chat(root, wire, { me: () => me?.user });
const topup = new TopUp({ onPaid: () => { if ($("[data-pv-entry]")?.hidden === false) quote(); } });
followBalance(wire);
const line = new MediaLine(wire, "watch", {
  onTrack: ({ stream }) => play(video, stream, () => { $("[data-pv-unmute]").hidden = false; }),
  onState: (now) => {
    root.dataset.media = now;
    if (now !== "connected") return;
    $("[data-pv-stage]").classList.add("is-live");
  },
});
line.onRefused = (error) => {
  if (!["offline", "closed", "line", "media"].includes(error.code)) toast(error.message);
};

async function join() {
  try {
    const answer = await wire.ask("join", { room: root.dataset.room, page: "public" });
    me = answer.me;
    chat.reset(answer.chat);
    chat.enable(me.can.chat);
    if (me.seat) {
      location.assign(privateUrl(me.seat.seat));
      return;
    }
    show(answer.state);
    showRequest(me.request);
    page.joined(answer);
  } catch (error) {
    toast(error.message, { urgent: true });
  }
}

const privateUrl = (seat) => root.dataset.private.replace("SEAT", seat);

function show(next) {
  const before = state?.state;
  state = next;
  root.dataset.state = state.state;
  for (const pill of document.querySelectorAll("[data-pv-state-pill]")) {
    pill.replaceWith(statePill(state.state));
  }
  for (const box of root.querySelectorAll("[data-pv-when]")) {
    box.hidden = !box.dataset.pvWhen.split(" ").includes(state.state);
  }
  const since = $("[data-pv-since]");
  since.textContent = state.since ? words.since.replace("{time}", new Date(state.since).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })) : "";
  viewers(state.viewers);
  showPrices();
  if (state.public_media && me?.can.watch) {
    if (!line.wanted) line.open();
  } else {
    line.close();
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

function showPrices() {
  for (const price of state.prices) {
    for (const place of document.querySelectorAll(`[data-pv-price="${price.mode}"]`)) {
      place.textContent = formatMoney(price.rate);
    }
  }
  const ask = $("[data-pv-ask]");
  if (ask) {
    const closed = state.auto_reject || !state.requests_open;
    ask.disabled = closed || !me?.can.ask;
    // Terms that can no longer be asked for are not left standing.
    if (closed) $("[data-pv-entry]").hidden = true;
    const why = $("[data-pv-ask-why]");
    why.textContent = state.auto_reject ? state.auto_reject_text || words.auto_reject
      : !state.requests_open ? words[`closed_${state.state}`] ?? words.closed : "";
    why.hidden = !why.textContent;
  }
}

async function quote() {
  if (!me?.user) {
    location.assign(root.dataset.signIn);
    return;
  }
  const mode = root.dataset.mode;
  try {
    ({ offer } = await wire.ask("quote", { mode }));
  } catch (error) {
    toast(error.message);
    return;
  }
  const panel = $("[data-pv-entry]");
  const set = (name, value) => { panel.querySelector(`[data-pv-term="${name}"]`).textContent = value; };
  set("rate", formatMoney(offer.rate));
  set("grace", offer.grace_s ? formatDuration(offer.grace_s) : words.none);
  panel.querySelector("[data-pv-grace-note]").textContent = offer.grace_note || words.grace_note;
  set("minimum", offer.minimum_minutes ? words.minutes.replace("{n}", offer.minimum_minutes) : words.none);
  set("voyeurs", offer.voyeurs ? words.yes : words.no);
  set("recording", offer.recording ? words.yes : words.no);
  set("funds", formatMoney(offer.funds_needed));
  set("available", formatMoney(offer.available));
  const lacks = offer.missing > 0;
  panel.querySelector("[data-pv-lacks]").hidden = !lacks;
  panel.querySelector("[data-pv-lacks-text]").textContent = lacks
    ? words.lacks.replace("{needed}", formatMoney(offer.funds_needed)).replace("{available}", formatMoney(offer.available)).replace("{missing}", formatMoney(offer.missing)) : "";
  panel.querySelector("[data-pv-send]").hidden = lacks;
  panel.querySelector("[data-pv-topup]").hidden = !lacks;
  panel.querySelector("[data-pv-buys]").textContent = lacks ? "" : words.buys.replace("{n}", offer.minutes);
  panel.hidden = false;
  panel.querySelector(lacks ? "[data-pv-topup]" : "[data-pv-send]").focus({ preventScroll: true });
}

function closeEntry() {
  const panel = $("[data-pv-entry]");
  if (!panel || panel.hidden) return;
  panel.hidden = true;
  $("[data-pv-ask]")?.focus({ preventScroll: true });
}

async function sendRequest() {
  const button = $("[data-pv-send]");
  button.disabled = true;
  try {
    const note = $("[data-pv-note]").value.trim();
    offer.key ??= newKey();
    const answer = await wire.ask("ask", { offer: offer.token, note, key: offer.key });
    $("[data-pv-entry]").hidden = true;
    showRequest(answer.request);
  } catch (error) {
    if (error.code === "expired") {
      toast(error.message);
      await quote();
    } else {
      toast(error.message);
    }
  } finally {
    button.disabled = false;
  }
}

function showRequest(next) {
  request = next;
  const box = $("[data-pv-waiting]");
  clearInterval(ticking);
  if (!box) return;
  if (!request || request.state !== "waiting") {
    box.hidden = true;
    const end = { rejected: words.rejected, expired: words.expired_request, closed: words.closed_request }[request?.state];
    if (end) {
      const text = request.reason ? `${end} “${request.reason}”` : end;
      $("[data-pv-outcome]").textContent = text;
      $("[data-pv-outcome-box]").hidden = false;
      announce(text);
    }
    $("[data-pv-ask-box]")?.removeAttribute("hidden");
    return;
  }
  $("[data-pv-outcome-box]").hidden = true;
  $("[data-pv-ask-box]")?.setAttribute("hidden", "");
  box.hidden = false;
  const tick = () => {
    box.querySelector("[data-pv-expires]").textContent = formatDuration((request.expires_at - wire.now()) / 1000);
  };
  tick();
  ticking = setInterval(tick, 500);
}

async function withdraw() {
  try {
    showRequest((await wire.ask("withdraw", { request: request.id })).request);
  } catch (error) {
    toast(error.message);
  }
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

root.addEventListener("click", (event) => {
  const on = (selector) => event.target.closest(selector);
  if (on("[data-pv-ask]")) quote();
  if (on("[data-pv-send]")) sendRequest();
  if (on("[data-pv-leave-entry]")) closeEntry();
  if (on("[data-pv-withdraw]")) withdraw();
  const alert = on("[data-pv-alert]");
  if (alert) tellMe(alert);
  if (on("[data-pv-unmute]")) {
    video.muted = false;
    $("[data-pv-unmute]").hidden = true;
  }
  if (on("[data-pv-mute]")) {
    video.muted = !video.muted;
    on("[data-pv-mute]").setAttribute("aria-pressed", String(video.muted));
  }
  if (on("[data-pv-full]")) $("[data-pv-stage]").requestFullscreen?.();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !document.querySelector("dialog[open]")) closeEntry();
});

wire.on("state", (next) => next.room === root.dataset.room && show(next));
wire.on("viewers", ({ count }) => viewers(count));
wire.on("request", (next) => next.room === root.dataset.room && showRequest(next));
wire.on("private", ({ seat, room }) => { if (room === root.dataset.room) location.assign(privateUrl(seat)); });
wire.on("notice", ({ level, text }) => toast(text, { urgent: level === "error" }));
wire.onLine((up) => { root.dataset.line = up ? "up" : "down"; });

const page = new Page("public", { root, wire, me: () => me, topup: (why) => topup.open(why) });

wire.start(join);
