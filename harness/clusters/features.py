"""Features of a cluster that is up already: what one that was not formatted by the harness has to have or not."""

from __future__ import annotations

from kio.schema.errors import ErrorCode
from kio.schema.update_features.v1 import request as update
from kio.schema.update_features.v1 import response as updated
from kio.static.primitive import i8, i16

from harness.clusters import admin

_SAFE_DOWNGRADE = i8(2)


def switch_off(address: str, feature: str, timeout_s: float = 15.0) -> None:
    """Takes a feature from a cluster, by the broker at ``address``. Raises ``AdminError`` if that is refused."""
    wanted = update.FeatureUpdateKey(feature=feature, max_version_level=i16(0), upgrade_type=_SAFE_DOWNGRADE)
    request = update.UpdateFeaturesRequest(feature_updates=(wanted,))
    said = admin.call(address, request, updated.UpdateFeaturesResponse, lambda answer: answer, timeout_s)
    for code, message in [
        (said.error_code, said.error_message),
        *((r.error_code, r.error_message) for r in said.results),
    ]:
        if code is not ErrorCode.none:
            raise admin.AdminError(f"feature {feature}: {message or code.name}")
