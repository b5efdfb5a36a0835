/**
 * *Leave*: the page covers itself at once, forgets, replaces its history entry and goes to a neutral site.
 *
 * The pattern is GOV.UK's "exit this page": a button, a link for the keyboard and three times Shift
 * within five seconds. Shift counts only when pressed alone: Alt+Shift and Ctrl+Shift change the
 * keyboard's language between Kazakh and Russian, and Shift with a letter writes a capital.
 * Nothing is asked, also when words are unsent. Escape does nothing. Both links work without script.
 */

import { byId, h } from "./dom";
import { t } from "./texts";

const WINDOW_MS = 5000;
const PRESSES = 3;

export function wireExit(forget: () => void, announce: (text: string) => void): () => void {
  const link = byId("exit") as HTMLAnchorElement;
  const destination = link.href;

  function leave(): void {
    document.body.replaceChildren(h("div", { class: "overlay" }));
    try {
      forget();
    } finally {
      history.replaceState(null, "", location.pathname);
      location.replace(destination);
    }
  }

  for (const each of [link, byId("exit-skip")]) {
    each.addEventListener("click", (event) => {
      event.preventDefault();
      leave();
    });
  }
  wireThreeShifts(leave, announce);
  return leave;
}

function wireThreeShifts(leave: () => void, announce: (text: string) => void): void {
  const dots = byId("dots");
  let pressed = 0;
  let alone = false;
  let timer = 0;

  function reset(): void {
    pressed = 0;
    dots.textContent = "";
    window.clearTimeout(timer);
  }

  addEventListener("keydown", (event) => {
    alone = event.key === "Shift" && !event.altKey && !event.ctrlKey && !event.metaKey && (alone || !event.repeat);
    if (event.key !== "Shift") reset();
  });
  addEventListener("keyup", (event) => {
    if (event.key !== "Shift" || !alone || event.altKey || event.ctrlKey || event.metaKey) return;
    alone = false;
    if (pressed === 0) timer = window.setTimeout(reset, WINDOW_MS);
    pressed += 1;
    if (pressed >= PRESSES) {
      leave();
      return;
    }
    dots.textContent = "●".repeat(pressed) + "○".repeat(PRESSES - pressed);
    announce(t(`exit.pressed_${pressed}`));
  });
}
