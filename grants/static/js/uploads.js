// Files: the chosen name is shown, a file can be dropped, and sending shows how far it is.
import { $, $$, number, phrases, say } from "./dom.js";

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

// The server answers a script's upload with {"location": …} instead of a redirect. A refused form is sent again the
// ordinary way, so that the browser shows its page.
for (const form of $$("form[data-upload]")) {
  form.addEventListener("submit", event => {
    const files = $$("input[type=file]", form).flatMap(input => [...input.files]);
    if (!files.length || event.defaultPrevented) return;
    event.preventDefault();
    const bar = $("[data-progress]", form), request = new XMLHttpRequest();
    const body = new FormData(form, event.submitter), submitter = event.submitter;
    if (bar) bar.hidden = false;
    if (submitter) submitter.disabled = true;
    request.upload.addEventListener("progress", step => {
      const percent = Math.round(step.loaded / step.total * 100);
      if (bar) bar.value = percent;
      if (percent % 25 === 0) say(phrases.sent.replace("{percent}", number(percent)));
    });
    const ordinary = () => {
      if (submitter) submitter.disabled = false;
      if (submitter?.name) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: submitter.name, value: submitter.value }));
      form.submit();
    };
    request.addEventListener("load", () => {
      const target = request.getResponseHeader("X-Location");
      if (target) location.assign(target);
      else ordinary();
    });
    request.addEventListener("error", () => {
      if (submitter) submitter.disabled = false;
      if (bar) bar.hidden = true;
      say(phrases.unsaved);
      form.dataset.dirty = "";
    });
    request.open("POST", form.action);
    request.setRequestHeader("X-Progress", "1");
    request.send(body);
  });
}
