// Drafts are saved while one writes. A save that fails says why, and the text stays on the page.
import { $, $$, phrases, say, send } from "./dom.js";
import { unsaved } from "./unsaved.js";

const CALM = 900, AGAIN = 15_000, PATIENCE = 10_000, LEAVE = 3_000;
const LARGE = 4_000; // octets that are worth packing

// A slow network is what autosave is for: a long text goes out packed, to a third of its size.
async function packed(body) {
  const whole = new Response(body), type = whole.headers.get("Content-Type"), bytes = await whole.arrayBuffer();
  if (bytes.byteLength < LARGE || !("CompressionStream" in window)) return { body: bytes, headers: { "Content-Type": type } };
  const small = await new Response(new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer();
  return { body: small, headers: { "Content-Type": type, "Content-Encoding": "gzip" } };
}

for (const form of $$("form[data-autosave]")) {
  const state = $("[data-savestate]", form) || $("[data-savestate]"), text = state && $("[data-savetext]", state);
  if (!state) continue;
  let timer, busy = null, waiting = false, anew = false, pressed = null, sent;
  const here = unsaved(form);

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
    busy = new AbortController();
    text.textContent = phrases.saving;
    const before = new URLSearchParams(body()).toString();
    sent = here.written();
    here.hold(sent);
    try {
      const load = await packed(body());
      const answer = await send(form.dataset.autosave, { method: "POST", ...load, redirect: "manual", signal: busy.signal });
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
        if (now.toString() !== was.toString() || saved.unread?.length) here.hold(sent);
        else here.drop();
        if (now.toString() === was.toString()) delete form.dataset.dirty;
      }
    } catch {
      tell(navigator.onLine ? phrases.unsaved : phrases.offline, true);
      timer = setTimeout(save, AGAIN);
    }
    busy = null;
    if (pressed) press();
    else if (waiting) { waiting = false; save(); }
  };

  // The button was pressed while a save was on its way: what it carries would be older than what the server then has.
  const press = () => {
    const { submitter } = pressed;
    pressed = null;
    waiting = false;
    form.requestSubmit(submitter);
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
  form.addEventListener("submit", event => {
    clearTimeout(timer);
    if (event.defaultPrevented) return;
    here.hold(sent);
    if (!busy) { here.left(); return; }
    event.preventDefault();
    event.stopImmediatePropagation();
    form.dataset.dirty = "";
    pressed = { submitter: event.submitter };
    const waitedFor = busy;
    setTimeout(() => waitedFor.abort(), PATIENCE);
  });
  addEventListener("online", () => { if ("dirty" in form.dataset) save(); });
  addEventListener("pagehide", () => {
    if (!("dirty" in form.dataset)) return;
    here.hold(sent);
    navigator.sendBeacon(form.dataset.autosave, body());
  });
}
