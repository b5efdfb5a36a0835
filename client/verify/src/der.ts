// SPDX-License-Identifier: Apache-2.0
/**
 * A strict reader of DER: definite lengths, each in the fewest bytes, tags of one byte. It walks along what
 * a format names and never into what nobody asked for. Moments are Unix seconds. Source: X.690 8, 10, 11.
 */

import { formatTime, type Bytes } from "./encoding";
import { VerifyError } from "./errors";

export const [INTEGER, BITS, OCTETS, OID, ENUMERATED, SEQUENCE, SET] = [0x02, 0x03, 0x04, 0x06, 0x0a, 0x30, 0x31] as const;
export const [UTC_TIME, GENERAL_TIME] = [0x17, 0x18] as const;
const BOOLEAN = 0x01;
/** Kinds of text in names (RFC 5280, X520name): UTF8String, Numeric, Printable, T61, IA5, BMP. */
const TEXTS = new Map([[0x0c, "utf-8"], [0x12, "latin1"], [0x13, "latin1"], [0x14, "latin1"], [0x16, "latin1"], [0x1e, "utf-16be"]]);
const ASCII = [0x12, 0x13, 0x16];
/** The tag of a constructed `[number]`. */
export const tagged = (number: number): number => 0xa0 | number;

export interface Element {
  readonly tag: number;
  readonly content: Bytes;
  readonly whole: Bytes;
}

export class Reader {
  private at = 0;

  constructor(private readonly data: Bytes, private readonly code: string) {}

  fault(): VerifyError {
    return new VerifyError(this.code);
  }

  get hasMore(): boolean {
    return this.at < this.data.length;
  }

  end(): void {
    if (this.hasMore) throw this.fault();
  }

  next(): Element {
    const { data, at: start } = this;
    if (start + 2 > data.length || (data[start]! & 0x1f) === 0x1f) throw this.fault();
    let [size, at] = [data[start + 1]!, start + 2];
    if (size & 0x80) {
      const count = size & 0x7f;
      if (count < 1 || count > 4 || at + count > data.length) throw this.fault();
      size = data.slice(at, at + count).reduce((value, byte) => value * 256 + byte, 0);
      at += count;
      if (size < Math.max(0x80, 2 ** (8 * (count - 1)))) throw this.fault();
    }
    if (at + size > data.length) throw this.fault();
    this.at = at + size;
    return { tag: data[start]!, content: data.slice(at, at + size), whole: data.slice(start, at + size) };
  }

  take(tag: number): Element {
    const one = this.next();
    if (one.tag !== tag) throw this.fault();
    return one;
  }

  isNext(tag: number): boolean {
    return this.hasMore && this.data[this.at] === tag;
  }

  takeIf(tag: number): Element | null {
    return this.isNext(tag) ? this.take(tag) : null;
  }

  /** A reader of the inside of the next element. */
  open(tag: number = SEQUENCE): Reader {
    return new Reader(this.take(tag).content, this.code);
  }

  openIf(tag: number): Reader | null {
    const one = this.takeIf(tag);
    return one && new Reader(one.content, this.code);
  }

  /** The content of an object identifier: arcs of seven bits a byte, none padded. */
  oid(): Bytes {
    const data = this.take(OID).content;
    const isPadded = data.some((byte, at) => byte === 0x80 && (at === 0 || data[at - 1]! < 0x80));
    if (data.length === 0 || data.at(-1)! >= 0x80 || isPadded) throw this.fault();
    return data;
  }

  /** The whole of a distinguished name, whose parts are pairs of kind and value. */
  name(): Bytes {
    const { content, whole } = this.take(SEQUENCE);
    const parts = new Reader(content, this.code);
    while (parts.hasMore) {
      const together = parts.open(SET);
      do {
        const pair = together.open(); // At least one.
        pair.oid();
        this.checkText(pair.next());
        pair.end();
      } while (together.hasMore);
    }
    return whole;
  }

  /** A part of a name is text, as OpenSSL takes it, without the NUL at which some readers end. */
  private checkText({ tag, content }: Element): void {
    const kind = TEXTS.get(tag);
    if (kind === undefined) throw this.fault();
    let text: string;
    try {
      text = new TextDecoder(kind, { fatal: true, ignoreBOM: true }).decode(content);
    } catch {
      throw this.fault();
    }
    if (text.includes("\0") || (ASCII.includes(tag) && content.some((byte) => byte > 127))) throw this.fault();
  }

  /** The content of a whole number, written in the fewest bytes. */
  integer(): Bytes {
    const data = this.take(INTEGER).content;
    const isLong = data.length > 1 && ((data[0] === 0 && data[1]! < 0x80) || (data[0] === 0xff && data[1]! >= 0x80));
    if (data.length === 0 || isLong) throw this.fault();
    return data;
  }

  /** A whole number from 0 to 127. */
  small(): number {
    const data = this.integer();
    if (data.length !== 1 || data[0]! > 127) throw this.fault();
    return data[0]!;
  }

  /** The content of a number above zero. */
  positive(): Bytes {
    const data = this.integer();
    if (data[0]! > 127 || (data.length === 1 && data[0] === 0)) throw this.fault();
    return data;
  }

  /** A number above zero, big-endian, without a sign. */
  natural(): Bytes {
    const data = this.positive();
    return data[0] === 0 ? data.slice(1) : data;
  }

  /** A value that stands only if it is true. */
  flag(): boolean {
    const one = this.takeIf(BOOLEAN);
    if (one && (one.content.length !== 1 || one.content[0] !== 0xff)) throw this.fault();
    return one !== null;
  }

  wholeBits(): Bytes {
    const data = this.take(BITS).content;
    if (data[0] !== 0) throw this.fault();
    return data.slice(1);
  }

  time(): number {
    const one = this.takeIf(UTC_TIME);
    if (!one) {
      // RFC 5280 4.1.2.5.2: in whole seconds.
      if (new Reader(this.data.slice(this.at), this.code).take(GENERAL_TIME).content.length !== 15) throw this.fault();
      return this.generalTime();
    }
    const text = String.fromCharCode(...one.content.slice(0, 20));
    if (one.content.length !== 13 || !/^[0-9]{12}Z$/.test(text)) throw this.fault();
    return this.moment((text.slice(0, 2) >= "50" ? "19" : "20") + text);
  }

  /** What is below a second is cut off. */
  generalTime(): number {
    const { content } = this.take(GENERAL_TIME);
    const text = String.fromCharCode(...content.slice(0, 40));
    if (content.length > 40 || !/^[0-9]{14}(?:\.[0-9]{0,8}[1-9])?Z$/.test(text)) throw this.fault();
    return this.moment(text);
  }

  private moment(digits: string): number {
    const [, year, month, day, hour, minute, second] = /^(....)(..)(..)(..)(..)(..)/.exec(digits)!;
    const text = `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
    const at = Date.parse(text) / 1000;
    if (year === "0000" || !Number.isFinite(at) || formatTime(at) !== text) throw this.fault();
    return at;
  }
}
