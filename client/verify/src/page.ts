// SPDX-License-Identifier: Apache-2.0
/** The page: takes a folder or a ZIP and a policy, and shows the verdict. Nothing leaves the device. */

import texts from "../../../packages/aigaq-verify/src/aigaq_verify/texts.json";

import { VerifyError } from "./errors";
import { Folder, type Source } from "./files";
import { parsePolicy, type Policy } from "./policy";
import { verifyPackage, type Verdict } from "./steps";
import { Archive } from "./zip";
import type { Bytes } from "./encoding";

type Language = keyof typeof texts;
const LANGUAGES = Object.keys(texts) as readonly Language[];
const byId = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
let language: Language = LANGUAGES.find((one) => navigator.language.startsWith(one)) ?? "ru";
let dropped: (() => Promise<Source>) | null = null;
let last: Verdict | null = null;

function say(key: string, ...values: string[]): string {
  const text = (texts[language] as Readonly<Record<string, string>>)[key] ?? key;
  const named: Readonly<Record<string, string | undefined>> = { kk: values[0], ru: values[1], en: values[2], n: values[3] };
  return text.replace(/\{(\w+)\}/g, (_, name: string) => named[name] ?? values[Number(name) - 1] ?? "");
}

function element<K extends keyof HTMLElementTagNameMap>(tag: K, text = ""): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

function translate(): void {
  document.documentElement.lang = language;
  document.title = say("title");
  for (const one of document.querySelectorAll<HTMLElement>("[data-text]")) one.textContent = say(one.dataset["text"]!);
  for (const one of document.querySelectorAll<HTMLButtonElement>("[data-language]")) one.setAttribute("aria-pressed", String(one.dataset["language"] === language));
  if (last) show(last);
}

function show(verdict: Verdict): void {
  last = verdict;
  const place = byId("verdict");
  place.dataset["exit"] = String(verdict.exit);
  place.replaceChildren(element("h2", say(`outcome_${verdict.exit}`)));
  const table = element("table");
  const head = table.createTHead().insertRow();
  for (const key of ["step", "result", "found"]) {
    const cell = element("th", say(key));
    cell.scope = "col";
    head.append(cell);
  }
  const body = table.createTBody();
  for (const step of verdict.steps) {
    const row = body.insertRow();
    Object.assign(row.dataset, { number: String(step.number), result: step.result, code: step.code, where: step.where });
    const words = step.words.map(([key, ...values]) => say(key, ...values));
    const found = [step.code, step.where, ...words].filter((one) => one !== "");
    for (const text of [`${step.number}. ${say(`step_${step.number}`)}`, say(step.result), found.join(" · ")]) row.insertCell().textContent = text;
  }
  place.append(table);
  if (verdict.items.length === 0) return;
  const list = element("ul");
  for (const item of verdict.items) {
    const line = element("li");
    line.dataset["result"] = item.result;
    line.append(element("bdi", item.path), ": ", element("strong", say(item.result)), element("br"), element("code", item.sha256), element("br"), item.words.map(([key, ...values]) => say(key, ...values)).join("; "));
    list.append(line);
  }
  place.append(element("h2", say("items")), list);
}

async function readPolicy(): Promise<Policy | null> {
  const file = byId<HTMLInputElement>("policy").files?.[0];
  return file ? parsePolicy(new Uint8Array(await file.arrayBuffer()) as Bytes) : null;
}

function chosen(): (() => Promise<Source>) | null {
  const folder = [...(byId<HTMLInputElement>("folder").files ?? [])];
  const archive = byId<HTMLInputElement>("zip").files?.[0];
  if (folder.length > 0) return async () => new Folder(folder.map((file) => [file.webkitRelativePath.split("/").slice(1).join("/"), file]));
  if (archive) return () => Archive.open(archive);
  return dropped;
}

async function check(): Promise<void> {
  const place = byId("verdict");
  const progress = byId("progress");
  const open = chosen();
  delete place.dataset["exit"];
  place.replaceChildren();
  if (!open) {
    progress.textContent = say("choose");
    return;
  }
  let policy: Policy | null;
  try {
    policy = await readPolicy();
  } catch (error) {
    progress.textContent = error instanceof VerifyError ? `${say("bad_policy")} ${error.code}` : say("bad_policy");
    place.dataset["exit"] = "2";
    return;
  }
  let hashed = 0;
  progress.textContent = say("working");
  show(await verifyPackage(open, policy, Math.floor(Date.now() / 1000), (bytes) => {
    hashed += bytes;
    progress.textContent = `${say("working")}: ${say("bytes", (hashed / 1048576).toFixed(0))}`;
  }));
  progress.textContent = say("bytes", (hashed / 1048576).toFixed(1));
}

/** Read a dropped folder through; an empty folder within it belongs to no bag. */
async function walk(entry: FileSystemEntry, prefix: string, found: [string, File][]): Promise<void> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    found.push([prefix + entry.name, file]);
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const name = prefix + entry.name;
  let count = 0;
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) break;
    count += some.length;
    for (const one of some) await walk(one, `${name}/`, found);
  }
  if (count === 0) throw new VerifyError("files.empty_folder", `${name}/`);
}

function takeDrop(event: DragEvent): void {
  event.preventDefault();
  const item = event.dataTransfer?.items[0];
  const entry = item?.webkitGetAsEntry();
  const file = item?.getAsFile();
  if (entry?.isDirectory) {
    dropped = async () => {
      const found: [string, File][] = [];
      await walk(entry, "", found);
      return new Folder(found.map(([name, one]) => [name.split("/").slice(1).join("/"), one]));
    };
  } else if (file) {
    dropped = () => Archive.open(file);
  }
  void check();
}

document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", takeDrop);
byId("check").addEventListener("click", () => void check());
for (const one of document.querySelectorAll<HTMLButtonElement>("[data-language]")) {
  one.addEventListener("click", () => {
    language = one.dataset["language"] as Language;
    translate();
  });
}
translate();
