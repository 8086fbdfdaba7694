// How loud a sound is, drawn on a `<progress>` as long as it comes.

const EVERY_MS = 120;
const running = new WeakMap();

/** Let a bar follow the sound of a stream, until it ends, `until()` says so, or another one takes the bar. */
export function followLevel(bar, stream, { until = () => false } = {}) {
  running.get(bar)?.();
  if (!bar || !stream?.getAudioTracks().length) return;
  const sound = new AudioContext();
  const analyser = sound.createAnalyser();
  sound.createMediaStreamSource(stream).connect(analyser);
  const samples = new Uint8Array(analyser.fftSize);
  const stop = () => {
    clearInterval(timer);
    if (sound.state !== "closed") sound.close();
    bar.value = 0;
  };
  const timer = setInterval(() => {
    if (!stream.active || until()) {
      stop();
      return;
    }
    analyser.getByteTimeDomainData(samples);
    bar.value = Math.min(100, Math.max(...samples.map((one) => Math.abs(one - 128))) * 2);
  }, EVERY_MS);
  running.set(bar, stop);
}
