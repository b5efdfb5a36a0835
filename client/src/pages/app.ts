/** The one page: which view is shown, what it must stop when it goes, the sealer when it is there. */

import { hasCode, loadSealer, readStamp } from "../api";
import type { Card, Sealer } from "../api";
import { byId } from "../ui/dom";
import { stopSpeaking } from "../ui/speak";
import { hasAllTexts, loadTexts } from "../ui/texts";
import { Draft } from "./draft";

/** A view builds itself from the state, so that it can be built again in another language. */
export type View = () => HTMLElement;

export class App {
  readonly draft = new Draft();
  /** Texts of the card; null in a page that was never stamped. */
  readonly card: Card | null;
  leave: () => void = () => undefined;
  sealer: Sealer | null = null;
  sealerProblem: unknown = null;
  /** Whether words to the desk stand in the mailbox, unsent. */
  hasUnsentMessage = false;
  #view: View | null = null;
  #cleanups: (() => void)[] = [];
  #waiting: (() => void)[] = [];
  #guarded = false;

  constructor() {
    let card: Card | null = null;
    try {
      card = readStamp(document).card;
    } catch (problem) {
      this.sealerProblem = problem;
    }
    this.card = card;
  }

  /** Whether the views behind the first page can be shown, if only to say that the card is wrong. */
  get isComplete(): boolean {
    const isOnTheWay = this.sealerProblem === null || hasCode(this.sealerProblem, "bundle.sealer_not_loaded");
    return hasAllTexts() && (this.sealer !== null || !isOnTheWay);
  }

  /** Load texts and what seals. Safe to call again after it failed. */
  async load(): Promise<void> {
    const texts = loadTexts().catch(() => undefined);
    try {
      this.sealerProblem = null;
      this.sealer ??= await loadSealer(document);
    } catch (problem) {
      this.sealerProblem = problem;
    }
    await texts;
    for (const then of this.#waiting.splice(0)) then();
  }

  /** Call `then` when the sealer has come or failed, unless the view has gone by then. */
  whenLoaded(then: () => void): void {
    this.#waiting.push(then);
    this.onLeave(() => {
      this.#waiting = this.#waiting.filter((each) => each !== then);
    });
  }

  show(view: View): void {
    this.#stop();
    this.announce("");
    this.#view = view;
    const place = byId("view");
    place.replaceChildren(view());
    place.hidden = false;
    byId("home").hidden = true;
    byId("help").hidden = true;
    byId("before").classList.remove("shown");
    window.scrollTo(0, 0);
    place.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
    this.guard();
  }

  /** Build the view anew where it stands, without moving focus or scroll. */
  rebuild(): void {
    if (this.#view === null) return;
    this.#stop();
    byId("view").replaceChildren(this.#view());
    this.guard();
  }

  get view(): View | null {
    return this.#view;
  }

  /** Show one of the document's own sections: home (with help under it), help alone, or before. */
  showSection(name: "home" | "help" | "before"): void {
    this.#stop();
    byId("view").hidden = true;
    byId("view").replaceChildren();
    byId("home").hidden = name !== "home";
    byId("help").hidden = name === "before";
    byId("before").classList.toggle("shown", name === "before");
    window.scrollTo(0, 0);
    byId(`${name}-title`).focus({ preventScroll: true });
    byId("resume").hidden = !this.draft.hasContent();
    if (name === "home" && !this.draft.hasContent()) this.#view = null;
  }

  /** Back to the start, and what the view held is let go. */
  close(): void {
    this.#view = null;
    this.showSection("home");
  }

  onLeave(stop: () => void): void {
    this.#cleanups.push(stop);
  }

  announce(text: string): void {
    byId("announce").textContent = text;
  }

  /** Ask before a reload only while there are unsent words. */
  guard(): void {
    const wanted = this.draft.hasContent() || this.hasUnsentMessage;
    if (wanted === this.#guarded) return;
    this.#guarded = wanted;
    if (wanted) addEventListener("beforeunload", warn);
    else removeEventListener("beforeunload", warn);
  }

  forgetAll(): void {
    this.#stop();
    this.hasUnsentMessage = false;
    this.draft.forgetAll();
    this.guard();
  }

  #stop(): void {
    stopSpeaking();
    for (const stop of this.#cleanups.splice(0)) stop();
  }
}

function warn(event: BeforeUnloadEvent): void {
  event.preventDefault();
}
