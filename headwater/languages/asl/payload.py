"""The limit of a state's input, output or result.

https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
"""

# In bytes of JSON text.
MAXIMUM_PAYLOAD = 262_144
# Characters, of which UTF-8 makes at most four times as many bytes.
_SURELY_FITS = MAXIMUM_PAYLOAD // 4


def is_too_large(text: str) -> bool:
    return len(text) > _SURELY_FITS and len(text.encode()) > MAXIMUM_PAYLOAD
