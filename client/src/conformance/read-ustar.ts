/**
 * Reads the file form as strictly as spec/report.md says, for the tests of the vectors.
 *
 * A header is right if it is, byte for byte, the one that this side would have written.
 */

import { ClientError } from "../errors";
import { isEqual } from "../protocol/bytes";
import { ustarEnd, ustarFill, ustarHeader } from "../protocol/ustar";

const BLOCK = 512;
const NAME = /^(item-\d{4}\.age|manifest\.age|key\.age|header\.json)$/u;

export interface TarMember {
  readonly name: string;
  readonly content: Uint8Array<ArrayBuffer>;
}

/** Throws `container.*`. */
export function readUstar(file: Uint8Array<ArrayBuffer>): readonly TarMember[] {
  const members: TarMember[] = [];
  let offset = 0;
  for (;;) {
    const header = take(file, offset, BLOCK);
    if (header.every((byte) => byte === 0)) break;
    const name = nameIn(header);
    const size = sizeIn(header);
    if (!NAME.test(name)) throw new ClientError("container.bad_name");
    if (!isEqual(header, ustarHeader(name, size))) throw new ClientError("container.bad_tar");
    const content = take(file, offset + BLOCK, size);
    const fill = take(file, offset + BLOCK + size, ustarFill(size).length);
    if (fill.some((byte) => byte !== 0)) throw new ClientError("container.bad_tar");
    members.push({ name, content: content.slice() });
    checkOrder(members);
    offset += BLOCK + size + fill.length;
    if (name === "header.json") break; // Whatever comes now stands where the end should be.
  }
  const end = take(file, offset, ustarEnd().length);
  if (end.some((byte) => byte !== 0)) throw new ClientError("container.trailing_data");
  if (file.length > offset + end.length) throw new ClientError("container.trailing_data");
  if (members[members.length - 1]?.name !== "header.json") throw new ClientError("container.bad_order");
  return members;
}

function take(file: Uint8Array, offset: number, size: number): Uint8Array {
  if (offset + size > file.length) throw new ClientError("container.truncated");
  return file.subarray(offset, offset + size);
}

function nameIn(header: Uint8Array): string {
  return String.fromCharCode(...header.subarray(0, 100)).replace(/\0+$/u, "");
}

function sizeIn(header: Uint8Array): number {
  const text = String.fromCharCode(...header.subarray(124, 135));
  if (!/^[0-7]{11}$/u.test(text)) throw new ClientError("container.bad_tar");
  return parseInt(text, 8);
}

/** Items from 0 without a gap, then manifest, key, header. */
function checkOrder(members: readonly TarMember[]): void {
  const items = members.filter(({ name }) => name.startsWith("item-")).length;
  const rest = ["manifest.age", "key.age", "header.json"];
  members.forEach(({ name }, index) => {
    const expected = index < items ? `item-${String(index).padStart(4, "0")}.age` : rest[index - items];
    if (name !== expected) throw new ClientError("container.bad_order");
  });
}
