// <button data-says-choice="name" data-none data-one data-many data-wait>: says which input of that name is chosen.
(() => {
  "use strict";

  function words(button, chosen) {
    const { none, one, many, wait } = button.dataset;
    if (!chosen.length) return none;
    if (chosen.some((input) => input.value.startsWith("wait:"))) return wait;
    if (chosen.length > 1) return many.replace("{number}", String(chosen.length));
    const title = chosen[0].labels[0].querySelector(".choice-title");
    return one.replace("{choice}", title.textContent);
  }

  document.querySelectorAll("[data-says-choice]").forEach((button) => {
    const label = button.querySelector(".btn-text");
    const refresh = () => {
      const inputs = [...button.form.elements].filter((input) => input.name === button.dataset.saysChoice);
      label.textContent = words(button, inputs.filter((input) => input.checked));
    };
    button.form.addEventListener("change", refresh);
    refresh();
  });
})();
