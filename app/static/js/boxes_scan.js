// The label of a box before the camera: its page opens. Without a camera, or without scripts, the code is typed.

import { Camera } from "./door/camera.js";

const place = document.querySelector("[data-box-scan]");
const view = place.querySelector("[data-scan-view]");
const said = place.querySelector("[data-scan-said]");
const open = place.querySelector("[data-scan-open]");
let camera = null;

// The reader of codes is large: it is fetched when somebody wants to scan.
function reader() {
  if (window.ZXingWASM) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = place.dataset.reader;
    script.addEventListener("load", resolve);
    script.addEventListener("error", reject);
    document.head.append(script);
  });
}

function close() {
  if (camera) camera.close();
  camera = null;
  view.hidden = true;
  open.hidden = false;
}

function found(text) {
  const path = URL.canParse(text) ? new URL(text).pathname : "";
  if (!/^\/b\/[\w-]+$/.test(path)) {
    said.textContent = said.dataset.other;
    return;
  }
  close();
  window.location.assign(path);
}

open.addEventListener("click", async () => {
  said.textContent = "";
  open.hidden = true;
  view.hidden = false;
  try {
    await reader();
    camera = new Camera(view.querySelector("video"), found);
    await camera.open();
    camera.start();
    view.querySelector("[data-scan-close]").focus();
  } catch {
    close();
    said.textContent = said.dataset.none;
    place.querySelector("#code").focus();
  }
});

view.querySelector("[data-scan-close]").addEventListener("click", () => {
  close();
  open.focus();
});
window.addEventListener("pagehide", close);
open.hidden = !(navigator.mediaDevices && navigator.mediaDevices.getUserMedia);
