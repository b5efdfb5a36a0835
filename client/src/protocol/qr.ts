/**
 * QR codes (ISO/IEC 18004) of up to 213 bytes: byte mode, level M, versions 1 to 10, mask 0.
 *
 * A row is a text of 1 (dark) and 0; the quiet zone of four modules is for whoever draws it.
 */

import { utf8 } from "./bytes";

/** By version: all codewords, blocks, error correction codewords of each block. */
const VERSIONS = [
  [26, 1, 10], [44, 1, 16], [70, 1, 26], [100, 2, 18], [134, 2, 24], [172, 4, 16], [196, 4, 18], [242, 4, 22],
  [292, 5, 22], [346, 5, 26],
] as const;
const LEVEL_M = 0;
const MASK = 0;

/** Null when the text is too long. */
export function qrRows(text: string): readonly string[] | null {
  const data = utf8(text);
  const found = VERSIONS.findIndex(([all, blocks, parity], at) => data.length + (at < 9 ? 2 : 3) <= all - blocks * parity);
  const shape = VERSIONS[found];
  if (shape === undefined) return null;
  const version = found + 1;
  const grid = new Grid(version);
  grid.place(codewords(data, version, shape));
  return grid.rows();
}

function codewords(data: Uint8Array, version: number, [all, blocks, parity]: readonly [number, number, number]): readonly number[] {
  const room = all - blocks * parity;
  let bits = `0100${bitsOf(data.length, version < 10 ? 8 : 16)}`;
  for (const byte of data) bits += bitsOf(byte, 8);
  bits += "0000";
  bits = bits.padEnd(Math.ceil(bits.length / 8) * 8, "0");
  const bytes = Array.from({ length: bits.length / 8 }, (_, at) => parseInt(bits.slice(8 * at, 8 * at + 8), 2)).slice(0, room);
  for (let fill = 0xec; bytes.length < room; fill ^= 0xec ^ 0x11) bytes.push(fill);
  const short = Math.floor(room / blocks);
  const parts: number[][] = [];
  for (let block = 0, start = 0; block < blocks; block += 1) {
    const length = short + (block >= blocks - (room % blocks) ? 1 : 0);
    parts.push(bytes.slice(start, start + length));
    start += length;
  }
  const checks = parts.map((part) => remainder(part, parity));
  return [...interleave(parts), ...interleave(checks)];
}

function interleave(parts: readonly (readonly number[])[]): readonly number[] {
  const longest = Math.max(...parts.map(({ length }) => length));
  return Array.from({ length: longest }, (_, at) => parts.flatMap((part) => part.slice(at, at + 1))).flat();
}

function bitsOf(value: number, length: number): string {
  return value.toString(2).padStart(length, "0");
}

/** In GF(2^8) modulo x^8 + x^4 + x^3 + x^2 + 1. */
function multiply(a: number, b: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit -= 1) {
    product = (product << 1) ^ ((product >> 7) * 0x11d);
    product ^= ((b >> bit) & 1) * a;
  }
  return product;
}

/** The Reed-Solomon remainder of `length` codewords. */
function remainder(data: readonly number[], length: number): readonly number[] {
  const divisor: number[] = Array.from({ length }, (_, at) => (at === length - 1 ? 1 : 0));
  for (let power = 0, root = 1; power < length; power += 1, root = multiply(root, 2)) {
    for (let at = 0; at < length; at += 1) divisor[at] = multiply(divisor[at] ?? 0, root) ^ (divisor[at + 1] ?? 0);
  }
  const rest: number[] = Array.from({ length }, () => 0);
  for (const byte of data) {
    const factor = byte ^ (rest.shift() ?? 0);
    rest.push(0);
    divisor.forEach((value, at) => {
      rest[at] = (rest[at] ?? 0) ^ multiply(value, factor);
    });
  }
  return rest;
}

class Grid {
  readonly #size: number;
  /** null where the codewords go. */
  readonly #modules: (boolean | null)[][];

  constructor(version: number) {
    this.#size = 17 + 4 * version;
    this.#modules = Array.from({ length: this.#size }, () => Array.from({ length: this.#size }, () => null));
    this.#drawTiming();
    for (const [row, column] of [[3, 3], [3, this.#size - 4], [this.#size - 4, 3]] as const) this.#drawSquare(row, column, 4);
    this.#drawAlignment(version);
    this.#drawFormat();
    if (version >= 7) this.#drawVersion(version);
  }

  #set(row: number, column: number, isDark: boolean): void {
    const line = this.#modules[row];
    if (line !== undefined && column >= 0 && column < this.#size) line[column] = isDark;
  }

  /** A finder (reach 4, with its light border) or an alignment pattern (reach 2). */
  #drawSquare(row: number, column: number, reach: number): void {
    for (let down = -reach; down <= reach; down += 1) {
      for (let right = -reach; right <= reach; right += 1) {
        const ring = Math.max(Math.abs(down), Math.abs(right));
        this.#set(row + down, column + right, reach === 4 ? ring !== 2 && ring !== 4 : ring !== 1);
      }
    }
  }

  #drawTiming(): void {
    for (let at = 0; at < this.#size; at += 1) {
      this.#set(6, at, at % 2 === 0);
      this.#set(at, 6, at % 2 === 0);
    }
  }

  #drawAlignment(version: number): void {
    if (version < 2) return;
    const last = this.#size - 7;
    const places = version < 7 ? [6, last] : [6, (6 + last) / 2, last];
    for (const row of places) {
      for (const column of places) {
        const isFinder = (row === 6 && (column === 6 || column === last)) || (row === last && column === 6);
        if (!isFinder) this.#drawSquare(row, column, 2);
      }
    }
  }

  #drawFormat(): void {
    const data = (LEVEL_M << 3) | MASK;
    let rest = data;
    for (let bit = 0; bit < 10; bit += 1) rest = (rest << 1) ^ ((rest >> 9) * 0x537);
    const bits = ((data << 10) | rest) ^ 0x5412;
    const isDark = (at: number): boolean => ((bits >> at) & 1) === 1;
    const size = this.#size;
    for (let at = 0; at < 6; at += 1) this.#set(at, 8, isDark(at));
    this.#set(7, 8, isDark(6));
    this.#set(8, 8, isDark(7));
    this.#set(8, 7, isDark(8));
    for (let at = 9; at < 15; at += 1) this.#set(8, 14 - at, isDark(at));
    for (let at = 0; at < 8; at += 1) this.#set(8, size - 1 - at, isDark(at));
    for (let at = 8; at < 15; at += 1) this.#set(size - 15 + at, 8, isDark(at));
    this.#set(size - 8, 8, true);
  }

  #drawVersion(version: number): void {
    let rest = version;
    for (let bit = 0; bit < 12; bit += 1) rest = (rest << 1) ^ ((rest >> 11) * 0x1f25);
    const bits = (version << 12) | rest;
    for (let at = 0; at < 18; at += 1) {
      const isDark = ((bits >> at) & 1) === 1;
      const far = this.#size - 11 + (at % 3);
      const near = Math.floor(at / 3);
      this.#set(near, far, isDark);
      this.#set(far, near, isDark);
    }
  }

  /** From the lower right corner, two columns at a time, up and down. */
  place(words: readonly number[]): void {
    let bit = 0;
    for (let right = this.#size - 1; right >= 1; right -= 2) {
      if (right === 6) right = 5;
      for (let step = 0; step < this.#size; step += 1) {
        const goesUp = ((right + 1) & 2) === 0;
        const row = goesUp ? this.#size - 1 - step : step;
        for (const column of [right, right - 1]) {
          if (this.#modules[row]?.[column] !== null) continue;
          const word = words[bit >> 3] ?? 0;
          const isDark = ((word >> (7 - (bit & 7))) & 1) === 1;
          this.#set(row, column, isDark !== ((row + column) % 2 === 0));
          bit += 1;
        }
      }
    }
  }

  rows(): readonly string[] {
    return this.#modules.map((line) => line.map((isDark) => (isDark === true ? "1" : "0")).join(""));
  }
}
