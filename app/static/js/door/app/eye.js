// The camera while somebody waits for a code, and the screen that stays on meanwhile.

import { Camera } from "../camera.js";

let awake = null;

// The screen does not go dark while tickets are read. Where a browser cannot promise that, it is as before.
export async function stayAwake() {
  if (!navigator.wakeLock || document.hidden || (awake && !awake.released)) return;
  try {
    awake = await navigator.wakeLock.request("screen");
  } catch {
    awake = null; // an empty battery, or the page went out of sight
  }
}

export class Eye {
  // `found(text)` is told each code that is held up while somebody waits.
  constructor(video, found) {
    this.video = video;
    this.found = found;
    this.camera = null;
    this.failed = false;
    this.wanted = false;
    document.addEventListener("visibilitychange", () => this.#seen());
  }

  get open() {
    return Boolean(this.camera);
  }

  // Opens the camera when it is closed. Resolves to whether there is one; `facing`: "environment" or "user".
  async start(facing = "environment") {
    this.wanted = true;
    stayAwake();
    if (this.camera && this.facing !== facing) this.close();
    if (!this.camera && !this.failed) await this.#open(facing);
    if (!this.camera) return false;
    if (this.wanted && !document.hidden) this.camera.start();
    return true;
  }

  rest() {
    this.wanted = false;
    if (this.camera) this.camera.stop();
  }

  close() {
    if (this.camera) this.camera.close();
    this.camera = null;
  }

  async #open(facing) {
    if (!Camera.possible) {
      this.failed = true;
      return;
    }
    if (!this.opening) this.opening = this.#ask(facing).finally(() => { this.opening = null; });
    await this.opening;
  }

  async #ask(facing) {
    const camera = new Camera(this.video, (text) => this.found(text), facing);
    try {
      await camera.open();
      this.camera = camera;
      this.facing = facing;
    } catch {
      camera.close();
      this.failed = true;
    }
  }

  #seen() {
    if (document.hidden) {
      if (this.camera) this.camera.stop();
      return;
    }
    stayAwake(); // the lock ends when the page is out of sight
    if (this.wanted && this.camera) this.camera.start();
  }
}
