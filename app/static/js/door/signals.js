// A sound and a vibration for each verdict, told apart without looking.

const TUNES = {
  accepted: [[660, 0, 0.11], [990, 0.12, 0.16]],
  already: [[520, 0, 0.13], [520, 0.2, 0.13], [520, 0.4, 0.13]],
  refused: [[210, 0, 0.28], [150, 0.3, 0.42]],
};
const SHAKES = { accepted: [80], already: [70, 70, 70, 70, 70], refused: [350, 90, 350] };

let sound = null;
let silent = false;

// Whether verdicts sound; they are felt and seen either way.
export function setSound(on) {
  silent = !on;
}

// Browsers let a page sound after a touch only: the first one wakes it.
export function wakeSound() {
  const Context = window.AudioContext || window.webkitAudioContext;
  if (!Context) return;
  sound = sound || new Context();
  if (sound.state === "suspended") sound.resume();
}

export function signal(kind) {
  document.documentElement.dataset.signal = kind;
  if (navigator.vibrate && navigator.userActivation && navigator.userActivation.hasBeenActive) navigator.vibrate(SHAKES[kind]);
  if (silent || !sound || sound.state !== "running") return;
  for (const [pitch, after, length] of TUNES[kind]) {
    const begins = sound.currentTime + after;
    const tone = sound.createOscillator();
    const volume = sound.createGain();
    tone.type = kind === "accepted" ? "sine" : "square";
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.0001, begins);
    volume.gain.exponentialRampToValueAtTime(kind === "accepted" ? 0.4 : 0.18, begins + 0.015);
    volume.gain.exponentialRampToValueAtTime(0.0001, begins + length);
    tone.connect(volume).connect(sound.destination);
    tone.start(begins);
    tone.stop(begins + length + 0.02);
  }
}
