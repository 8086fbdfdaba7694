// The client's page of a private show: both pictures, the meter, chat, tips, top-up.

import { toast } from "../ui.js";
import { Chat } from "./chat.js";
import { followLevel } from "./level.js";
import { MediaLine, play } from "./media.js";
import { Own } from "./own.js";
import { Page } from "./plugins.js";
import { SeatView } from "./seat.js";
import { followBalance, TopUp } from "./topup.js";
import { Wire } from "./wire.js";

const root = document.getElementById("private");
const words = JSON.parse(root.dataset.words);
const wire = new Wire();
const $ = (selector) => root.querySelector(selector);
const video = $("[data-pv-video]");
const carried = root.dataset.carried;
let me = null;
let leaving = false;

const chat = new Chat(root, wire, { me: () => me?.user });
const own = new Own(root);
const seat = new SeatView(root, wire, { words, reopen: () => line.open(own.stream), onEnd: finish });
const topup = new TopUp({ onPaid: () => { if (seat.seat?.state === "exhausted") line.open(own.stream); } });
seat.onFunds = (why) => topup.open(why);
followBalance(wire);
const line = new MediaLine(wire, "watch", {
  onTrack: ({ stream }) => {
    play(video, stream, () => { $("[data-pv-unmute]").hidden = false; });
    if (carried === "audio") followLevel($("[data-pv-sound]"), stream);
  },
  onState: (now, reason) => {
    root.dataset.media = now;
    seat.line(now, reason);
  },
});
line.onRefused = (error) => {
  root.dataset.refused = error.code;
  if (!["line", "funds", "closed"].includes(error.code)) toast(error.message);
};
const page = new Page("private", { root, wire, me: () => me, topup: (why) => topup.open(why) });

async function join() {
  try {
    const answer = await wire.ask("join", { room: root.dataset.room, page: "private", seat: root.dataset.seat });
    me = answer.me;
    chat.reset(answer.chat);
    if (me.seat) seat.show(me.seat);
    else if (!seat.seat) return toReceipt();
    page.joined(answer);
    if (!line.wanted && seat.open) await start();
  } catch (error) {
    if (["gone", "not_found", "forbidden", "closed"].includes(error.code)) toReceipt();
    else toast(error.message, { urgent: true });
  }
  return undefined;
}

async function start() {
  if (carried !== "text" && !(await own.start({ video: carried === "video" }))) toast(words.no_camera);
  if (!leaving) await line.open(own.stream);
}

function finish() {
  if (leaving) return;
  leaving = true;
  line.close();
  for (const box of root.querySelectorAll(".pv-stage__middle")) box.hidden = true;
  $("[data-pv-over]").hidden = false;
  own.stop();
  setTimeout(toReceipt, 1500);
}

function toReceipt() {
  location.replace(root.dataset.receipt);
}

root.addEventListener("click", (event) => {
  if (event.target.closest("[data-pv-unmute]")) {
    video.muted = false;
    $("[data-pv-unmute]").hidden = true;
  }
  if (event.target.closest("[data-pv-full]")) $("[data-pv-stage]").requestFullscreen?.();
});

wire.on("seat", (next) => next.seat === root.dataset.seat && seat.show(next));
wire.on("private_ended", (push) => { if (push.seat === root.dataset.seat) finish(); });
wire.on("notice", ({ level, text }) => toast(text, { urgent: level === "error" }));
wire.onLine((up) => { root.dataset.line = up ? "up" : "down"; });
wire.start(join);
