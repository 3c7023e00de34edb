// A field in [data-autosubmit] sends its form when it changes; the form's own button ([data-autosubmit-button]) then hides.
(() => {
  "use strict";
  document.querySelectorAll("[data-autosubmit-button]").forEach((button) => { button.hidden = true; });
  document.addEventListener("change", (event) => {
    const field = event.target;
    if (field instanceof Element && field.closest("[data-autosubmit]") && field.form) field.form.requestSubmit();
  });
})();
