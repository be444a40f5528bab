// Drafts are saved while one writes. A save that fails says why, and the text stays on the page.
import { $, $$, phrases, say, send } from "./dom.js";

const CALM = 900, AGAIN = 15_000, LEAVE = 3_000;

for (const form of $$("form[data-autosave]")) {
  const state = $("[data-savestate]", form) || $("[data-savestate]"), text = state && $("[data-savetext]", state);
  if (!state) continue;
  let timer, busy = false, waiting = false, anew = false;

  const tell = (message, off) => {
    if (off && text.textContent !== message) say(message);
    text.textContent = message;
    state.dataset.state = off ? "off" : "ok";
  };

  const body = () => {
    const kept = new FormData();
    for (const [name, value] of new FormData(form)) if (typeof value === "string") kept.append(name, value);
    return kept;
  };

  // A hidden input of the form: what the server keeps of it, and the token of a session begun in another tab.
  const keep = (name, value) => {
    if (!value) return;
    const there = form.elements.namedItem(name) || Object.assign(document.createElement("input"), { type: "hidden", name });
    there.value = value;
    if (!there.isConnected) form.append(there);
  };

  const save = async () => {
    if (busy) { waiting = true; return; }
    clearTimeout(timer);
    busy = true;
    text.textContent = phrases.saving;
    const before = new URLSearchParams(body()).toString();
    try {
      const answer = await send(form.dataset.autosave, { method: "POST", body: body(), redirect: "manual" });
      if (answer.type === "opaqueredirect" || answer.status === 401) {
        if (answer.status === 401) keep("parked", (await answer.json()).parked);
        tell(phrases.expired, true);
        anew = false;
        timer = setTimeout(save, AGAIN);
      } else if (answer.status === 400 && !anew) {
        const { token, parked } = await answer.json();
        if (!token) throw new Error("400");
        keep("parked", parked);
        keep("csrf_token", token);
        anew = waiting = true;
      } else if (answer.status === 409) tell(phrases.conflict, true);
      else if (!answer.ok) throw new Error(String(answer.status));
      else {
        const saved = await answer.json();
        anew = false;
        form.elements.namedItem("parked")?.remove();
        const version = form.elements.namedItem("version");
        if (version && saved.version !== undefined) version.value = saved.version;
        form.dispatchEvent(new CustomEvent("saved", { bubbles: true, detail: saved }));
        const at = new Date(saved.saved_at);
        const time = [at.getHours(), at.getMinutes()].map(part => String(part).padStart(2, "0")).join(":");
        tell(phrases.saved.replace("{time}", time), false);
        const now = new URLSearchParams(body()), was = new URLSearchParams(before);
        for (const name of ["version", "parked", "csrf_token"]) { now.delete(name); was.delete(name); }
        if (now.toString() === was.toString()) delete form.dataset.dirty;
      }
    } catch {
      tell(navigator.onLine ? phrases.unsaved : phrases.offline, true);
      timer = setTimeout(save, AGAIN);
    }
    busy = false;
    if (waiting) { waiting = false; save(); }
  };

  // What waits is saved before a link leads away, so that the page it leads to finds it.
  if ("leavesSaved" in form.dataset) document.addEventListener("click", event => {
    const link = event.target.closest("a[href]");
    if (!link || !("dirty" in form.dataset) || link.hash && link.pathname + link.search === location.pathname + location.search) return;
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || link.target || link.origin !== location.origin) return;
    event.preventDefault();
    const go = () => location.assign(link.href);
    const late = setTimeout(go, LEAVE);
    form.addEventListener("saved", () => { clearTimeout(late); setTimeout(go); }, { once: true });
    save();
  });

  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(save, CALM); });
  form.addEventListener("submit", () => clearTimeout(timer));
  addEventListener("online", () => { if ("dirty" in form.dataset) save(); });
  addEventListener("pagehide", () => { if ("dirty" in form.dataset) navigator.sendBeacon(form.dataset.autosave, body()); });
}
