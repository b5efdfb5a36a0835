/**
 * Bytes and their text forms in JSON (spec/encoding.md, "Text forms").
 *
 * Hex is lower case; base64 is RFC 4648 section 4 with padding and canonical: what decodes must
 * encode back to the same text. Text is UTF-8 and never normalised.
 */

import { ClientError } from "../errors";

export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();

export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

/** Decode strict UTF-8. Throws `encoding.bad_form`. A byte order mark stays. */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ClientError("encoding.bad_form");
  }
}

/** Replace half surrogate pairs, which no UTF-8 can hold, by U+FFFD. */
export function wellFormed(text: string): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(encoder.encode(text));
}

export function concat(...parts: readonly Uint8Array[]): Bytes {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

export function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Throws `encoding.bad_hex` unless `text` is lower-case hex of `length` bytes. */
export function fromHex(text: unknown, length: number): Bytes {
  if (typeof text !== "string" || text.length !== 2 * length || !/^[0-9a-f]*$/u.test(text)) {
    throw new ClientError("encoding.bad_hex");
  }
  return Uint8Array.from({ length }, (_, index) => parseInt(text.slice(2 * index, 2 * index + 2), 16));
}

export function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let start = 0; start < bytes.length; start += 8192) {
    binary += String.fromCharCode(...bytes.subarray(start, start + 8192));
  }
  return btoa(binary);
}

/** Throws `encoding.bad_base64` unless `text` is the canonical form (of `length` bytes, if given). */
export function fromBase64(text: unknown, length?: number): Bytes {
  if (typeof text !== "string") throw new ClientError("encoding.bad_base64");
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    throw new ClientError("encoding.bad_base64");
  }
  const bytes = Uint8Array.from(binary, (sign) => sign.charCodeAt(0));
  if (toBase64(bytes) !== text || (length !== undefined && length !== bytes.length)) {
    throw new ClientError("encoding.bad_base64");
  }
  return bytes;
}
