// The line of a show that is written: no camera, no microphone; each answer proves that this page is there.

const EVERY_MS = 2_000;
const MISSES = 2;

/** Join a page to the built-in line: bring back the word of the answer before, again and again. */
export async function connect({ signal, onState }) {
  let word = null;
  let answered = 0;
  let missed = 0;
  let closed = false;
  let timer = null;

  const answer = async () => {
    const [next] = await signal(word ? { word } : {});
    if (closed) return;
    word = next.word;
    answered += 1;
    missed = 0;
  };

  const again = async () => {
    try {
      await answer();
    } catch {
      missed += 1;
      if (missed >= MISSES && !closed) onState?.("failed");
    }
    if (!closed) timer = setTimeout(again, EVERY_MS);
  };

  function close() {
    if (closed) return;
    closed = true;
    clearTimeout(timer);
    onState?.("closed");
  }

  await answer();
  await answer();
  timer = setTimeout(again, EVERY_MS);
  setTimeout(() => { if (!closed) onState?.("connected"); });
  return {
    stats: async () => ({ framesDecoded: answered }),
    replaceStream: async () => {},
    close,
  };
}
