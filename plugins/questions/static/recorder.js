// Records a voice or a video message in the page and puts it into the form's own file field.

const FORMATS = {
  audio: ["audio/webm;codecs=opus", "audio/mp4"],
  video: ["video/webm;codecs=vp8,opus", "video/mp4"],
};
// Five minutes of it stay below ten megabytes.
const LOOK = { audioBitsPerSecond: 32_000, videoBitsPerSecond: 200_000 };
const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

class Recorder {
  constructor(box) {
    this.box = box;
    this.kind = box.dataset.questionsRecorder;
    this.most = Number(box.dataset.most);
    this.preview = box.querySelector("[data-questions-preview]");
    this.button = box.querySelector("[data-questions-record]");
    this.field = box.querySelector("input[type=file]");
    this.trouble = box.querySelector("[data-questions-trouble]");
    this.button.addEventListener("click", () => (this.recorder ? this.stop() : this.start()));
  }

  show(on) {
    this.box.hidden = !on;
    this.field.disabled = !on;
    if (!on && this.recorder) this.stop();
  }

  async start() {
    this.trouble.hidden = true;
    try {
      const picture = this.kind === "video" && { width: 640, height: 360, frameRate: 15 };
      this.stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: picture });
    } catch {
      this.trouble.textContent = this.box.dataset.denied;
      this.trouble.hidden = false;
      return;
    }
    const mimeType = FORMATS[this.kind].find((one) => MediaRecorder.isTypeSupported(one));
    this.parts = [];
    this.recorder = new MediaRecorder(this.stream, { mimeType, ...LOOK });
    this.recorder.addEventListener("dataavailable", (event) => this.parts.push(event.data));
    this.recorder.addEventListener("stop", () => this.keep());
    if (this.kind === "video") this.mirror();
    this.recorder.start(1000);
    this.began = performance.now();
    this.timer = window.setInterval(() => this.tick(), 250);
    this.say("stop");
  }

  mirror() {
    this.preview.srcObject = this.stream;
    this.preview.muted = true;
    this.preview.controls = false;
    this.preview.play();
  }

  tick() {
    const seconds = (performance.now() - this.began) / 1000;
    this.box.querySelector("[data-questions-clock]").textContent = `${clock(seconds)} / ${clock(this.most)}`;
    if (seconds >= this.most) this.stop();
  }

  stop() {
    window.clearInterval(this.timer);
    this.recorder.stop();
    for (const track of this.stream.getTracks()) track.stop();
    this.recorder = null;
    this.say("again");
  }

  keep() {
    const type = this.parts[0]?.type.split(";")[0] || `${this.kind}/webm`;
    const name = `${this.kind === "audio" ? "voice" : "video"}-message.${type.endsWith("mp4") ? "mp4" : "webm"}`;
    const files = new DataTransfer();
    files.items.add(new File(this.parts, name, { type }));
    this.field.files = files.files;
    this.preview.srcObject = null;
    this.preview.src = URL.createObjectURL(files.files[0]);
    this.preview.muted = false;
    this.preview.controls = true;
    this.preview.hidden = false;
  }

  say(name) {
    this.button.querySelector("span").textContent = this.box.dataset[name];
  }
}

const recorders = [...document.querySelectorAll("[data-questions-recorder]")].map((box) => new Recorder(box));
const kinds = [...document.querySelectorAll("[data-questions-form] input[name=kind]")];

function choose() {
  const chosen = kinds.find((one) => one.checked)?.value;
  for (const one of recorders) one.show(one.kind === chosen);
}
if (kinds.length) {
  kinds.forEach((one) => one.addEventListener("change", choose));
  choose();
} else {
  recorders.forEach((one) => one.show(true));
}

function size(form) {
  const fields = [...form.querySelectorAll("input[type=file]")].filter((one) => !one.disabled);
  return fields.flatMap((one) => [...one.files]).reduce((sum, file) => sum + file.size, 0);
}

// One click sends once; the key would make a second one harmless, but nobody should wonder.
for (const form of document.querySelectorAll("[data-questions-form]")) {
  form.addEventListener("submit", (event) => {
    if (size(form) > Number(form.dataset.most) * 1024 * 1024) {
      event.preventDefault();
      form.querySelector("[data-questions-large]").hidden = false;
      return;
    }
    window.setTimeout(() => form.querySelectorAll("button[type=submit]").forEach((one) => { one.disabled = true; }));
  });
}
