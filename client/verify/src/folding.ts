// SPDX-License-Identifier: Apache-2.0
/**
 * Which names some systems take for one: letters in any case, as Unicode's full case folding has it,
 * of which `toLowerCase` does the greater part. Source: Unicode, CaseFolding.txt (C and F).
 */

/** What folds to other letters than its lower case; only what NFD leaves as it is. */
const OTHERS = "µμ ßss ŉʼn ſs \u0345ι ςσ ϐβ ϑθ ϕφ ϖπ ϰκ ϱρ ϵε ևեւ ᲀв ᲁд ᲂо ᲃс ᲄт ᲅт ᲆъ ᲇѣ ᲈꙋ ẚaʾ ẞss ﬀff ﬁfi ﬂfl ﬃffi ﬄffl ﬅst ﬆst ﬓմն ﬔմե ﬕմի ﬖվն ﬗմխ";
const FOLDED = new Map(OTHERS.split(" ").map((pair) => [pair[0]!, pair.slice(1)]));

/** `name` without case, so that two names that are alike somewhere are the same text. */
export function fold(name: string): string {
  // Letter by letter: as a word, a Σ at the end has another lower case.
  const letters = [...name.normalize("NFD")].map((one) => FOLDED.get(one) ?? one.toLowerCase());
  return letters.join("").normalize("NFC");
}
