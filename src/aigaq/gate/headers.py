"""The constant headers of every answer, errors too. Source: ``spec/gate-api.md``, last section.

They depend on the bundle, but not on the request, the path or the outcome, so that they tell
nothing.
"""

from collections.abc import Iterable

from aigaq.gate.static_bundle import INLINE_SCRIPTS, INLINE_STYLES, Bundle
from aigaq.sealing.encoding import encode_base64

# Camera and microphone record evidence in the page; no page of ours asks where she is.
_OWN_FEATURES = ("camera", "microphone")
_NO_FEATURES = (
    "accelerometer",
    "autoplay",
    "browsing-topics",
    "display-capture",
    "encrypted-media",
    "geolocation",
    "gyroscope",
    "hid",
    "idle-detection",
    "local-fonts",
    "magnetometer",
    "midi",
    "payment",
    "publickey-credentials-create",
    "publickey-credentials-get",
    "screen-wake-lock",
    "serial",
    "usb",
    "xr-spatial-tracking",
)
_PERMISSIONS_POLICY = ", ".join(
    [f"{feature}=(self)" for feature in _OWN_FEATURES]
    + [f"{feature}=()" for feature in _NO_FEATURES]
)

_ALWAYS = {
    "integrity-policy": "blocked-destinations=(script)",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "permissions-policy": _PERMISSIONS_POLICY,
    "x-robots-tag": "noindex",
    # The server would put its own name here.
    "server": "",
}


def constant_headers(bundle: Bundle) -> dict[str, str]:
    """Return the headers for a gate that serves ``bundle``."""
    policy = _content_security_policy(
        scripts=_sources(bundle.hash_inline(INLINE_SCRIPTS)),
        styles=_sources(bundle.hash_inline(INLINE_STYLES)),
    )
    return {"content-security-policy": policy, **_ALWAYS}


def _sources(hashes: Iterable[bytes]) -> str:
    return "".join(f" 'sha256-{encode_base64(one)}'" for one in hashes)


def _content_security_policy(*, scripts: str, styles: str) -> str:
    # No script of any address runs, only these two, which the page holds or has fetched as text.
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'wasm-unsafe-eval'{scripts}",
            f"style-src 'self'{styles}",
            "img-src 'self' blob: data:",
            "media-src 'self' blob:",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types sealer",
        )
    )
