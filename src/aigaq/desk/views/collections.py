"""Collections: named sets of reports that are handed out together."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from aigaq.accounts.permissions import Capability
from aigaq.desk import export_words, words
from aigaq.desk.access import actor_of, needs
from aigaq.intake import collecting, selectors
from aigaq.intake.collecting import NAME_LENGTH, CollectionError
from aigaq.intake.errors import NotFound

GOOD = 25


class NameForm(forms.Form):
    """What a collection is called."""

    name = forms.CharField(
        label=gettext_lazy("Name of the collection"),
        help_text=gettext_lazy("For colleagues only: it stands in no package."),
        max_length=NAME_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class AddForm(forms.Form):
    """Which report comes into a collection."""

    number = forms.IntegerField(
        label=gettext_lazy("Register number"),
        min_value=1,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Capability.HAND_OUT_PACKAGES)
def collections(request: HttpRequest) -> HttpResponse:
    """Return all collections, or make one."""
    actor = actor_of(request)
    form = NameForm(request.POST or None)
    if form.is_valid():
        try:
            made = collecting.make_collection(actor=actor, name=form.cleaned_data["name"])
        except CollectionError as refused:
            form.add_error("name", words.say(export_words.COLLECTION_REFUSALS, refused.code))
        else:
            return HttpResponseRedirect(reverse("collection", args=[made]))
    context = {"collections": collecting.list_collections(actor=actor), "form": form}
    status = 422 if form.errors else 200
    return render(request, "desk/work/collections.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Capability.HAND_OUT_PACKAGES)
def collection(request: HttpRequest, collection_id: UUID) -> HttpResponse:
    """Return a collection, or put a report into it by its register number."""
    actor = actor_of(request)
    form = AddForm(request.POST or None)
    if form.is_valid():
        number = form.cleaned_data["number"]
        try:
            report_id = selectors.find_by_register_number(actor=actor, number=number)
            collecting.add_report(actor=actor, collection_id=collection_id, report_id=report_id)
        except NotFound:
            collecting.access_collection(actor=actor, collection_id=collection_id)
            form.add_error("number", _("There is no report of this number here."))
        except CollectionError as refused:
            form.add_error("number", words.say(export_words.COLLECTION_REFUSALS, refused.code))
        else:
            messages.add_message(request, GOOD, _("The report is in the collection."))
            return HttpResponseRedirect(reverse("collection", args=[collection_id]))
    return _show(request, collection_id=collection_id, add=form)


@require_POST
@needs(Capability.HAND_OUT_PACKAGES)
def rename(request: HttpRequest, collection_id: UUID) -> HttpResponse:
    """Give a collection another name."""
    form = NameForm(request.POST)
    if form.is_valid():
        try:
            collecting.rename_collection(
                actor=actor_of(request),
                collection_id=collection_id,
                name=form.cleaned_data["name"],
            )
        except CollectionError as refused:
            form.add_error("name", words.say(export_words.COLLECTION_REFUSALS, refused.code))
        else:
            messages.add_message(request, GOOD, _("The collection has its new name."))
            return HttpResponseRedirect(reverse("collection", args=[collection_id]))
    return _show(request, collection_id=collection_id, name=form)


@require_POST
@needs(Capability.HAND_OUT_PACKAGES)
def dissolve(request: HttpRequest, collection_id: UUID) -> HttpResponse:
    """Remove a collection; its reports stay."""
    collecting.dissolve_collection(actor=actor_of(request), collection_id=collection_id)
    messages.add_message(request, GOOD, _("The collection is dissolved. Its reports stay."))
    return HttpResponseRedirect(reverse("collections"))


@require_POST
@needs(Capability.HAND_OUT_PACKAGES)
def take_out(request: HttpRequest, collection_id: UUID, report_id: UUID) -> HttpResponse:
    """Take a report out of a collection; the report stays."""
    actor = actor_of(request)
    collecting.remove_report(actor=actor, collection_id=collection_id, report_id=report_id)
    messages.add_message(request, GOOD, _("The report is not in the collection any more."))
    return HttpResponseRedirect(reverse("collection", args=[collection_id]))


@require_POST
@needs(Capability.HAND_OUT_PACKAGES)
def collect(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Put a report into a collection from the report's own page."""
    actor = actor_of(request)
    try:
        collection_id = UUID(request.POST.get("collection", ""))
    except ValueError:
        raise NotFound from None
    try:
        collecting.add_report(actor=actor, collection_id=collection_id, report_id=report_id)
    except CollectionError as refused:
        said = words.say(export_words.COLLECTION_REFUSALS, refused.code)
        messages.add_message(request, messages.WARNING, said)
    else:
        messages.add_message(request, GOOD, _("The report is in the collection."))
    return HttpResponseRedirect(reverse("report", args=[report_id]) + "#packages")


def _show(
    request: HttpRequest,
    *,
    collection_id: UUID,
    add: AddForm | None = None,
    name: NameForm | None = None,
) -> HttpResponse:
    actor = actor_of(request)
    found = collecting.access_collection(actor=actor, collection_id=collection_id)
    context = {
        "collection": found.row,
        "reports": found.reports,
        "add": add or AddForm(),
        "name": name or NameForm(initial={"name": found.row.name}),
    }
    status = 422 if any(form is not None and form.errors for form in (add, name)) else 200
    return render(request, "desk/work/collection.html", context, status=status)
