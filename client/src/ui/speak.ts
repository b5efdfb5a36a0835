/**
 * Read a question aloud, by a voice that is on this phone and by no other.
 *
 * A network voice would send the text away, so only `localService` voices count; where there is none
 * for the language, there is no button.
 */

import { button } from "./dom";
import { language, t } from "./texts";

function localVoice(): SpeechSynthesisVoice | undefined {
  if (!("speechSynthesis" in window)) return undefined;
  return speechSynthesis.getVoices().find((voice) => voice.localService && voice.lang.toLowerCase().startsWith(language()));
}

export function stopSpeaking(): void {
  if ("speechSynthesis" in window) speechSynthesis.cancel();
}

/** A button that reads `text` aloud, or null where no voice of this phone can. */
export function listenButton(text: string): HTMLButtonElement | null {
  const voice = localVoice();
  if (voice === undefined) return null;
  const control = button(t("ui.listen"), () => {
    if (speechSynthesis.speaking) {
      stopSpeaking();
      return;
    }
    const words = new SpeechSynthesisUtterance(text);
    words.voice = voice;
    words.lang = voice.lang;
    words.onend = words.onerror = () => (control.textContent = t("ui.listen"));
    control.textContent = t("ui.listen_stop");
    speechSynthesis.speak(words);
  }, { class: "quiet" });
  return control;
}

/** Some browsers list their voices late: ask once, and tell when they are there. */
export function whenVoicesCome(then: () => void): void {
  if (!("speechSynthesis" in window) || speechSynthesis.getVoices().length > 0) return;
  speechSynthesis.addEventListener("voiceschanged", then, { once: true });
}
