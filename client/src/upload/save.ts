/**
 * The file form, made in one pass on the phone: items first, header last (spec/report.md).
 *
 * The pieces are handed to the browser as blobs, so script holds one of them at a time; what the
 * browser may put on its disk is ciphertext.
 */

import { checkCancelled } from "./content";
import { itemMemberName, type Member } from "../protocol/header";
import { ustarEnd, ustarFill, ustarHeader } from "../protocol/ustar";
import type { SealedPart } from "./sealed-part";

const PIECE_BYTES = 4 * 1024 * 1024;

/** The whole tar. `onSealed` is told of ciphertext bytes. Throws `item.*`, `send.cancelled`. */
export async function saveAsTar(part: SealedPart, { signal, onSealed }: {
  signal: AbortSignal; onSealed: (item: number, bytes: number) => void;
}): Promise<Blob> {
  const pieces: Blob[] = [];
  const members: Member[] = [];
  for (const number of part.sealedSizes.keys()) {
    const ciphertext = await part.encryptItem(number);
    const name = itemMemberName(number);
    pieces.push(new Blob([ustarHeader(name, ciphertext.size)]));
    for (let piece = await ciphertext.nextPart(PIECE_BYTES); piece !== null; piece = await ciphertext.nextPart(PIECE_BYTES)) {
      checkCancelled(signal);
      pieces.push(new Blob([piece]));
      onSealed(number, piece.length);
    }
    pieces.push(new Blob([ustarFill(ciphertext.size)]));
    members.push({ name, sha256: ciphertext.digest(), size: ciphertext.size });
  }
  const { manifest, key, header } = part.finish(members);
  for (const [name, content] of [["manifest.age", manifest], ["key.age", key], ["header.json", header]] as const) {
    pieces.push(new Blob([ustarHeader(name, content.length), content, ustarFill(content.length)]));
  }
  pieces.push(new Blob([ustarEnd()]));
  return new Blob(pieces, { type: "application/x-tar" });
}
