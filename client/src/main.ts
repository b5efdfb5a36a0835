/**
 * The first script of the reporters' page: leave, help, language, and the way into form and mailbox.
 *
 * *Leave* is wired before anything that could fail. Nothing is stored; the address never changes.
 */

import type { Language, Service } from "./api";
import { App } from "./pages/app";
import { showStep } from "./pages/form";
import { showCodeEntry } from "./pages/mailbox";
import { byId, h, notice } from "./ui/dom";
import { wireExit } from "./ui/exit";
import { whenVoicesCome } from "./ui/speak";
import { changeLanguage, language, languageOf, t } from "./ui/texts";

const app = new App();
app.leave = wireExit(() => app.forgetAll(), (text) => app.announce(text));
if (location.hash !== "" || location.search !== "") history.replaceState(null, "", location.pathname);

function wire(id: string, onClick: () => void): void {
  const control = byId(id) as HTMLButtonElement;
  control.addEventListener("click", onClick);
  control.disabled = false;
}

/** The views behind the first page need texts and sealer, which are still coming. */
function whenComplete(then: () => void): () => void {
  return () => {
    document.getElementById("incomplete")?.remove();
    if (app.isComplete) {
      then();
      return;
    }
    void app.load().then(() => {
      if (app.isComplete) {
        then();
        return;
      }
      const cut = notice("care", t("error.bundle.sealer_not_loaded"));
      cut.id = "incomplete";
      byId("main").prepend(cut);
      app.announce(cut.textContent ?? "");
    });
  };
}

function showHelp(): void {
  app.showSection("help");
  const interrupted = app.view;
  if (interrupted === null) return;
  const back = h("button", { type: "button", class: "primary", id: "return" }, t("nav.return"));
  back.addEventListener("click", () => {
    back.remove();
    app.show(interrupted);
  });
  document.getElementById("return")?.remove();
  byId("help").prepend(back);
}

wire("to-help", showHelp);
wire("go-help", showHelp);
wire("go-tell", () => app.showSection("before"));
wire("go-code", whenComplete(() => showCodeEntry(app)));
wire("go-leave", () => app.leave());
wire("begin", whenComplete(() => showStep(app, "age")));
wire("before-back", () => app.showSection("home"));
wire("go-on", whenComplete(() => showStep(app, "review")));

function serviceItem(service: Service, to: Language): HTMLElement {
  return h(
    "li",
    { class: "service" },
    h("a", { class: "number", href: `tel:${service.number.replace(/[^\d+*#]/gu, "")}` }, service.number),
    h("b", {}, service.name[to]),
    h("span", {}, service.answered_by[to]),
    h("span", { class: "police" }, t(`help.police.${service.police_learns}`)),
    service.note !== null && h("span", {}, service.note[to]),
  );
}

/** What comes from the card, in the language of the page. */
function showCardTexts(): void {
  const { card } = app;
  if (card === null) return;
  const to = language();
  const services = card.services.map((service) => serviceItem(service, to));
  byId("services").replaceChildren(...(services.length > 0 ? services : [h("li", { class: "service" }, t("help.none"))]));
  byId("reading").textContent = card.reading_interval.text[to];
  byId("foot").textContent = t("foot.us", { name: card.names[to] });
}

function markLanguage(): void {
  for (const each of document.querySelectorAll<HTMLButtonElement>("#languages button")) {
    if (each.value === language()) each.setAttribute("aria-current", "true");
    else each.removeAttribute("aria-current");
  }
}

async function switchTo(next: Language): Promise<void> {
  try {
    await changeLanguage(next);
  } catch {
    app.announce(t("error.bundle.sealer_not_loaded"));
    return;
  }
  markLanguage();
  showCardTexts();
  app.rebuild();
}

document.getElementById("languages")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const pressed = (event as SubmitEvent).submitter;
  if (pressed instanceof HTMLButtonElement) void switchTo(languageOf(pressed.value));
});

/** Each window holds its own words: say so when there are two. The channel lives in memory only. */
function tellOtherWindows(): void {
  if (!("BroadcastChannel" in window)) return;
  const channel = new BroadcastChannel("windows");
  const seen = (): void => {
    if (document.getElementById("two-windows") !== null) return;
    const words = h("p", { id: "two-windows", class: "notice care", role: "status", "data-t": "home.two_windows" }, t("home.two_windows"));
    byId("main").prepend(words);
  };
  channel.addEventListener("message", (event: MessageEvent<unknown>) => {
    if (event.data === "here") channel.postMessage("also");
    seen();
  });
  channel.postMessage("here");
}

function wasReloaded(): boolean {
  const [entry] = performance.getEntriesByType("navigation");
  return entry instanceof PerformanceNavigationTiming && entry.type === "reload";
}

if (wasReloaded()) {
  const gone = notice("care", t("leave.gone"));
  gone.dataset["t"] = "leave.gone";
  byId("home").append(gone);
}

markLanguage();
showCardTexts();
tellOtherWindows();
whenVoicesCome(() => app.rebuild());
void app.load();
