/** The receipt code: made on this phone, shown in groups, typed back once before the first sending. */

import { checkReceiptCode, groupReceiptCode } from "../api";
import { button, h, notice } from "../ui/dom";
import { problemText } from "../ui/problem";
import { listenButton } from "../ui/speak";
import { t } from "../ui/texts";
import type { App } from "./app";

export function codeGroups(code: string): HTMLElement {
  const groups = groupReceiptCode(code);
  return h("p", { class: "code-groups", translate: "no", role: "img", "aria-label": `${t("code.shown")}: ${groups.join(", ")}` }, ...groups.map((group) => h("span", {}, group)));
}

export function codeStep(app: App, onward: () => void): readonly (HTMLElement | null)[] {
  const intro = [h("p", {}, t("code.lead")), h("p", { class: "notice" }, t("code.risk")), listenButton(`${t("code.lead")} ${t("code.risk")}`)];
  if (app.sealer === null) return [...intro, ...sealerWait(app)];
  app.draft.code ??= app.sealer.makeReceiptCode();
  const code = app.draft.code;
  if (app.draft.session !== null) {
    return [...intro, codeGroups(code), notice("good", t("code.good")), h("div", { class: "row" }, button(t("nav.on"), onward, { class: "primary" }))];
  }
  return [...intro, codeGroups(code), retype(app, code, onward)];
}

/** What stands where the sealer is not there yet: waiting, or failed with *Try again*. */
export function sealerWait(app: App): readonly HTMLElement[] {
  const again = (): void => app.rebuild();
  if (app.sealerProblem === null) {
    app.whenLoaded(again);
    return [notice("info", t("code.preparing"))];
  }
  const retry = button(t("send.again"), () => {
    void app.load().then(again);
    app.sealerProblem = null;
    app.rebuild();
  });
  return [notice("error", h("p", {}, problemText(app.sealerProblem)), retry)];
}

function retype(app: App, code: string, onward: () => void): HTMLElement {
  const problem = h("p", { class: "error-text", id: "code-problem", role: "alert" });
  const input = h("input", {
    type: "text",
    id: "code-again",
    class: "code",
    inputmode: "numeric",
    autocomplete: "off",
    spellcheck: "false",
    "aria-describedby": "code-why code-problem",
  });
  const go = h("button", { class: "primary" }, t("code.check"));
  return h(
    "form",
    {
      class: "step",
      autocomplete: "off",
      novalidate: true,
      on: {
        submit: (event) => {
          event.preventDefault();
          void check();
        },
      },
    },
    h("label", { class: "label strong", for: "code-again" }, t("code.retype")),
    h("p", { class: "why", id: "code-why" }, t("code.retype_why")),
    input,
    problem,
    h("div", { class: "row" }, go),
  );

  async function check(): Promise<void> {
    input.removeAttribute("aria-invalid");
    problem.textContent = "";
    try {
      if (checkReceiptCode(input.value) !== code) throw new Error("different");
    } catch (error) {
      input.setAttribute("aria-invalid", "true");
      problem.textContent = error instanceof Error && error.message === "different" ? t("code.different") : problemText(error);
      input.focus();
      return;
    }
    if (app.sealer === null || go.disabled) return;
    go.disabled = true;
    app.draft.session = await app.sealer.startReport(code);
    onward();
    app.announce(t("code.good"));
  }
}
