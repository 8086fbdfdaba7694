// Short sounds made in the page: no files to load, nothing from elsewhere.

// [frequency in hertz, begin and length in seconds, shape, loudness]
const TUNES = {
  chime: [[880, 0, 0.5, "sine", 0.12], [1318, 0.12, 0.7, "sine", 0.1]],
  bell: [[660, 0, 1.2, "sine", 0.12], [1320, 0, 0.9, "sine", 0.05], [1980, 0, 0.5, "sine", 0.03]],
  fanfare: [[523, 0, 0.18, "triangle", 0.14], [659, 0.16, 0.18, "triangle", 0.14], [784, 0.32, 0.5, "triangle", 0.16]],
  drum: [[110, 0, 0.25, "sine", 0.3], [82, 0.2, 0.35, "sine", 0.3]],
};
let context = null;

/** Play a sound by its name; a browser that wants a click first stays silent. */
export function play(name) {
  const tune = TUNES[name];
  if (!tune) return;
  context ??= new AudioContext();
  if (context.state === "suspended") context.resume().catch(() => {});
  for (const [frequency, begin, length, shape, loudness] of tune) tone(frequency, begin, length, shape, loudness);
}

function tone(frequency, begin, length, shape, loudness) {
  const at = context.currentTime + begin;
  const [source, gain] = [context.createOscillator(), context.createGain()];
  source.type = shape;
  source.frequency.setValueAtTime(frequency, at);
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(loudness, at + 0.015);
  gain.gain.exponentialRampToValueAtTime(0.0001, at + length);
  source.connect(gain).connect(context.destination);
  source.start(at);
  source.stop(at + length + 0.05);
}
