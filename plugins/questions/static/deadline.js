// Keeps every [data-questions-left] true: days and hours first, minutes and seconds at the end.

const shown = [...document.querySelectorAll("[data-questions-left]")];
const two = (n) => String(n).padStart(2, "0");

function write(element) {
  const seconds = Math.floor((Number(element.dataset.questionsLeft) - Date.now()) / 1000);
  const [d, h] = [Math.floor(seconds / 86400), Math.floor((seconds % 86400) / 3600)];
  const [m, s] = [Math.floor((seconds % 3600) / 60), seconds % 60];
  const { day, hour, minute, over } = element.dataset;
  const words = seconds <= 0 ? over : d ? day : h ? hour : minute;
  element.textContent = words.replace("{d}", d).replace("{h}", h).replace("{m}", m).replace("{s}", two(s));
  element.classList.toggle("text-danger", seconds < 3600);
}

if (shown.length) {
  shown.forEach(write);
  window.setInterval(() => shown.forEach(write), 1000);
}
