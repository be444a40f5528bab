// Rows picked for one action.
import { $, $$, phrases, plural } from "./dom.js";

for (const all of $$("[data-all]")) {
  const scope = all.closest("form, section") || document;
  const rows = $$("[data-row]", scope), bar = $("[data-bulk]", scope), count = $("[data-bulk-n]", scope);
  const update = () => {
    const picked = rows.filter(row => row.checked).length;
    if (count) count.textContent = plural(phrases.selected, picked);
    if (bar) bar.hidden = !picked;
    all.checked = rows.length > 0 && picked === rows.length;
    all.indeterminate = picked > 0 && picked < rows.length;
  };
  all.addEventListener("change", () => { for (const row of rows) row.checked = all.checked; update(); });
  for (const row of rows) row.addEventListener("change", update);
  update();
}
