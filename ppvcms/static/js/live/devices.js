// The lists of cameras and microphones on a page: filled once the browser lets us know their names.

/** Fill every `[data-pv-device]`; `none` adds a choice without camera: `{value, text}`. */
export async function fillDevices(root, stream, none = null) {
  const all = await navigator.mediaDevices.enumerateDevices();
  for (const select of root.querySelectorAll("[data-pv-device]")) {
    const kind = select.dataset.pvDevice;
    const used = stream?.getTracks().find((track) => `${track.kind}input` === kind)?.getSettings().deviceId;
    select.replaceChildren(...all.filter((one) => one.kind === kind).map((one, nr) => {
      const option = new Option(one.label || `${kind} ${nr + 1}`, one.deviceId);
      option.selected = one.deviceId === used;
      return option;
    }));
    if (none && kind === "videoinput") select.add(new Option(none.text, none.value, false, !used));
  }
}
