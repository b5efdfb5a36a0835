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

/** A whole number of age chunks, and short enough that a slow phone still answers a touch between two. */
export const SLICE_BYTES = 512 * 1024;

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
  for await (const slice of readAhead(Math.ceil(size / SLICE_BYTES), (index) => readSlice(content, index, number))) {
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
  return readAhead(Math.ceil(total / SLICE_BYTES), async (index) => {
    const wanted = Math.min(SLICE_BYTES, total - index * SLICE_BYTES);
    const hash = read.slices[index];
    if (hash === undefined) return new Uint8Array(wanted);
    checkUnchanged(content, read, number);
    const slice = await readSlice(content, index, number);
    if (!isEqual(await hashPart(slice), hash)) throw new ClientError("item.changed", { item: number });
    checkUnchanged(content, read, number);
    return slice.length === wanted ? slice : withZeros(slice, wanted);
  });
}

/** What `read` gives for 0, 1, 2 …, each begun while the one before is in use. */
async function* readAhead(count: number, read: (index: number) => Promise<Bytes>): AsyncGenerator<Bytes> {
  let next = count > 0 ? read(0) : null;
  for (let index = 1; next !== null; index += 1) {
    const slice = await next;
    next = index < count ? read(index) : null;
    // Its failure is for whoever takes it; nobody does after an abandoned reading.
    next?.catch(() => undefined);
    yield slice;
  }
}

function withZeros(slice: Bytes, size: number): Bytes {
  const padded = new Uint8Array(size);
  padded.set(slice);
  return padded;
}

async function readSlice(content: Blob, index: number, number: number): Promise<Bytes> {
  const start = index * SLICE_BYTES;
  const end = Math.min(start + SLICE_BYTES, content.size);
  let slice: Bytes;
  try {
    slice = new Uint8Array(await content.slice(start, end).arrayBuffer());
  } catch {
    // Chromium answers so for a file that is gone and for one that was written to.
    throw new ClientError("item.unreadable", { item: number });
  }
  if (slice.length !== end - start) throw new ClientError("item.changed", { item: number });
  return slice;
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
