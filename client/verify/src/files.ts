// SPDX-License-Identifier: Apache-2.0
/** The files of a package, from a folder or a ZIP. Step 0 of `spec/policy.md`. */

import { sha256 } from "@noble/hashes/sha2.js";

import { concat, encodeText, type Bytes } from "./encoding";
import { VerifyError } from "./errors";
import { fold } from "./folding";

const MAXIMUM_FILES = 100_000;
const MAXIMUM_PATH_BYTES = 1_024;
const MAXIMUM_DEPTH = 16;

export interface Digest {
  readonly sha256: Bytes;
  readonly size: number;
}

/** The files of a package by path, such as `data/items/0001/a.jpg`. */
export abstract class Source {
  readonly names: readonly string[];
  private readonly known: ReadonlySet<string>;

  constructor(found: readonly string[]) {
    this.names = checkNames(found);
    this.known = new Set(this.names);
  }

  abstract blocks(name: string): AsyncIterable<Uint8Array>;

  async read(name: string, maximumBytes: number): Promise<Bytes> {
    if (!this.known.has(name)) throw new VerifyError("files.missing", name);
    const blocks: Uint8Array[] = [];
    let size = 0;
    for await (const block of this.blocks(name)) {
      size += block.length;
      if (size > maximumBytes) throw new VerifyError("files.too_large", name);
      blocks.push(block);
    }
    return concat(...blocks);
  }

  /** Read a file through; `tell` hears how many bytes came. */
  async digest(name: string, tell: (bytes: number) => void): Promise<Digest> {
    const hasher = sha256.create();
    let size = 0;
    for await (const block of this.blocks(name)) {
      hasher.update(block);
      size += block.length;
      tell(block.length);
    }
    return { sha256: hasher.digest() as Bytes, size };
  }
}

export async function* streamBlocks(stream: ReadableStream<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch {
    throw new VerifyError("files.unreadable", name);
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

/** A package in a folder, as a browser hands it over: links it follows or leaves out by itself. */
export class Folder extends Source {
  private readonly files: ReadonlyMap<string, File>;

  constructor(files: readonly (readonly [string, File])[]) {
    super(files.map(([name]) => name));
    this.files = new Map(files);
  }

  blocks(name: string): AsyncIterable<Uint8Array> {
    return streamBlocks(this.files.get(name)!.stream(), name);
  }
}

export function compareBytes(one: string, other: string): number {
  const [first, second] = [encodeText(one), encodeText(other)];
  for (let at = 0; at < Math.min(first.length, second.length); at++) {
    if (first[at] !== second[at]) return first[at]! - second[at]!;
  }
  return first.length - second.length;
}

function checkNames(found: readonly string[]): readonly string[] {
  if (found.length > MAXIMUM_FILES) throw new VerifyError("files.too_many");
  const folded = new Set<string>();
  for (const name of found) {
    checkName(name);
    if (folded.has(fold(name))) throw new VerifyError("files.twins", name);
    folded.add(fold(name));
  }
  for (const name of found) {
    const parts = fold(name).split("/");
    for (let count = 1; count < parts.length; count++) {
      if (folded.has(parts.slice(0, count).join("/"))) throw new VerifyError("files.twins", name);
    }
  }
  return [...found].sort(compareBytes);
}

function checkName(name: string): void {
  const parts = name.split("/");
  if (encodeText(name).length > MAXIMUM_PATH_BYTES || parts.length > MAXIMUM_DEPTH) throw new VerifyError("files.bad_path", name.slice(0, 80));
  if (parts.some((part) => part === "" || /[. ]$/.test(part))) throw new VerifyError("files.bad_path", name);
  if (/[\\:\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(name)) throw new VerifyError("files.bad_path", name);
  if (fold(name) === "fetch.txt") throw new VerifyError("files.fetch", name);
}
