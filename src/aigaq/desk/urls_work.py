"""Addresses of the daily work: today, inbox, report, letters, notices, and the style guide."""

from django.urls import URLPattern, path

from aigaq.desk.views import (
    evidence,
    inbox,
    mailbox,
    new_code,
    new_report,
    notices,
    report,
    state,
    styleguide,
    today,
)

urlpatterns: list[URLPattern] = [
    path("today", today.today, name="today"),
    path("inbox", inbox.inbox, name="inbox"),
    path("inbox/new", new_report.new_report, name="report-new"),
    path("inbox/import", inbox.import_file, name="inbox-import"),
    path("pull", inbox.pull, name="pull"),
    path("reports/<uuid:report_id>", report.report, name="report"),
    path("reports/<uuid:report_id>/hand-over", report.hand_over, name="report-hand-over"),
    path("reports/<uuid:report_id>/settle", report.settle, name="report-settle"),
    path("reports/<uuid:report_id>/erase", report.erase, name="report-erase"),
    path("reports/<uuid:report_id>/remove-sample", report.remove_sample, name="report-sample"),
    path(
        "reports/<uuid:report_id>/consents/<uuid:consent_id>/withdraw",
        report.withdraw_consent,
        name="report-consent",
    ),
    path("reports/<uuid:report_id>/evidence", evidence.evidence, name="report-evidence"),
    path("evidence/<uuid:item_id>/timestamp", evidence.timestamp, name="item-timestamp"),
    path("evidence/<uuid:item_id>/provenance", evidence.set_provenance, name="item-provenance"),
    path("due", evidence.due, name="due"),
    path("items/<uuid:item_id>", report.item, name="report-item"),
    path("items/<uuid:item_id>/download", report.download, name="report-download"),
    path("previews/<uuid:preview_id>", report.preview, name="preview"),
    path("mailboxes/<uuid:mailbox_id>", mailbox.mailbox, name="mailbox"),
    path(
        "mailboxes/<uuid:mailbox_id>/requests/<uuid:request_id>",
        mailbox.decide,
        name="mailbox-decide",
    ),
    path("mailboxes/<uuid:mailbox_id>/new-code", new_code.new_code, name="mailbox-new-code"),
    path("notices", notices.notices, name="notices"),
    path("notices/<uuid:alarm_id>/close", notices.resolve_alarm, name="notices-close"),
    path("notices/publish-card", notices.publish_again, name="notices-publish"),
    path("notices/copy", notices.copy_now, name="notices-copy"),
    path("state", state.state, name="state"),
    path("desk/styleguide", styleguide.styleguide, name="styleguide"),
]
