/**
 * Reading what she attached, twice and by slices: once to hash it, once to encrypt it.
 *
 * A file that changes between or during the readings aborts its item (PROTOCOL 14). The first reading
 * keeps a SHA-256 of each slice beside that of the whole, so that the second finds a change before
 * any byte of that slice is encrypted. Sizes in bytes.
 */

import { hashPart, startHash } from "../crypto/hashing";
import { ClientError } from "../errors";
import { type Bytes, isEqual } from "../protocol/bytes";
import type { ItemDigest } from "../protocol/manifest";
import { padmeSize } from "../protocol/padding";
import { SLICE_BYTES, Slices } from "./slices";

/** What tells that a file is still the one that was hashed. */
export interface ReadItem extends ItemDigest {
  readonly lastModified: number | null;
  readonly slices: readonly Bytes[];
}

/** The first reading. Throws `item.unreadable` or `item.changed`. */
export async function readItem(content: Blob, number: number, onBytes: (count: number) => void, signal: AbortSignal): Promise<ReadItem> {
  const size = content.size;
  const lastModified = modifiedAt(content);
  const running = await startHash();
  const slices: Bytes[] = [];
  for await (const slice of readAhead(Math.ceil(size / SLICE_BYTES), Slices.streamOf(content, number))) {
    checkCancelled(signal);
    // The browser hashes the slice beside us.
    const hash = hashPart(slice);
    running.update(slice);
    slices.push(await hash);
    onBytes(slice.length);
  }
  const read = { size, sha256: running.digest(), lastModified, slices };
  checkUnchanged(content, read, number);
  return read;
}

/**
 * The second reading: the content and zeros up to its Padmé size, by slices of `SLICE_BYTES` (fewer only
 * at the end). Throws `item.changed` in place of the first slice that differs from the first reading.
 */
export function paddedSlices(content: Blob, read: ReadItem, number: number): AsyncGenerator<Bytes> {
  const total = padmeSize(read.size);
  const slices = Slices.cutFrom(content, number);
  return readAhead(Math.ceil(total / SLICE_BYTES), {
    async read(index) {
      const wanted = Math.min(SLICE_BYTES, total - index * SLICE_BYTES);
      const hash = read.slices[index];
      if (hash === undefined) return new Uint8Array(wanted);
      checkUnchanged(content, read, number);
      const slice = await slices.read(index);
      if (!isEqual(await hashPart(slice), hash)) throw new ClientError("item.changed", { item: number });
      checkUnchanged(content, read, number);
      return slice.length === wanted ? slice : withZeros(slice, wanted);
    },
    close: () => slices.close(),
  });
}

/** What `source` gives for 0, 1, 2 …, each begun while the one before is in use. */
async function* readAhead(count: number, source: Pick<Slices, "read" | "close">): AsyncGenerator<Bytes> {
  try {
    let next = count > 0 ? source.read(0) : null;
    for (let index = 1; next !== null; index += 1) {
      const slice = await next;
      next = index < count ? source.read(index) : null;
      // Its failure is for whoever takes it; nobody does after an abandoned reading.
      next?.catch(() => undefined);
      yield slice;
    }
  } finally {
    source.close();
  }
}

function withZeros(slice: Bytes, size: number): Bytes {
  const padded = new Uint8Array(size);
  padded.set(slice);
  return padded;
}

function checkUnchanged(content: Blob, read: { size: number; lastModified: number | null }, number: number): void {
  if (content.size !== read.size || modifiedAt(content) !== read.lastModified) {
    throw new ClientError("item.changed", { item: number });
  }
}

export function checkCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new ClientError("send.cancelled");
}

function modifiedAt(content: Blob): number | null {
  return content instanceof File ? content.lastModified : null;
}
