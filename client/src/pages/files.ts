/** Photos, videos, recordings and documents: choose, record in the page, say what to do with hidden details, remove. */

import { button, h, notice } from "../ui/dom";
import { formatName, formatSize } from "../ui/format";
import { canRecord, recorder } from "../ui/record";
import type { Kind } from "../ui/record";
import { t } from "../ui/texts";
import type { App } from "./app";
import type { Attachment, Refused } from "./draft";

/** A list of ten thousand rows would freeze a cheap phone; the rest is counted. */
const SHOWN = 40;

export function filesStep(app: App): readonly (HTMLElement | null)[] {
  const problems = h("div", { role: "status" });
  const input = h("input", {
    type: "file",
    multiple: true,
    id: "files",
    class: "unseen",
    tabindex: -1,
    "aria-hidden": "true",
    autocomplete: "off",
    on: {
      change: () => {
        const refused = app.draft.addFiles(input.files ?? []);
        input.value = "";
        app.rebuild();
        document.getElementById("file-problems")?.replaceChildren(...refusals(refused));
      },
    },
  });
  problems.id = "file-problems";
  const kinds: readonly Kind[] = canRecord() ? ["photo", "video", "voice"] : [];
  const recorders = kinds.map((kind) =>
    recorder(kind, t(`rec.${kind}`), ({ content, type, suffix }) => {
      app.draft.addRecording(content, type, suffix, kind);
      app.rebuild();
    }, (stop) => app.onLeave(stop)),
  );
  return [
    h("p", {}, t("files.lead")),
    h("p", { class: "why" }, t("files.camera")),
    h("div", { class: "row" }, input, button(t("files.choose"), () => input.click(), { class: "primary" }), ...recorders),
    problems,
    list(app),
  ];
}

function refusals({ tooMany, tooLarge }: Refused): readonly HTMLElement[] {
  const found = tooLarge.slice(0, 5).map((name) => notice("error", t("files.too_large", { name: formatName(name) })));
  if (tooMany > 0) found.push(notice("error", t("files.too_many", { n: tooMany })));
  return found;
}

function list(app: App): HTMLElement {
  const items = app.draft.items.filter((item) => item.source !== "answer");
  if (items.length === 0) return h("p", { class: "muted" }, t("files.none"));
  const bytes = items.reduce((sum, item) => sum + item.content.size, 0);
  return h(
    "div",
    {},
    h("p", { class: "strong" }, t("files.total", { n: items.length, size: formatSize(bytes) })),
    h("p", { class: "why" }, t("files.hidden_why")),
    h("ul", { class: "files" }, ...items.slice(0, SHOWN).map((item) => row(app, item))),
    items.length > SHOWN && h("p", { class: "muted" }, t("files.more", { n: items.length - SHOWN })),
  );
}

function row(app: App, item: Attachment): HTMLElement {
  const name = formatName(item.name);
  const choice = h(
    "select",
    {
      autocomplete: "off",
      "aria-label": `${t("files.hidden")}: ${name}`,
      on: {
        change: (event) => {
          item.hiddenDetails = (event.target as HTMLSelectElement).value === "strip" ? "strip" : "keep";
        },
      },
    },
    h("option", { value: "keep", selected: item.hiddenDetails === "keep" }, t("files.hidden_keep")),
    h("option", { value: "strip", selected: item.hiddenDetails === "strip" }, t("files.hidden_strip")),
  );
  return h(
    "li",
    {},
    h("b", {}, name),
    " ",
    h("span", { class: "muted" }, formatSize(item.content.size)),
    item.content.size === 0 && notice("care", t("files.empty")),
    h("div", { class: "row" }, choice, button(t("ui.remove"), () => {
      app.draft.remove(item);
      app.rebuild();
      app.announce(t("files.removed", { name }));
    }, { "aria-label": `${t("ui.remove")}: ${name}` })),
  );
}
