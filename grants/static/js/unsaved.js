// What is typed and not saved yet is kept in this browser: a tab closed, no network, somebody else who saved first.
// It is offered where it was typed, to the same person alone, and forgotten once saved, on signing out, or after days.
import { $, $$, lang } from "./dom.js";

const WHO = document.body.dataset.who, KEPT = "typed", SENT = "typed-sent", LASTS = 3 * 24 * 3600_000;
const SERVERS = new Set(["csrf_token", "version", "parked"]); // written by nobody

// A browser may have no storage, or no room in it.
const attempt = action => { try { return action(); } catch { return null; } };
const keys = () => attempt(() => Object.keys(localStorage).filter(key => key.startsWith(`${KEPT} `))) ?? [];
const forget = key => attempt(() => localStorage.removeItem(key));
const read = key => attempt(() => JSON.parse(localStorage.getItem(key)));

const written = form => [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !SERVERS.has(name));

// The same but for spaces, which the server tidies, and for what is empty.
const loose = pairs => JSON.stringify((pairs ?? []).map(pair => pair.map(one => one.replace(/\s/g, ""))).filter(([, value]) => value).sort());

const leave = key => attempt(() => sessionStorage.setItem(SENT, JSON.stringify({ key, path: location.pathname })));

function fill(form, pairs) {
  const values = new Map();
  for (const [name, value] of pairs) values.set(name, [...(values.get(name) ?? []), value]);
  const inputs = [...form.elements].filter(one => one.name && !SERVERS.has(one.name) && !["file", "password", "submit", "button"].includes(one.type));
  for (const input of inputs) {
    const given = values.get(input.name) ?? [];
    if (["checkbox", "radio"].includes(input.type)) input.checked = given.includes(input.value);
    else input.value = given.shift() ?? "";
  }
  const there = new Set(inputs.map(input => input.name));
  for (const [name, given] of values) {
    if (there.has(name)) continue; // rows that the page does not have: sent along
    for (const value of given) form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  }
  for (const input of inputs) for (const kind of ["input", "change"]) input.dispatchEvent(new Event(kind, { bubbles: true }));
}

// `hold(sent)` keeps what the form says, `sent` being what was last on its way; `drop()` once it is saved; `left()`
// when the form itself is sent.
export function unsaved(form) {
  const key = `${KEPT} ${WHO} ${form.dataset.autosave}`, version = () => form.elements.namedItem("version")?.value;
  const opened = version();
  if (!WHO) return { hold() {}, drop() {}, left() {}, written: () => written(form) };

  const hold = sent => attempt(() => localStorage.setItem(key, JSON.stringify({ at: Date.now(), version: version() ?? opened, fields: written(form), sent })));
  const drop = () => forget(key);
  const left = () => leave(key);

  const note = $("[data-unsaved]"), kept = read(key);
  if (kept && loose(kept.fields) === loose(written(form))) drop();
  else if (kept && note && !$(".errsum") && !$("[name=parked]", form)) {
    const moment = new Intl.DateTimeFormat(`${lang}-u-nu-latn`, { dateStyle: "long", timeStyle: "short", hourCycle: "h23" });
    const place = $("[data-when]", note);
    place.textContent = place.textContent.replace("{when}", moment.format(new Date(kept.at)));
    note.hidden = false;
    $("[data-take]", note).addEventListener("click", () => {
      note.hidden = true;
      // What stands here now may be what was on its way from this very page: then nobody else wrote in between.
      const own = kept.sent && loose(kept.sent) === loose(written(form)), field = form.elements.namedItem("version");
      if (field && kept.version !== undefined && !own) field.value = kept.version;
      fill(form, kept.fields);
    });
    $("[data-leave]", note).addEventListener("click", () => { note.hidden = true; drop(); });
  }
  return { hold, drop, left, written: () => written(form) };
}

// A form that was sent and led elsewhere is saved; what is old, or another person's, is nobody's business.
const sent = attempt(() => JSON.parse(sessionStorage.getItem(SENT)));
attempt(() => sessionStorage.removeItem(SENT));
if (sent && WHO && document.referrer && new URL(document.referrer).pathname === sent.path) {
  const stays = location.pathname === sent.path || location.pathname.startsWith("/account/") || $(".trouble, .both, .errsum");
  if (!stays) forget(sent.key);
}
for (const key of keys()) {
  const kept = read(key), others = WHO && !key.startsWith(`${KEPT} ${WHO} `);
  if (!kept || others || Date.now() - kept.at > LASTS) forget(key);
}
// The page that shows two people's texts stands at the address of the form: whatever is chosen there settles it.
const settled = `${KEPT} ${WHO} ${location.pathname}/autosave`;
for (const form of $$("form[data-settles]")) form.addEventListener("submit", () => leave(settled));
for (const link of $$("a[data-settles]")) link.addEventListener("click", () => forget(settled));
for (const form of $$('form[action$="/sign-out"]')) form.addEventListener("submit", () => keys().forEach(forget));
