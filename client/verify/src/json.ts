// SPDX-License-Identifier: Apache-2.0
/**
 * JSON in any form, read as strictly as the command reads it: whole numbers from 0 to 2^53 - 1 alone,
 * no name twice, at most 16 objects and lists within each other. Source: RFC 8259.
 */

import { MAXIMUM_DEPTH, MAXIMUM_JSON_BYTES, decodeText, type Json } from "./encoding";
import { VerifyError } from "./errors";

const SPACE = /[ \t\n\r]*/y;
const WORD = /(?:null|true|false|0|[1-9][0-9]{0,15})(?![0-9.eE])/y;
// eslint-disable-next-line no-control-regex
const STRING = /"(?:[^"\\\x00-\x1f]+|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*"/y;

class Reader {
  private at = 0;

  constructor(private readonly text: string, private readonly wrong: VerifyError) {}

  read(): Json {
    const value = this.value(1);
    if (this.at !== this.text.length) throw this.wrong;
    return value;
  }

  private take(token: RegExp): string {
    token.lastIndex = this.at;
    const found = token.exec(this.text);
    if (!found) throw this.wrong;
    this.at = token.lastIndex;
    return found[0];
  }

  /** Take `sign`, and the space behind it, if it stands here. */
  private has(sign: string): boolean {
    if (this.text[this.at] !== sign) return false;
    this.at += 1;
    this.take(SPACE);
    return true;
  }

  private value(depth: number): Json {
    this.take(SPACE);
    const first = this.text[this.at];
    if (depth > MAXIMUM_DEPTH && (first === "{" || first === "[")) throw this.wrong;
    const value = first === "{" ? this.object(depth) : first === "[" ? this.list(depth) : this.word(first);
    this.take(SPACE);
    return value;
  }

  private word(first: string | undefined): Json {
    const value = JSON.parse(this.take(first === '"' ? STRING : WORD)) as Json;
    if (typeof value === "number" && !Number.isSafeInteger(value)) throw this.wrong;
    return value;
  }

  private list(depth: number): Json {
    const values: Json[] = [];
    this.has("[");
    if (this.has("]")) return values;
    do values.push(this.value(depth + 1));
    while (this.has(","));
    if (!this.has("]")) throw this.wrong;
    return values;
  }

  private object(depth: number): Json {
    const members = new Map<string, Json>();
    this.has("{");
    if (this.has("}")) return {};
    do {
      const name = JSON.parse(this.take(STRING)) as string;
      this.take(SPACE);
      if (members.has(name) || !this.has(":")) throw this.wrong;
      members.set(name, this.value(depth + 1));
    } while (this.has(","));
    if (!this.has("}")) throw this.wrong;
    return Object.fromEntries(members);
  }
}

export function parseAnyJson(data: Uint8Array, code: string): Json {
  if (data.length > MAXIMUM_JSON_BYTES) throw new VerifyError(code);
  return new Reader(decodeText(data, code), new VerifyError(code)).read();
}
