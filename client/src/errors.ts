/**
 * The errors of the reporter's pages: one class, one code each.
 *
 * The code is `area.what`, the same words as in `spec/`; the pages hold a text for each in every
 * language. The context holds numbers and names that we chose ourselves, never what she wrote.
 */

export type ErrorCode =
  | "bundle.no_stamp"
  | "bundle.sealer_not_loaded"
  | "card.bad_form"
  | "card.other_root"
  | "card.other_team"
  | "card.wrong_signature"
  | "receipt_code.not_a_digit"
  | "receipt_code.wrong_check_digit"
  | "receipt_code.wrong_length"
  | "report.empty"
  | "report.too_many_items"
  | "report.too_large"
  | "report.bad_answer"
  | "report.bad_header"
  | "report.bad_item"
  | "report.bad_key"
  | "report.bad_manifest"
  | "report.bad_padding"
  | "report.contradictory"
  | "report.extra_member"
  | "report.missing_member"
  | "report.not_for_us"
  | "report.other_team"
  | "report.wrong_commitment"
  | "report.wrong_hash"
  | "report.wrong_signature"
  | "report.wrong_size"
  | "container.bad_name"
  | "container.bad_order"
  | "container.bad_tar"
  | "container.trailing_data"
  | "container.truncated"
  | "report.bad_consent"
  | "item.changed"
  | "item.unreadable"
  | "item.too_large"
  | "promise.refused"
  | "proof.refused"
  | "send.cancelled"
  | "send.in_progress"
  | "send.unsure"
  | "gate.unreachable"
  | "gate.refused"
  | "gate.full"
  | "gate.too_large"
  | "mailbox.alarm"
  | "mailbox.dead_code"
  | "mailbox.not_ready"
  | "mailbox.other_recipient"
  | "message.too_long"
  | "message.out_of_order"
  | "message.wrong_signature"
  | "message.other_mailbox"
  | "message.repeated"
  | "message.bad_form"
  | "message.bad_padding"
  | "message.not_for_us"
  | "encoding.bad_base64"
  | "encoding.bad_hex"
  | "encoding.bad_json"
  | "encoding.bad_padding"
  | "encoding.bad_form"
  | "signed_json.bad_form"
  | "signed_json.wrong_format"
  | "signed_json.wrong_signature"
  | "age.bad_file";

export class ClientError extends Error {
  readonly code: ErrorCode;
  readonly context: Readonly<Record<string, string | number>>;

  constructor(code: ErrorCode, context: Readonly<Record<string, string | number>> = {}) {
    super(code);
    this.name = "ClientError";
    this.code = code;
    this.context = context;
  }
}

/**
 * Whether `error` is ours and carries `code`. By its shape and not by `instanceof`: `main.js` and
 * `seal.js` are two scripts, each with its own copy of the class.
 */
export function hasCode(error: unknown, code: ErrorCode): boolean {
  return isClientError(error) && error.code === code;
}

/** Whether `error` is a `ClientError` of either script. */
export function isClientError(error: unknown): error is ClientError {
  return error instanceof Error && error.name === "ClientError";
}
