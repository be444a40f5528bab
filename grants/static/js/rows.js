// A question answered with a table: rows come and go in place, a table copied from a spreadsheet spreads over cells.
// And the form of a question, which shows what its kind of answer asks.
import { $, $$ } from "./dom.js";

for (const grid of $$("[data-rows]")) {
  const most = Number(grid.dataset.rows), name = grid.dataset.name;
  const add = $(`button[value="rows-${CSS.escape(name)}"]`, grid);
  const rows = () => $$("[data-row-of]", grid);
  const inputs = row => $$("input", row);
  const changed = () => grid.dispatchEvent(new Event("input", { bubbles: true }));

  const number = () => {
    rows().forEach((row, n) => {
      const title = grid.dataset.title.replace("{n}", n + 1), remove = $("button", row);
      $("legend", row).textContent = $(".grid__n", row).textContent = title;
      remove.setAttribute("aria-label", grid.dataset.remove.replace("{n}", n + 1));
      remove.value = `cut-${name}-${n}`;
      for (const input of inputs(row)) {
        const id = `${name}-${n}-${input.id.slice(input.id.lastIndexOf("-") + 1)}`;
        const label = $(`label[for="${CSS.escape(input.id)}"]`, row), error = document.getElementById(`${input.id}-error`);
        input.id = input.name = label.htmlFor = id;
        if (error && row.contains(error)) { error.id = `${id}-error`; input.setAttribute("aria-describedby", error.id); }
      }
    });
    add.hidden = rows().length >= most;
  };

  const empty = row => {
    for (const input of inputs(row)) {
      input.value = "";
      input.removeAttribute("aria-invalid");
      input.removeAttribute("aria-describedby");
    }
    for (const error of $$(".field__err", row)) error.remove();
  };

  const more = () => {
    const last = rows().at(-1);
    if (!last || rows().length >= most) return null;
    const made = last.cloneNode(true);
    empty(made);
    last.after(made);
    number();
    return made;
  };

  grid.addEventListener("click", event => {
    const button = event.target.closest("button[name=go]");
    if (!button || !rows().length) return;
    if (button === add) {
      const made = more();
      if (!made) return;
      event.preventDefault();
      inputs(made)[0].focus();
    } else if (button.value.startsWith("cut-")) {
      event.preventDefault();
      const row = button.closest("[data-row-of]"), next = row.nextElementSibling;
      if (rows().length > 1) row.remove();
      else empty(row);
      number();
      (next?.matches("[data-row-of]") ? inputs(next)[0] : add.hidden ? inputs(rows().at(-1))[0] : add).focus();
      changed();
    }
  });

  grid.addEventListener("paste", event => {
    const text = event.clipboardData?.getData("text/plain") ?? "", start = event.target.closest("[data-row-of]");
    if (!start || !/[\t\n]./.test(text)) return;
    const table = text.replace(/\r/g, "").replace(/\n+$/, "").split("\n").map(line => line.split("\t"));
    const column = inputs(start).indexOf(event.target), first = rows().indexOf(start);
    const fits = first + table.length <= most && table.every(cells => column + cells.length <= inputs(start).length);
    if (!fits || text.includes('"')) return;  // the box below says what does not fit
    event.preventDefault();
    table.forEach((cells, n) => {
      const row = rows()[first + n] ?? more();
      cells.forEach((cell, k) => {
        const input = inputs(row)[column + k];
        if (input.type === "date" && !/^\d{4}-\d\d-\d\d$/.test(cell)) input.type = "text";
        input.value = cell.trim();
      });
    });
    changed();
  });
}

for (const choice of $$("select[data-kinds]")) {
  const boxes = $$("[data-of-kind]", choice.form);
  const show = () => { for (const box of boxes) box.hidden = !box.dataset.ofKind.split(" ").includes(choice.value); };
  choice.addEventListener("change", show);
  show();
}
