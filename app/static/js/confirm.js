// data-confirm on a form or a button: asks before it leaves. The server still has the last word.
(() => {
  "use strict";
  document.addEventListener("submit", (event) => {
    const text = (event.submitter && event.submitter.dataset.confirm) || event.target.dataset.confirm;
    if (text && !window.confirm(text)) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  }, true);
})();
