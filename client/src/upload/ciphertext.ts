/**
 * An item's age file, sealed part by part into buffers that are used again, hashed on the way.
 *
 * Each byte of ciphertext is made once. A part stays in its buffer until the caller asks for the next
 * but one: one part is on its way, and can be sent again after a cut line (PROTOCOL 14), while the next
 * is being sealed. Sizes in bytes.
 */

import { AgeFile, CHUNK_BYTES, encryptTo, TAG_BYTES } from "../crypto/age";
import { startHash, type StreamHash } from "../crypto/hashing";
import type { Bytes } from "../protocol/bytes";
import { padmeSize } from "../protocol/padding";
import { paddedSlices, type ReadItem } from "./content";

const SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES;

/** Two buffers in turn, for all items of a report: only one is sealed at a time. */
export class PartBuffers {
  #next: Bytes = new Uint8Array(0);
  #last: Bytes = new Uint8Array(0);

  /** A buffer of at least `size`: the one that was given before the last. */
  take(size: number): Bytes {
    const buffer = this.#next.length < size ? new Uint8Array(size) : this.#next;
    this.#next = this.#last;
    this.#last = buffer;
    return buffer;
  }
}

export class Ciphertext {
  readonly #file: AgeFile;
  readonly #slices: AsyncGenerator<Bytes>;
  readonly #hash: StreamHash;
  readonly #buffers: PartBuffers;
  #slice: Bytes = new Uint8Array(0);
  #isBegun = false;
  #digest: Bytes | null = null;

  private constructor(file: AgeFile, slices: AsyncGenerator<Bytes>, hash: StreamHash, buffers: PartBuffers) {
    this.#file = file;
    this.#slices = slices;
    this.#hash = hash;
    this.#buffers = buffers;
  }

  /** Begin to encrypt `content` to `recipient` under a fresh file key. */
  static async of(content: Blob, read: ReadItem, { recipient, number, buffers }: {
    recipient: string; number: number; buffers: PartBuffers;
  }): Promise<Ciphertext> {
    const file = new AgeFile(recipient, padmeSize(read.size));
    return new Ciphertext(file, paddedSlices(content, read, number), await startHash(), buffers);
  }

  get size(): number {
    return this.#file.size;
  }

  /**
   * The next part, about `most` bytes (whole chunks, at least one), or null after the end. It is
   * overwritten by the second call after this one.
   */
  async nextPart(most: number): Promise<Bytes | null> {
    if (this.#file.nextChunkBytes === null) return null;
    const beginning = this.#isBegun ? null : this.#file.beginning;
    this.#isBegun = true;
    const begun = beginning?.length ?? 0;
    // Chunks that begin at a multiple of four are sealed by words; by bytes they take twice as long.
    const start = -begun & 3;
    const buffer = this.#buffers.take(start + begun + Math.max(most, SEALED_CHUNK_BYTES));
    if (beginning !== null) {
      buffer.set(beginning, start);
      this.#hash.update(beginning);
    }
    let end = start + begun;
    for (let size = this.#file.nextChunkBytes; size !== null; size = this.#file.nextChunkBytes) {
      const sealedEnd = end + size + TAG_BYTES;
      if (end > start + begun && sealedEnd > start + most) break;
      const chunk = buffer.subarray(end, sealedEnd);
      this.#file.sealChunk(await this.#take(size), chunk);
      this.#hash.update(chunk);
      end = sealedEnd;
    }
    return buffer.subarray(start, end);
  }

  /** SHA-256 of the whole file; only after `nextPart` gave null. */
  digest(): Bytes {
    this.#digest ??= this.#hash.digest();
    return this.#digest;
  }

  /** Let go of the content. */
  async abandon(): Promise<void> {
    await this.#slices.return(undefined);
  }

  /** The next `size` bytes of plaintext; slices are cut into whole chunks. */
  async #take(size: number): Promise<Bytes> {
    if (this.#slice.length === 0 && size > 0) {
      const { done, value } = await this.#slices.next();
      if (done === true) throw new RangeError("fewer slices than chunks");
      this.#slice = value;
    }
    const chunk = this.#slice.subarray(0, size);
    this.#slice = this.#slice.subarray(size);
    return chunk;
  }
}

/** The size of the age file of an item of `size` bytes, given that of an empty one. */
export function sealedSize(size: number, emptySealedSize: number): number {
  const padded = padmeSize(size);
  const chunks = Math.max(1, Math.ceil(padded / CHUNK_BYTES));
  return emptySealedSize - TAG_BYTES + padded + TAG_BYTES * chunks;
}

/** The size of an empty age file to `recipient`, which is all header, nonce and one tag. */
export function emptySealedSizeFor(recipient: string): number {
  return encryptTo(recipient, new Uint8Array(0)).length;
}
