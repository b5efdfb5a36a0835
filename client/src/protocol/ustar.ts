/**
 * The file form of a report: POSIX ustar in the one shape that spec/report.md allows.
 *
 * Members are written one after the other, each size known before its bytes. Sizes in bytes.
 */

import { ClientError } from "../errors";
import { type Bytes, concat, utf8 } from "./bytes";

const BLOCK = 512;
const LIMIT = 8 * 1024 ** 3;

/** Throws `item.too_large` for 8 GiB or more. */
export function ustarHeader(name: string, size: number): Bytes {
  if (size >= LIMIT) throw new ClientError("item.too_large");
  const header = new Uint8Array(BLOCK);
  const put = (offset: number, text: string): void => header.set(utf8(text), offset);
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, "0")}\0`;
  put(0, name);
  put(100, octal(0o644, 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  put(124, octal(size, 11));
  put(136, octal(0, 11));
  put(148, "        ");
  put(156, "0");
  put(257, "ustar\0" + "00");
  put(329, octal(0, 7));
  put(337, octal(0, 7));
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(148, `${octal(sum, 6)} `);
  return header;
}

/** The zeros after `size` bytes of content, up to the next block. */
export function ustarFill(size: number): Bytes {
  return new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK);
}

export function ustarEnd(): Bytes {
  return new Uint8Array(2 * BLOCK);
}

/** A whole archive of members that are in memory. */
export function buildUstar(members: readonly { readonly name: string; readonly content: Uint8Array }[]): Bytes {
  return concat(
    ...members.flatMap(({ name, content }) => [ustarHeader(name, content.length), content, ustarFill(content.length)]),
    ustarEnd(),
  );
}
