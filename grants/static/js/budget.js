// A budget that was saved while one writes: what it adds up to now, in the server's words.
import { $, $$, element } from "./dom.js";

document.addEventListener("saved", event => {
  const { texts, lists } = event.detail;
  if (!texts) return;
  for (const [name, text] of Object.entries(texts)) {
    for (const place of $$(`[data-text="${CSS.escape(name)}"]`)) {
      place.textContent = text;
      if (place.classList.contains("over__why")) place.hidden = !text;
    }
  }
  for (const [name, items] of Object.entries(lists)) {
    const list = $(`[data-list="${CSS.escape(name)}"]`), box = $(`[data-box="${CSS.escape(name)}"]`);
    list?.replaceChildren(...items.map(text => element("li", { textContent: text })));
    if (box) box.hidden = !items.length;
  }
});
