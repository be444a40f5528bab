// Work done by the worker: its progress, then its result.
import { $, $$, plural, say, send } from "./dom.js";

const SOON = 700, LATER = 3000, PATIENCE = 5;

for (const box of $$("[data-job]")) {
  if ("finished" in box.dataset) { box.dataset.state = "done"; continue; }
  const text = $("[data-jobtext]", box), bar = $("progress", box), download = $("[data-download]", box);
  let misses = 0, wait = SOON;

  const end = (state, message) => {
    box.dataset.state = state;
    text.textContent = message;
    say(message);
    if (state === "done" && download) download.hidden = false;
  };

  const look = async () => {
    try {
      const answer = await send(box.dataset.job);
      if (!answer.ok) throw new Error(String(answer.status));
      const job = await answer.json();
      misses = 0;
      if (job.percent !== undefined) bar.value = job.percent;
      if (job.failed) { end("failed", job.message || box.dataset.failed); return; }
      if (job.done) { bar.value = 100; end("done", box.dataset.done); return; }
      if (job.rows) text.textContent = plural(box.dataset.forms, job.rows);
    } catch {
      misses += 1;
      if (misses >= PATIENCE) { end("failed", box.dataset.failed); return; }
    }
    wait = Math.min(LATER, wait * 1.2);
    setTimeout(look, wait);
  };
  setTimeout(look, SOON);
}
