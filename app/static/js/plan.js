// Pictures of a plan: shades where there is more to the side, and what a bar says while it is pointed at or in focus.
(() => {
  "use strict";
  const frames = [...document.querySelectorAll("[data-plan-frame]")];

  function shade(frame) {
    const box = frame.querySelector(".plan-scroll");
    const hidden = box.scrollWidth - box.clientWidth;
    frame.classList.toggle("is-wide", hidden > 1);
    frame.classList.toggle("has-left", hidden > 1 && box.scrollLeft > 1);
    frame.classList.toggle("has-right", hidden > 1 && box.scrollLeft < hidden - 1);
  }

  const tip = document.createElement("div");
  tip.className = "plan-tip no-print";
  tip.setAttribute("aria-hidden", "true");
  tip.hidden = true;
  document.body.append(tip);

  function say(event) {
    const bar = event.target.closest(".plan-bars a");
    tip.hidden = !bar;
    if (!bar) return;
    const place = bar.getBoundingClientRect();
    tip.textContent = bar.getAttribute("aria-label");
    const left = Math.min(place.left, document.documentElement.clientWidth - tip.offsetWidth - 8);
    tip.style.left = `${Math.max(8, left)}px`;
    tip.style.top = `${Math.max(8, place.top - tip.offsetHeight - 6)}px`;
  }

  frames.forEach((frame) => {
    const box = frame.querySelector(".plan-scroll");
    box.addEventListener("scroll", () => { shade(frame); tip.hidden = true; }, { passive: true });
    frame.querySelectorAll("title").forEach((title) => title.remove()); // the browser's own words would lie over ours
    frame.addEventListener("focusin", say);
    frame.addEventListener("mouseover", say);
    ["focusout", "mouseleave"].forEach((name) => frame.addEventListener(name, () => { tip.hidden = true; }));
    shade(frame);
  });
  window.addEventListener("resize", () => frames.forEach(shade));
  window.addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") tip.hidden = true; });
})();
