/** The consents: one switch a purpose and audience; off unless she turns it on, but for the two that sending means. */

import { h } from "../ui/dom";
import { listenButton } from "../ui/speak";
import { t } from "../ui/texts";
import type { App } from "./app";
import { CONSENTS } from "./questions";

export function consentStep(app: App): readonly (HTMLElement | null)[] {
  const rows = CONSENTS.map((row) =>
    h(
      "label",
      { class: "choice" },
      h("input", {
        type: "checkbox",
        role: "switch",
        autocomplete: "off",
        checked: row.needed || app.draft.granted.has(row.purpose),
        disabled: row.needed,
        on: {
          change: (event) => {
            if ((event.target as HTMLInputElement).checked) app.draft.granted.add(row.purpose);
            else app.draft.granted.delete(row.purpose);
          },
        },
      }),
      h(
        "span",
        {},
        t(`consent.${row.purpose}`),
        h("small", {}, t(`consent.for.${row.audience}`)),
        row.needed && h("small", {}, t("consent.needed")),
      ),
    ),
  );
  return [
    h("p", {}, t("consent.lead")),
    h("p", { class: "why" }, t("consent.why")),
    listenButton([t("consent.lead"), ...CONSENTS.map((row) => t(`consent.${row.purpose}`))].join(" ")),
    h("div", { class: "field", role: "group", "aria-label": t("step.consent") }, ...rows),
  ];
}
