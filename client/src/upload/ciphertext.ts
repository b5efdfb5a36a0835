/**
 * An item's age file as a stream that is cut into parts, hashed on the way.
 *
 * Each byte of ciphertext is made once. The last part that was taken stays here until the caller
 * asks for the next, so that a cut line can be mended from memory (PROTOCOL 14). Sizes in bytes.
 */

import { encryptStreamTo, encryptTo } from "../crypto/age";
import { startHash, type StreamHash } from "../crypto/hashing";
import { type Bytes, concat } from "../protocol/bytes";
import { padmeSize } from "../protocol/padding";
import { paddedContent, type ReadItem } from "./content";

const AGE_CHUNK_BYTES = 65_536;
const AGE_TAG_BYTES = 16;

export class Ciphertext {
  readonly size: number;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #hash: StreamHash;
  #left: Uint8Array = new Uint8Array(0);
  #digest: Bytes | null = null;

  private constructor(stream: ReadableStream<Uint8Array>, size: number, hash: StreamHash) {
    this.#reader = stream.getReader();
    this.#hash = hash;
    this.size = size;
  }

  /** Begin to encrypt `content` to `recipient` under a fresh file key. */
  static async of(content: Blob, read: ReadItem, { recipient, number }: { recipient: string; number: number }): Promise<Ciphertext> {
    const plaintext = paddedContent(content, read, number);
    const { stream, size } = encryptStreamTo(recipient, plaintext, padmeSize(read.size));
    return new Ciphertext(stream, size, startHash());
  }

  /** The next `most` bytes (fewer only at the end), or null after the end. */
  async nextPart(most: number): Promise<Bytes | null> {
    const pieces: Uint8Array[] = [];
    let held = 0;
    while (held < most) {
      const piece = this.#left.length > 0 ? this.#left : await this.#read();
      if (piece === null) break;
      const taken = piece.subarray(0, most - held);
      this.#left = piece.subarray(taken.length);
      pieces.push(taken);
      held += taken.length;
    }
    if (held === 0) return null;
    const part = concat(...pieces);
    this.#hash.update(part);
    return part;
  }

  /** SHA-256 of the whole file; only after `nextPart` gave null. */
  digest(): Bytes {
    this.#digest ??= this.#hash.digest();
    return this.#digest;
  }

  /** Stop encrypting and let go of the content. */
  async abandon(): Promise<void> {
    await this.#reader.cancel().catch(() => undefined);
  }

  async #read(): Promise<Uint8Array | null> {
    const { done, value } = await this.#reader.read();
    return done ? null : value;
  }
}

/** The size of the age file of an item of `size` bytes, given that of an empty one. */
export function sealedSize(size: number, emptySealedSize: number): number {
  const padded = padmeSize(size);
  const chunks = Math.max(1, Math.ceil(padded / AGE_CHUNK_BYTES));
  return emptySealedSize - AGE_TAG_BYTES + padded + AGE_TAG_BYTES * chunks;
}

/** The size of an empty age file to `recipient`, which is all header, nonce and one tag. */
export async function emptySealedSizeFor(recipient: string): Promise<number> {
  return (await encryptTo(recipient, new Uint8Array(0))).length;
}
