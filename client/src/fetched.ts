/** What the page fetches of its own bundle: nothing whose bytes are not those of the build. */

import integrity from "aigaq:integrity";

/** The text of `path`. Rejects when the line is cut, and when a byte differs. */
export async function fetchPart(path: string): Promise<string> {
  const expected = integrity[path];
  if (expected === undefined) throw new Error(path);
  const answer = await fetch(path, { cache: "no-store", credentials: "omit", integrity: expected });
  if (!answer.ok) throw new Error(path);
  return answer.text();
}
