"""Random passwords. https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html"""

from __future__ import annotations

import string

from headwater.services.secretsmanager.errors import invalid_parameter
from headwater.spine.operations import Call, Request, Result, operation

_PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
_LENGTH = 32
_KINDS = (
    ("ExcludeLowercase", string.ascii_lowercase),
    ("ExcludeUppercase", string.ascii_uppercase),
    ("ExcludeNumbers", string.digits),
    ("ExcludePunctuation", _PUNCTUATION),
)


@operation("secretsmanager", "GetRandomPassword", reads=True)
def get_random_password(call: Call, request: Request) -> Result:
    excluded = request.get("ExcludeCharacters") or ""
    length = request.get("PasswordLength") or _LENGTH
    alphabets = [letters for name, letters in _KINDS if not request.get(name)]
    if request.get("IncludeSpace"):
        alphabets.append(" ")
    kinds = [kept for letters in alphabets if (kept := "".join(each for each in letters if each not in excluded))]
    if not kinds:
        raise invalid_parameter("All characters are excluded from the password.")
    required = request.get("RequireEachIncludedType")
    must = kinds if required is None or required else []
    if length < len(must):
        raise invalid_parameter(f"Password length {length} is too short based on the required types.")
    drawn = [call.ids.token(1, kind) for kind in must]
    drawn += call.ids.token(length - len(drawn), "".join(kinds))
    for last in range(length - 1, 0, -1):  # shuffled, so that no place tells its kind
        other = int(call.ids.random() * (last + 1))
        drawn[last], drawn[other] = drawn[other], drawn[last]
    return {"RandomPassword": "".join(drawn)}
