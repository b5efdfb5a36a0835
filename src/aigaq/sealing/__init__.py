"""Sealed reports, receipt codes, mailboxes and cards: every format of spec/ but age itself.

Plain Python without Django and without files of its own; it knows bytes, never where they lie.
Whatever comes in, the only error is `SealingError`, whose codes are those of the pages in spec/.
Hashes, keys, salts and ids are ``bytes``; times are aware ``datetime``; recipients are
``age1pq1…`` texts; private keys are those of ``cryptography``.

========================  =====================================================================
``errors``                `SealingError`
``encoding``              `encode_parts`, `hash_parts`, `hash_leaf`, `merkle_root`,
                          `encode_base64`, `decode_base64`, `decode_hex`
``canonical_json``        `build_json`, `parse_json` (RFC 8785, strict)
``signed_json``           `build_signed_json`, `parse_signed_json` (unchecked),
                          `open_signed_json` (checked)
``signatures``            `check_signature`, `check_public_key`, `public_bytes`
``padding``               `pad_to_step`, `unpad_from_step`, `padme_size`
``receipt_code``          `draw_code`, `build_server_code`, `read_typed_code`, `format_code`,
                          `derive_mailbox_keys` -> `MailboxKeys`
``header``                `build_header`, `parse_header` -> `Header`, `report_id`, `item_name`,
                          `member_names`
``container``             `ContainerWriter`, `iterate_container` (one pass), `index_container`
``commitment``            `answer_leaf`, `consent_leaf`, `item_leaf`, `commit_root`
``manifest``              `Manifest`, `Answer`, `Consent`, `Item`, `build_manifest`,
                          `parse_manifest`, `manifest_commitment`
``envelope``              `seal_report`, `ContainerSink`, `FolderSink`, `ItemToSeal`
``opening``               `open_report`, `examine_report`, `ContainerSource`, `FolderSource`
``card``, ``fingerprint`` `Card`, `build_card`, `parse_card`; `fingerprint`,
                          `format_fingerprint`
``receipts``              `Promise`, `FilingReceipt`, `ReceiptFile`: `build_…`, `parse_…`,
                          `check_promise`
``messages``              `Message`, `build_message`, `open_message`, `check_order`, `head_of`,
                          `check_desk_messages`
``rebinding``             `Rebind`, `build_rebind`, `parse_rebind`
``mailbox_requests``      `sign_request`, `parse_request_headers`, `check_request`;
                          `MailboxRequest`: `build_…`, `parse_…`
``mailbox_answer``        `build_answer`, `build_answer_to_nobody`, `parse_answer`; `Heads`
========================  =====================================================================
"""
