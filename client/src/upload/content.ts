/**
 * Reading what she attached, twice and by slices: once to hash it, once to encrypt it.
 *
 * A file that changes between or during the readings aborts its item (PROTOCOL 14): the second
 * reading is hashed again and compared before its last chunk leaves. Sizes in bytes.
 */

import { startHash, type StreamHash } from "../crypto/hashing";
import { ClientError } from "../errors";
import { isEqual } from "../protocol/bytes";
import type { ItemDigest } from "../protocol/manifest";
import { padmeSize } from "../protocol/padding";

const SLICE_BYTES = 256 * 1024;

/** What tells that a file is still the one that was hashed. */
export interface ReadItem extends ItemDigest {
  readonly lastModified: number | null;
}

/** The first reading. Throws `item.unreadable` or `item.changed`. */
export async function readItem(content: Blob, number: number, onBytes: (count: number) => void, signal: AbortSignal): Promise<ReadItem> {
  const size = content.size;
  const lastModified = modifiedAt(content);
  const running = startHash();
  for (let start = 0; start < size; start += SLICE_BYTES) {
    checkCancelled(signal);
    const slice = await readSlice(content, start, number);
    running.update(slice);
    onBytes(slice.length);
  }
  const read = { size, sha256: running.digest(), lastModified };
  checkUnchanged(content, read, number);
  return read;
}

/**
 * The second reading: the content and zeros up to its Padmé size. The stream fails with
 * `item.changed` before its end when anything differs from the first reading.
 */
export function paddedContent(content: Blob, read: ReadItem, number: number): ReadableStream<Uint8Array> {
  const total = padmeSize(read.size);
  const hashing = startHash();
  let offset = 0;
  return new ReadableStream<Uint8Array>({
    async pull(controller): Promise<void> {
      if (offset < read.size) {
        checkUnchanged(content, read, number);
        const slice = await readSlice(content, offset, number);
        hashing.update(slice);
        offset += slice.length;
        if (offset === read.size) checkSecondHash(hashing, read, number);
        checkUnchanged(content, read, number);
        controller.enqueue(slice);
      } else if (offset < total) {
        const zeros = new Uint8Array(Math.min(SLICE_BYTES, total - offset));
        offset += zeros.length;
        controller.enqueue(zeros);
      }
      if (offset >= total) controller.close();
    },
  }, { highWaterMark: 0 });
}

function checkSecondHash(hashing: StreamHash, read: ReadItem, number: number): void {
  if (!isEqual(hashing.digest(), read.sha256)) throw new ClientError("item.changed", { item: number });
}

async function readSlice(content: Blob, start: number, number: number): Promise<Uint8Array> {
  const end = Math.min(start + SLICE_BYTES, content.size);
  let slice: Uint8Array;
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
