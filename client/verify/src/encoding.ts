// SPDX-License-Identifier: Apache-2.0
/** Bytes, hashes and text forms. Sources: `spec/encoding.md`; RFC 6962 section 2.1; RFC 8785. */

import { sha256 } from "@noble/hashes/sha2.js";

import { VerifyError } from "./errors";

export type Bytes = Uint8Array<ArrayBuffer>;
export type Part = Uint8Array | string | number;

const utf8 = new TextEncoder();
export const MAXIMUM_JSON_BYTES = 64 * 1024 * 1024;
export const MAXIMUM_DEPTH = 16;

export const encodeText = (text: string): Bytes => utf8.encode(text) as Bytes;

export function decodeText(data: Uint8Array, code: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    throw new VerifyError(code);
  }
}

export function concat(...parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function uint64(value: number | bigint): Bytes {
  const data = new Uint8Array(8);
  new DataView(data.buffer).setBigUint64(0, BigInt(value));
  return data;
}

/** `A ‖ B ‖ …`: each part behind its length as a big-endian uint64. */
export function encodeParts(...parts: readonly Part[]): Bytes {
  return concat(...parts.flatMap((part) => {
    const data = typeof part === "string" ? encodeText(part) : typeof part === "number" ? uint64(part) : part;
    return [uint64(data.length), data];
  }));
}

export const hash = (data: Uint8Array): Bytes => sha256(data) as Bytes;
export const hashParts = (...parts: readonly Part[]): Bytes => hash(encodeParts(...parts));
/** The leaf hash of `A ‖ B ‖ …` in the tree of a report. */
export const hashLeaf = (...parts: readonly Part[]): Bytes => hash(concat(new Uint8Array([0]), encodeParts(...parts)));

export const same = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, at) => byte === other[at]);

export const toHex = (data: Uint8Array): string => [...data].map((byte) => byte.toString(16).padStart(2, "0")).join("");

export function fromHex(value: unknown, length: number, code: string): Bytes {
  if (typeof value !== "string" || value.length !== 2 * length || !/^[0-9a-f]*$/.test(value)) throw new VerifyError(code);
  return Uint8Array.from({ length }, (_, at) => parseInt(value.slice(2 * at, 2 * at + 2), 16));
}

export function toBase64(data: Uint8Array): string {
  let text = "";
  for (const byte of data) text += String.fromCharCode(byte);
  return btoa(text);
}

/** The bytes of canonical base64. */
export function fromBase64(text: string, code: string): Bytes {
  let decoded: string;
  try {
    decoded = atob(text);
  } catch {
    throw new VerifyError(code);
  }
  if (btoa(decoded) !== text) throw new VerifyError(code);
  return Uint8Array.from(decoded, (one) => one.charCodeAt(0));
}

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** The RFC 8785 form; whole numbers from 0 to 2^53 - 1 alone, text without lone surrogates. */
export function buildJson(value: Json, code: string, depth = 1): string {
  if (depth > MAXIMUM_DEPTH && value !== null && typeof value === "object") throw new VerifyError(code);
  if (typeof value === "number" && !(Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0))) throw new VerifyError(code);
  if (typeof value === "string" && /\p{Surrogate}/u.test(value)) throw new VerifyError(code);
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((one) => buildJson(one, code, depth + 1)).join(",")}]`;
  const members = value as { readonly [name: string]: Json };
  const pairs = Object.keys(members).sort().map((name) => `${buildJson(name, code)}:${buildJson(members[name]!, code, depth + 1)}`);
  return `{${pairs.join(",")}}`;
}

/** What `data` says, if it is its own RFC 8785 form: so no name stands twice, no number otherwise. */
export function parseJson(data: Uint8Array, code: string): Json {
  if (data.length > MAXIMUM_JSON_BYTES) throw new VerifyError(code);
  const text = decodeText(data, code);
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    throw new VerifyError(code);
  }
  if (buildJson(value, code) !== text) throw new VerifyError(code);
  return value;
}

/** One JSON object with exactly the members `names`, read into plain values. */
export class Form {
  readonly members: { readonly [name: string]: Json };

  constructor(value: Json | undefined, names: readonly string[], readonly code: string) {
    if (value === null || value === undefined || typeof value !== "object" || Array.isArray(value)) throw new VerifyError(code);
    this.members = value as { readonly [name: string]: Json };
    const found = Object.keys(this.members);
    if (found.length !== names.length || !names.every((name) => Object.hasOwn(this.members, name))) throw new VerifyError(code);
  }

  private wrong(): VerifyError {
    return new VerifyError(this.code);
  }

  isNull(name: string): boolean {
    return this.members[name] === null;
  }

  text(name: string, maximum = 1_048_576): string {
    const value = this.members[name];
    if (typeof value !== "string" || /\p{Surrogate}/u.test(value)) throw this.wrong();
    if (value.length > maximum && [...value].length > maximum) throw this.wrong();
    return value;
  }

  integer(name: string, minimum = 0): number {
    const value = this.members[name];
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < minimum) throw this.wrong();
    return value;
  }

  boolean(name: string): boolean {
    const value = this.members[name];
    if (typeof value !== "boolean") throw this.wrong();
    return value;
  }

  hex(name: string, length = 32): Bytes {
    return fromHex(this.members[name], length, this.code);
  }

  base64(name: string, length: number | null = 32): Bytes {
    const data = fromBase64(this.text(name), this.code);
    if (length !== null && data.length !== length) throw this.wrong();
    return data;
  }

  /** An instant, in Unix seconds. */
  time(name: string): number {
    const value = this.members[name];
    if (typeof value !== "string" || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value)) throw this.wrong();
    const at = Date.parse(value);
    if (value.startsWith("0000") || !Number.isFinite(at) || formatTime(at / 1000) !== value) throw this.wrong();
    return at / 1000;
  }

  list(name: string): readonly Json[] {
    const value = this.members[name];
    if (!Array.isArray(value)) throw this.wrong();
    return value as readonly Json[];
  }

  hashes(name: string): readonly Bytes[] {
    return this.list(name).map((one) => fromHex(one, 32, this.code));
  }

  form(name: string, names: readonly string[]): Form {
    return new Form(this.members[name], names, this.code);
  }

  forms(name: string, names: readonly string[]): readonly Form[] {
    return this.list(name).map((one) => new Form(one, names, this.code));
  }
}

export const formatTime = (seconds: number): string => new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, "Z");
