"""The constant headers of every answer, errors too. Source: ``spec/gate-api.md``, last section.

They do not depend on the request, the path or the outcome, so that they tell nothing.
"""

_CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)

# Camera and microphone record evidence in the page; no page of ours asks where she is.
_OWN_FEATURES = ("camera", "microphone")
_NO_FEATURES = (
    "accelerometer",
    "autoplay",
    "bluetooth",
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

CONSTANT = {
    "content-security-policy": _CONTENT_SECURITY_POLICY,
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

CONSTANT_RAW = [(name.encode("ascii"), value.encode("ascii")) for name, value in CONSTANT.items()]
