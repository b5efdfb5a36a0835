/**
 * The bytes of what she attached, slice by slice, through two buffers that are used again.
 *
 * Each slice that is asked for with `arrayBuffer` is garbage that Chromium keeps for long, and seven
 * times slower to come; but only so the browser looks again whether the file is still the same. So the
 * first reading is a stream and the second is cut. Browsers that cannot read into our buffers cut
 * always, and so does one whose stream breaks, as it may while the phone sleeps. Sizes in bytes.
 */

import { ClientError } from "../errors";
import type { Bytes } from "../protocol/bytes";

/** A whole number of age chunks, and short enough that a slow phone still answers a touch between two. */
export const SLICE_BYTES = 512 * 1024;

export class Slices {
  readonly #content: Blob;
  readonly #number: number;
  #reader: ReadableStreamBYOBReader | null;
  /** The next to be filled, and the one whose slice is in use. */
  readonly #buffers: ArrayBuffer[] = [];

  private constructor(content: Blob, number: number, reader: ReadableStreamBYOBReader | null) {
    this.#content = content;
    this.#number = number;
    this.#reader = reader;
  }

  static streamOf(content: Blob, number: number): Slices {
    return new Slices(content, number, openReader(content));
  }

  static cutFrom(content: Blob, number: number): Slices {
    return new Slices(content, number, null);
  }

  /**
   * Slice `index`; they are asked for in order. Its bytes are overwritten by the second call after
   * this one. Throws `item.unreadable` or `item.changed`.
   */
  async read(index: number): Promise<Bytes> {
    const start = index * SLICE_BYTES;
    const end = Math.min(start + SLICE_BYTES, this.#content.size);
    const slice = await this.#fill(end - start) ?? await this.#cut(start, end);
    if (slice.length !== end - start) throw new ClientError("item.changed", { item: this.#number });
    return slice;
  }

  /** Nothing more is read. */
  close(): void {
    void this.#reader?.cancel().catch(() => undefined);
    this.#reader = null;
  }

  /** The stream's next `size` bytes, or null when it does not give them. */
  async #fill(size: number): Promise<Bytes | null> {
    if (this.#reader === null) return null;
    const free = this.#buffers.length > 1 ? this.#buffers.shift() : undefined;
    let buffer: ArrayBuffer = free ?? new ArrayBuffer(SLICE_BYTES);
    try {
      for (let filled = 0; filled < size;) {
        const read: ReadableStreamReadResult<Bytes> = await this.#reader.read(new Uint8Array(buffer, filled, size - filled));
        if (read.done) throw new RangeError("fewer bytes than the file has");
        buffer = read.value.buffer;
        filled += read.value.length;
      }
    } catch {
      this.close();
      return null;
    }
    this.#buffers.push(buffer);
    return new Uint8Array(buffer, 0, size);
  }

  async #cut(start: number, end: number): Promise<Bytes> {
    try {
      return new Uint8Array(await this.#content.slice(start, end).arrayBuffer());
    } catch {
      // Chromium answers so for a file that is gone and for one that was written to.
      throw new ClientError("item.unreadable", { item: this.#number });
    }
  }
}

function openReader(content: Blob): ReadableStreamBYOBReader | null {
  try {
    return content.stream().getReader({ mode: "byob" });
  } catch {
    return null;
  }
}
