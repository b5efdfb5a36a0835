/**
 * Elements without a framework: `h` makes one, text is always text (never markup).
 *
 * Safe under `require-trusted-types-for 'script'`: no `innerHTML`, no handler attribute, no `src` of
 * a script is ever set here.
 */

type Child = Node | string | null | false;
type Value = string | number | boolean | null;

export interface Properties {
  readonly class?: string;
  readonly on?: Readonly<Record<string, (event: Event) => void>>;
  readonly [attribute: string]: Value | undefined | Readonly<Record<string, (event: Event) => void>>;
}

export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Properties = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "object") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  for (const child of children) if (child !== null && child !== false) element.append(child);
  return element;
}

export function button(label: string, onClick: () => void, properties: Properties = {}): HTMLButtonElement {
  return h("button", { type: "button", ...properties, on: { click: onClick } }, label);
}

export function notice(kind: "info" | "care" | "error" | "good", ...children: readonly Child[]): HTMLElement {
  return h("div", { class: `notice ${kind}`, role: kind === "error" ? "alert" : null }, ...children);
}

/** A heading that takes the focus when its view is shown. */
export function title(text: string): HTMLElement {
  return h("h1", { tabindex: -1 }, text);
}

export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the document lacks #${id}`);
  return element;
}
