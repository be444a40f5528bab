// A page that several people look at: asked for every second, and drawn anew where it changed.
// The answer is read as a document, so markup never passes through a string (Trusted Types would refuse it).
import { $, $$, say } from "./dom.js";

const EVERY = 1000, LATER = 4000, PATIENCE = 3;

for (const box of $$("[data-live]")) {
  let misses = 0;

  const ask = () => new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    request.open("GET", box.dataset.live);
    request.responseType = "document";
    request.timeout = 10000;
    request.setRequestHeader("If-None-Match", `"${box.dataset.mark}"`);
    request.onload = () => (request.status === 200 || request.status === 304 ? done(request) : fail());
    request.onerror = request.ontimeout = fail;
    request.send();
  });

  // What somebody is typing is not taken away: the part says that something changed, and waits.
  const busy = part => Boolean($("[data-touched]", part));

  // What the server drew last, but for the token that every form carries anew: the same again is left alone, with the
  // lists that are open in it and the button that is being pressed.
  const drawn = new Map(), text = part => new XMLSerializer().serializeToString(part).replace(/name="csrf_token" value="[^"]*"/g, "");

  const place = (part, next) => {
    const open = $$("details[open][id]", part).map(one => one.id), focus = document.activeElement?.id;
    part.replaceChildren(...[...next.childNodes].map(one => document.importNode(one, true)));
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    if (focus && !document.activeElement?.id) document.getElementById(focus)?.focus({ preventScroll: true });
  };

  const draw = fresh => {
    const root = $("[data-live]", fresh);
    if (!root) { location.reload(); return; }
    for (const part of $$("[data-part]", box)) {
      const next = $(`[data-part="${part.dataset.part}"]`, root);
      if (drawn.get(part) === text(next)) continue;
      if (busy(part)) $("[data-stale]", part)?.removeAttribute("hidden");
      else { drawn.set(part, text(next)); place(part, next); }
    }
    box.dataset.mark = root.dataset.mark;
    const news = $("[data-news]", box);
    if (news) say(news.textContent);
  };

  const look = async () => {
    if (!document.hidden) {
      try {
        const request = await ask();
        misses = 0;
        if (request.status === 200) draw(request.response);
      } catch {
        misses += 1;
      }
      $("[data-lost]", box).hidden = misses < PATIENCE;
    }
    setTimeout(look, misses ? LATER : EVERY);
  };

  box.addEventListener("input", event => { const form = event.target.closest("form"); if (form) form.dataset.touched = ""; });
  setTimeout(look, EVERY);
}
