"use strict";
// Everything works without this script. It adds the key "/" for the search field, small labels at the marks of charts,
// arrow keys along these marks, and a button that saves a picture as PNG.

const isText = (element) => element.closest?.("input, textarea, select");

addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isText(event.target)) return;
  const field = document.querySelector("input[type=search]");
  if (!field) return;
  event.preventDefault();
  field.focus();
});

// Labels. The browser's own label is a title too, so the title is taken away while the label is shown.
const label = document.createElement("div");
label.className = "tip";
label.hidden = true;
label.setAttribute("aria-hidden", "true"); // a reader of the screen has the titles and the tables
document.body.append(label);

let mark = null; // whose label is shown
let giveBack = () => {};

const titleOf = (element) => element.querySelector(":scope > title");
const markAt = (element) => element?.closest?.("[title], .chart svg :has(> title)");

function hide() {
  if (!mark) return;
  giveBack();
  mark.classList.remove("here");
  mark = null;
  label.hidden = true;
}

function show(next, x, y) {
  if (next !== mark) {
    hide();
    if (!next) return;
    const title = titleOf(next);
    const text = title ? title.textContent : next.title;
    if (title) {
      title.remove();
      giveBack = () => next.prepend(title);
    } else {
      next.removeAttribute("title");
      giveBack = () => next.setAttribute("title", text);
    }
    mark = next;
    mark.classList.add("here");
    label.textContent = text;
    label.hidden = false;
  }
  if (!mark) return;
  const top = y - label.offsetHeight - 12;
  label.style.left = Math.max(8, Math.min(x + 12, document.documentElement.clientWidth - label.offsetWidth - 8)) + "px";
  label.style.top = (top < 8 ? y + 20 : top) + "px";
}

addEventListener("pointerover", (event) => show(event.target === label ? mark : markAt(event.target), event.clientX, event.clientY));
addEventListener("pointermove", (event) => show(mark, event.clientX, event.clientY));
addEventListener("scroll", hide, { passive: true });
document.documentElement.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && hide());

// Arrow keys: left and right along the marks of a drawing, and to all sides in a table.
for (const chart of document.querySelectorAll(".plot > svg:first-child, table.heat")) {
  chart.setAttribute("tabindex", "0");
  chart.addEventListener("blur", hide);
  chart.addEventListener("keydown", (event) => {
    const upright = /Up|Down/.test(event.key);
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (event.key === "Escape") hide();
    if (!step || event.target !== chart || upright && !chart.rows) return;
    event.preventDefault();
    const current = chart.contains(mark) ? mark : null;
    const marks = [...chart.querySelectorAll("td[title], td.here, :scope :has(> title), :scope .here")].filter((m) => m.getClientRects().length);
    let next = marks[marks.indexOf(current) + step];
    if (!current) next = marks.at(step < 0 ? -1 : 0);
    else if (upright) next = chart.rows[current.parentNode.rowIndex + step]?.cells[current.cellIndex];
    if (!marks.includes(next)) return;
    const box = next.getBoundingClientRect();
    show(next, box.x + box.width / 2, box.y);
  });
}

// Pictures.
for (const place of document.querySelectorAll("[data-picture]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Save picture";
  place.append(button);
  button.addEventListener("click", async () => {
    const { picture, width, height } = place.dataset;
    const image = new Image();
    image.src = picture;
    try {
      await image.decode();
      const canvas = document.createElement("canvas");
      canvas.width = width;
      canvas.height = height;
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
      const link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = new URL(picture, location).pathname.replace(/.*\//, "").replace(/\.svg$/, "") + ".png";
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    } catch {
      button.textContent = "The picture cannot be made here";
      button.disabled = true;
    }
  });
}
