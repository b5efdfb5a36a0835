/**
 * Padding that hides true sizes (spec/encoding.md): steps for texts, Padmé for items. Sizes in bytes.
 */

import { ClientError } from "../errors";
import { type Bytes, concat } from "./bytes";
import { uint64 } from "./encoding";

const LENGTH_BYTES = 8;

/** Length, content, zeros, up to the next multiple of `step`. */
export function padToStep(content: Uint8Array, step: number): Bytes {
  const total = Math.ceil((LENGTH_BYTES + content.length) / step) * step;
  return concat(uint64(content.length), content, new Uint8Array(total - LENGTH_BYTES - content.length));
}

/** The content of step padding. Throws `encoding.bad_padding`. */
export function unpadFromStep(padded: Uint8Array, step: number): Uint8Array {
  if (padded.length === 0 || padded.length % step !== 0) throw new ClientError("encoding.bad_padding");
  const view = new DataView(padded.buffer, padded.byteOffset, padded.byteLength);
  const length = view.getUint32(0) * 0x1_0000_0000 + view.getUint32(4);
  const end = LENGTH_BYTES + length;
  if (end > padded.length || Math.ceil(end / step) * step !== padded.length) throw new ClientError("encoding.bad_padding");
  if (padded.subarray(end).some((byte) => byte !== 0)) throw new ClientError("encoding.bad_padding");
  return padded.subarray(LENGTH_BYTES, end);
}

/** Padmé of `size`: PURBs (Nikitin et al., 2019), section 4. Exact up to 2^53 - 1. */
export function padmeSize(size: number): number {
  if (size < 2) return size;
  const exponent = floorLog2(size);
  const kept = floorLog2(exponent) + 1;
  const unit = 2 ** (exponent - kept);
  return unit <= 1 ? size : Math.ceil(size / unit) * unit;
}

/** `Math.log2` may round up just below a power of two, so count by halving. */
function floorLog2(value: number): number {
  let exponent = 0;
  for (let rest = value; rest >= 2; rest = Math.floor(rest / 2)) exponent += 1;
  return exponent;
}
