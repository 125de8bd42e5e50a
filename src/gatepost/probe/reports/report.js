"use strict";
const form = document.getElementById("filters");

function show() {
  const chosen = new FormData(form);
  const severities = new Set(chosen.getAll("severity"));
  const category = chosen.get("category");
  const text = chosen.get("text").trim().toLowerCase();
  let findings = 0;
  for (const card of document.querySelectorAll("article")) {
    const { severity, category: own, findings: count } = card.dataset;
    card.hidden = !(severities.has(severity) && (!category || own === category)
      && card.textContent.toLowerCase().includes(text));
    if (!card.hidden) findings += Number(count);
  }
  form.querySelector("output").value = `${findings} shown`;
  document.getElementById("nothing").hidden = findings > 0;
}

if (form) {
  form.hidden = false;
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  show();
}
addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details")) folded.open = true;
});
