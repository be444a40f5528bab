// Files: the chosen name is shown, a file can be dropped, sending shows how far it is and goes on after a cut.
import { $, $$, element, number, phrases, say, send } from "./dom.js";

const PIECE = 1_000_000, PAUSE = 2_000, LONGEST = 30_000;

for (const drop of $$(".drop")) {
  const input = $("input[type=file]", drop), name = $("[data-filename]", drop);
  const show = () => {
    if (!input.files.length) return;
    name.textContent = [...input.files].map(file => file.name).join(", ");
    drop.classList.add("drop--full");
  };
  input.addEventListener("change", show);
  for (const kind of ["dragenter", "dragover"]) drop.addEventListener(kind, () => drop.classList.add("drop--over"));
  for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.classList.remove("drop--over"));
  show();
}

const token = () => $("meta[name=csrf-token]").content;
const pause = milliseconds => new Promise(go => {
  const timer = setTimeout(go, milliseconds);
  addEventListener("online", () => { clearTimeout(timer); go(); }, { once: true });
});

// A refusal that trying again would not change: its message says why, and without one the ordinary form asks.
class Refusal extends Error {}

// Beside the field, as the server would have said it on the page of the form.
function refuse(input, why) {
  const id = `${input.id}-refused`, field = input.closest(".field") || input.closest(".drop").parentElement;
  document.getElementById(id)?.remove();
  if (!why) return;
  const told = element("p", { className: "field__err", id }, element("span", { className: "vh", textContent: `${phrases.error} ` }), why);
  (input.closest(".drop") || input).before(told);
  input.setAttribute("aria-invalid", "true");
  input.setAttribute("aria-describedby", [input.getAttribute("aria-describedby"), id].filter(Boolean).join(" "));
  field.scrollIntoView({ block: "center" });
  input.focus({ preventScroll: true });
  say(why);
}

// Sends one file piece by piece and answers its id. A cut is waited out; what has arrived is not sent again.
async function inPieces(file, tell) {
  const key = [file.name, file.size, file.lastModified].join(" ");
  const begin = new URLSearchParams({ filename: file.name, size: file.size, key });
  let place = null, offset = 0, wait = PAUSE;
  for (;;) {
    try {
      const options = place
        ? { method: "POST", body: file.slice(offset, offset + PIECE), headers: { "Upload-Offset": String(offset), "Content-Type": "application/octet-stream", "X-CSRFToken": token() } }
        : { method: "POST", body: begin, headers: { "X-CSRFToken": token() } };
      const answer = await send(place ? place.url : "/account/uploads", options);
      if (answer.redirected) throw new Refusal();
      if (answer.status >= 400 && answer.status < 500 && answer.status !== 409) throw new Refusal((await answer.json().catch(() => ({}))).problem);
      const said = await answer.json();
      if (!answer.ok && answer.status !== 409) throw new Error(String(answer.status));
      place ??= said;
      offset = said.offset;
      wait = PAUSE;
      tell(offset / file.size);
      if (offset === file.size) return place.id;
    } catch (problem) {
      if (problem instanceof Refusal) throw problem;
      tell(offset / file.size, true);
      await pause(wait);
      wait = Math.min(wait * 2, LONGEST);
    }
  }
}

// The server answers a script's upload with {"location": …} instead of a redirect. A refused form is sent again the
// ordinary way, so that the browser shows its page.
for (const form of $$("form[data-upload]")) {
  form.addEventListener("submit", async event => {
    const inputs = $$("input[type=file]", form).filter(input => input.files.length);
    if (!inputs.length || event.defaultPrevented) return;
    event.preventDefault();
    const bar = $("[data-progress]", form), submitter = event.submitter;
    if (bar) bar.hidden = false;
    if (submitter) submitter.disabled = true;
    let heard = 0;
    const tell = (share, cut = false) => {
      if (bar) bar.value = Math.round(share * 100);
      const seen = $("[data-uploadstate]", form), words = cut ? phrases.resumes : phrases.sent.replace("{percent}", number(Math.round(share * 100)));
      if (seen) { seen.hidden = false; seen.textContent = words; }
      if (cut) say(words);
      else if (Math.floor(share * 4) > heard) {
        heard = Math.floor(share * 4);
        say(phrases.sent.replace("{percent}", number(heard * 25)));
      }
    };
    const ordinary = () => {
      if (submitter) submitter.disabled = false;
      if (submitter?.name) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: submitter.name, value: submitter.value }));
      form.submit();
    };
    let current = null;
    try {
      for (const input of inputs.filter(one => one.files.length === 1 && one.files[0].size > PIECE)) {
        current = input;
        refuse(input, "");
        const id = await inPieces(input.files[0], tell);
        form.append(Object.assign(document.createElement("input"), { type: "hidden", name: `${input.name}-upload`, value: id }));
        input.disabled = true;
      }
    } catch (problem) {
      if (!problem.message || !(problem instanceof Refusal)) { ordinary(); return; }
      if (submitter) submitter.disabled = false;
      if (bar) bar.hidden = true;
      refuse(current, problem.message); // nothing is sent: the form would carry the whole file, to be refused again
      return;
    }
    const request = new XMLHttpRequest(), body = new FormData(form);
    if (submitter?.name) body.append(submitter.name, submitter.value);
    request.upload.addEventListener("progress", step => { if (!$("input[type=file]:disabled", form)) tell(step.loaded / step.total); });
    request.addEventListener("load", () => {
      const target = request.getResponseHeader("X-Location");
      if (!target) { ordinary(); return; }
      const here = new URL(location.href), there = new URL(target, here);
      // To a place on this very page the browser would only scroll; reloading it would send an older form again.
      if (there.hash && there.pathname + there.search === here.pathname + here.search) there.searchParams.set("at", Date.now());
      location.assign(there);
    });
    request.addEventListener("error", () => {
      if (submitter) submitter.disabled = false;
      if (bar) bar.hidden = true;
      for (const input of inputs) input.disabled = false;
      say(phrases.unsaved);
      form.dataset.dirty = "";
    });
    request.open("POST", form.action);
    request.setRequestHeader("X-Progress", "1");
    request.send(body);
  });
}
