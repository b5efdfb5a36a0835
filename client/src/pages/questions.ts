/** The questions and consents of the form, as `spec/questions.json` numbers them. */

import list from "../../../spec/questions.json";

export interface Question {
  readonly number: number;
  readonly id: string;
  readonly step: string;
  readonly kind: "one" | "many" | "short" | "long";
  readonly options?: readonly string[];
  readonly voice?: boolean;
}

export interface ConsentRow {
  readonly purpose: string;
  readonly audience: string;
  readonly needed: boolean;
}

export const QUESTIONS = list.questions as readonly Question[];
export const CONSENTS = list.consents as readonly ConsentRow[];

/** The steps in their order: those with questions, then the four that are pages of their own. */
export const STEPS: readonly string[] = [
  ...new Set(QUESTIONS.map((question) => question.step)),
  "consent",
  "files",
  "code",
  "review",
];

export function questionById(id: string): Question {
  const found = QUESTIONS.find((question) => question.id === id);
  if (found === undefined) throw new Error(`no question ${id}`);
  return found;
}
