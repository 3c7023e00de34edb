// The camera and the reading of QR codes (zxing, in WebAssembly): one picture about every 120 ms, while somebody waits.

const EVERY = 120;
const LONGEST_SIDE = 800;
const AWAY = 1000; // a code that was out of sight for so long is read again

export class Camera {
  // `found(text)` is called once for a code that is held before the camera; `facing`: the one behind, or that in front ("user").
  constructor(video, found, facing = "environment") {
    this.video = video;
    this.found = found;
    this.facing = facing;
    this.canvas = document.createElement("canvas");
    this.pen = this.canvas.getContext("2d", { willReadFrequently: true });
    this.running = false;
    this.last = { text: "", at: 0 };
  }

  static get possible() {
    return Boolean(navigator.mediaDevices && navigator.mediaDevices.getUserMedia && window.ZXingWASM);
  }

  // Rejects when there is no camera or it may not be used.
  async open() {
    window.ZXingWASM.prepareZXingModule({
      overrides: { locateFile: (path) => (path.endsWith(".wasm") ? this.video.dataset.wasm : path) },
    });
    this.stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: { ideal: this.facing }, width: { ideal: 1280 }, height: { ideal: 720 } },
    });
    this.video.srcObject = this.stream;
    await this.video.play();
  }

  start() {
    if (this.running || !this.stream) return;
    this.running = true;
    this.last.at = performance.now(); // the ticket just dealt with may still be held up
    this.#next();
  }

  stop() {
    this.running = false;
    window.clearTimeout(this.timer);
  }

  close() {
    this.stop();
    if (this.stream) this.stream.getTracks().forEach((track) => track.stop());
    this.stream = null;
  }

  #next() {
    this.timer = window.setTimeout(() => this.#look(), EVERY);
  }

  async #look() {
    if (!this.running) return;
    const text = await this.#read();
    if (!this.running) return;
    const now = performance.now();
    const held = text && text === this.last.text && now - this.last.at < AWAY;
    if (text) this.last = { text, at: now };
    if (text && !held) this.found(text);
    if (this.running) this.#next();
  }

  async #read() {
    const { videoWidth: width, videoHeight: height } = this.video;
    if (!width || !height) return "";
    const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height));
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    this.pen.drawImage(this.video, 0, 0, this.canvas.width, this.canvas.height);
    const picture = this.pen.getImageData(0, 0, this.canvas.width, this.canvas.height);
    const codes = await window.ZXingWASM.readBarcodes(picture, { formats: ["QRCode"], maxNumberOfSymbols: 1, tryHarder: true });
    return codes.length ? codes[0].text : "";
  }
}
