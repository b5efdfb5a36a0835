/**
 * What she has written and added, in this page's memory and nowhere else.
 *
 * A part that was received is forgotten here at once; code and session stay for the next part.
 */

import type { Item, Language, Part, Received, ReportSession } from "../api";
import { CONSENTS } from "./questions";

export const MAXIMUM_ITEMS = 10_000;
/** A ustar size field ends below 8 GiB (spec/report.md); sealing adds less than this margin. */
export const MAXIMUM_ITEM_BYTES = 8 * 1024 ** 3 - 64 * 1024 ** 2;

export interface Attachment {
  readonly content: Blob;
  readonly name: string;
  readonly type: string;
  readonly source: Item["source"];
  /** The question that a recording answers, or null. */
  readonly question: number | null;
  hiddenDetails: "keep" | "strip" | null;
}

export interface Refused {
  readonly tooMany: number;
  readonly tooLarge: readonly string[];
}

export class Draft {
  readonly answers = new Map<number, string>();
  readonly granted = new Set<string>();
  items: Attachment[] = [];
  code: string | null = null;
  session: ReportSession | null = null;
  lastReceived: Received | null = null;
  #voices = 0;
  #lastPart: { readonly key: string; readonly part: Part } | null = null;

  setAnswer(number: number, value: string): void {
    const kept = value.trim();
    if (kept === "") this.answers.delete(number);
    else this.answers.set(number, kept);
  }

  addFiles(files: Iterable<File>): Refused {
    const tooLarge: string[] = [];
    let tooMany = 0;
    for (const file of files) {
      if (file.size > MAXIMUM_ITEM_BYTES) tooLarge.push(file.name);
      else if (this.items.length >= MAXIMUM_ITEMS) tooMany += 1;
      else this.items.push({ content: file, name: file.name, type: file.type, source: "chosen", question: null, hiddenDetails: "keep" });
    }
    return { tooMany, tooLarge };
  }

  addRecording(content: Blob, type: string, suffix: string, name: string): void {
    this.#voices += 1;
    this.items.push({ content, name: `${name}-${this.#voices}.${suffix}`, type, source: "recorded", question: null, hiddenDetails: "keep" });
  }

  addVoiceAnswer(question: number, content: Blob, type: string, suffix: string): void {
    const before = this.voiceAnswers(question).length;
    const name = before === 0 ? `q${question}.${suffix}` : `q${question}-${before + 1}.${suffix}`;
    this.items.push({ content, name, type, source: "answer", question, hiddenDetails: null });
  }

  voiceAnswers(question: number): readonly Attachment[] {
    return this.items.filter((item) => item.question === question);
  }

  remove(item: Attachment): void {
    this.items = this.items.filter((each) => each !== item);
  }

  /** Whether there is anything to send: an answer or an item. */
  hasContent(): boolean {
    return this.answers.size > 0 || this.items.length > 0;
  }

  totalBytes(): number {
    return this.items.reduce((sum, item) => sum + item.content.size, 0);
  }

  /**
   * The part as it is to be sent. While nothing changes it is the same object, so that sending it
   * again after a failure goes on and makes no second report (API.md).
   */
  part(language: Language): Part {
    const answers = [...this.answers].sort(([a], [b]) => a - b).map(([number, value]) => ({ number, value }));
    const consents = CONSENTS.filter((row) => row.needed || this.granted.has(row.purpose)).map(({ purpose, audience }) => ({
      purpose,
      audience,
      items: null,
    }));
    const items = this.items.map((item) => ({ ...item }));
    const key = JSON.stringify([answers, consents, language, items.map((item) => [item.name, item.hiddenDetails])]);
    const last = this.#lastPart;
    if (last !== null && last.key === key && items.every((item, place) => item.content === last.part.items[place]?.content)) return last.part;
    this.#lastPart = { key, part: { answers, consents, items, language } };
    return this.#lastPart.part;
  }

  /** After *received*: the words go, the code stays for the next part. */
  forgetPart(received: Received): void {
    this.lastReceived = received;
    this.answers.clear();
    this.items = [];
    this.#lastPart = null;
  }

  forgetAll(): void {
    this.answers.clear();
    this.granted.clear();
    this.items = [];
    this.#lastPart = null;
    this.code = this.session = this.lastReceived = null;
  }
}
