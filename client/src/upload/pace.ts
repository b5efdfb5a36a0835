/**
 * How fast the line is: sizes the next part so that it takes some seconds, and says what is left.
 *
 * Small parts lose little when a line breaks; large ones waste little on a good line. Bytes, seconds.
 */

const SMALLEST_PART_BYTES = 64 * 1024;
const FIRST_PART_BYTES = 256 * 1024;
const LARGEST_PART_BYTES = 2 * 1024 * 1024;
const WANTED_PART_SECONDS = 8;
const WEIGHT_OF_LAST = 0.4;

export class Pace {
  #partBytes = FIRST_PART_BYTES;
  #bytesASecond: number | null = null;

  get partBytes(): number {
    return this.#partBytes;
  }

  /** Learn from a part that is acknowledged. */
  learn(bytes: number, seconds: number): void {
    const speed = bytes / Math.max(seconds, 0.001);
    this.#bytesASecond = this.#bytesASecond === null
      ? speed
      : this.#bytesASecond * (1 - WEIGHT_OF_LAST) + speed * WEIGHT_OF_LAST;
    const wanted = Math.min(this.#bytesASecond * WANTED_PART_SECONDS, this.#partBytes * 2);
    this.#partBytes = Math.max(SMALLEST_PART_BYTES, Math.min(LARGEST_PART_BYTES, Math.floor(wanted)));
  }

  /** Seconds that `bytes` will take, or null while nothing is known. */
  secondsFor(bytes: number): number | null {
    return this.#bytesASecond === null ? null : Math.ceil(bytes / this.#bytesASecond);
  }
}
