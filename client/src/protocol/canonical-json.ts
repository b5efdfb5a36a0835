/**
 * RFC 8785 JSON, for the values that our formats hold: objects, arrays, text, integers from 0 to
 * 2^53 - 1, booleans and null, at most 262,144 of them and 16 levels deep (spec/encoding.md).
 */

import { ClientError } from "../errors";
import { fromUtf8, wellFormed } from "./bytes";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** The RFC 8785 form. Throws `encoding.bad_json` for a number or a text that it cannot hold. */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value) || value < 0 || Object.is(value, -0)) throw new ClientError("encoding.bad_json");
    return String(value);
  }
  if (typeof value === "string") {
    if (wellFormed(value) !== value) throw new ClientError("encoding.bad_json");
    return JSON.stringify(value);
  }
  if (isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  // The default order of sort() is that of UTF-16 code units, as RFC 8785 section 3.2.3 asks.
  const members = Object.keys(value).sort().map((name) => `${canonicalJson(name)}:${canonicalJson(member(value, name))}`);
  return `{${members.join(",")}}`;
}

const MOST_VALUES = 262_144;
const MOST_LEVELS = 16;

/**
 * Parse bytes that must be their own RFC 8785 form: this refuses a member that stands twice, a
 * space, an escape or a number written otherwise. Throws `encoding.bad_json`.
 */
export function parseCanonicalJson(bytes: Uint8Array): Json {
  let value: Json;
  let text: string;
  try {
    text = fromUtf8(bytes);
    value = JSON.parse(text) as Json;
  } catch {
    throw new ClientError("encoding.bad_json");
  }
  checkBounds(value);
  if (canonicalJson(value) !== text) throw new ClientError("encoding.bad_json");
  return value;
}

/** `parseCanonicalJson` of an object. */
export function parseCanonicalObject(bytes: Uint8Array): JsonObject {
  const value = parseCanonicalJson(bytes);
  if (!isObject(value)) throw new ClientError("encoding.bad_json");
  return value;
}

function checkBounds(value: Json): void {
  let values = 0;
  const waiting: { readonly value: Json; readonly level: number }[] = [{ value, level: 0 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    values += 1;
    const inner = isArray(next.value) ? next.value : isObject(next.value) ? Object.values(next.value) : null;
    const level = inner === null ? next.level : next.level + 1;
    if (values > MOST_VALUES || level > MOST_LEVELS) throw new ClientError("encoding.bad_json");
    for (const one of inner ?? []) waiting.push({ value: one, level });
  }
}

export type JsonObject = { readonly [name: string]: Json };

/** `value` as an object with exactly these members. Throws `encoding.bad_form`. */
export function exactObject(value: Json, names: readonly string[]): JsonObject {
  if (!isObject(value)) throw new ClientError("encoding.bad_form");
  const found = Object.keys(value);
  if (found.length !== names.length || !names.every((name) => Object.prototype.hasOwnProperty.call(value, name))) {
    throw new ClientError("encoding.bad_form");
  }
  return value;
}

/** The text in the member `name`. Throws `encoding.bad_form`. */
export function textMember(object: JsonObject, name: string): string {
  const value = object[name];
  if (typeof value !== "string") throw new ClientError("encoding.bad_form");
  return value;
}

/** The integer in the member `name`. Throws `encoding.bad_form`. */
export function integerMember(object: JsonObject, name: string): number {
  const value = object[name];
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw new ClientError("encoding.bad_form");
  return value;
}

/** The list in the member `name`. Throws `encoding.bad_form`. */
export function listMember(object: JsonObject, name: string): readonly Json[] {
  const value = object[name];
  if (value === undefined || !isArray(value)) throw new ClientError("encoding.bad_form");
  return value;
}

/** A time as our formats write it. Throws `encoding.bad_form`. */
export function timeMember(object: JsonObject, name: string): string {
  const text = textMember(object, name);
  const isForm = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/u.test(text);
  if (!isForm || Number.isNaN(Date.parse(text)) || formatTime(new Date(text)) !== text) {
    throw new ClientError("encoding.bad_form");
  }
  return text;
}

/** RFC 3339 in UTC with whole seconds. */
export function formatTime(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function member(object: JsonObject, name: string): Json {
  const value = object[name];
  if (value === undefined) throw new ClientError("encoding.bad_json");
  return value;
}
