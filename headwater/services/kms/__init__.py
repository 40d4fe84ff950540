"""AWS Key Management Service. https://docs.aws.amazon.com/kms/latest/APIReference/Welcome.html

Keys are real: what they encrypt can be had back by them alone, and signatures hold elsewhere. They lie in the data
folder as they are, so they protect nothing from whoever can read it.
"""

from headwater.services.kms import (
    aliases,
    data_keys,
    deletion,
    encrypting,
    grants,
    keys,
    listing,
    macs,
    policies,
    resources,
    rotation,
    signing,
    tags,
    using,
)
from headwater.services.kms.iam_actions import AUTHORIZATION
from headwater.services.kms.tables import SCHEMA
from headwater.spine.service import Service

SERVICE = Service(
    name="kms",
    modules=(
        *(aliases, data_keys, deletion, encrypting, grants, keys, listing, macs, policies, resources, rotation),
        *(signing, tags, using),
    ),
    schema=SCHEMA,
    validates=True,
    authorization=AUTHORIZATION,
    lacks={
        "keys are in no store but our own": (
            "ConnectCustomKeyStore",
            "CreateCustomKeyStore",
            "DeleteCustomKeyStore",
            "DescribeCustomKeyStores",
            "DisconnectCustomKeyStore",
            "UpdateCustomKeyStore",
        ),
        "key material is made here, never imported": (
            "DeleteImportedKeyMaterial",
            "GetParametersForImport",
            "ImportKeyMaterial",
        ),
        "a multi-Region key is in one region": ("ReplicateKey", "UpdatePrimaryRegion"),
        "no keys to agree upon a secret": ("Decapsulate", "DeriveSharedSecret", "Encapsulate"),
        "it is not kept": ("GetKeyLastUsage",),
    },
)
