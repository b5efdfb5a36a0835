/**
 * Having the browser give memory back before its next collection of garbage, which comes late.
 *
 * What the browser copies to send it lives until its next whole collection, and Chromium does not
 * count it: 300 MB sent bare in parts of 2 MiB grow the page's process by 293 MiB. It does count the
 * buffers that script holds, even those that are never touched and so take no memory. A few of these,
 * held for some parts each, bring the collection forward. Sizes in bytes.
 */

/** How much is counted for each byte that is sent. */
const COUNTED_FOR_ONE = 8;
const MOST_HELD = 4;

const held: ArrayBuffer[] = [];

/** After `size` bytes were sent: let the browser count what it still holds of them. */
export function countSent(size: number): void {
  if (held.length === MOST_HELD) held.shift();
  try {
    held.push(new ArrayBuffer(size * COUNTED_FOR_ONE));
  } catch {
    // No room for that: the browser has just collected what it could.
  }
}
