"""Certificates of IoT: made, registered, listed, changed and deleted."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.conftest import Client
from tests.x509 import made, request

POLICY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iot:*", "Resource": "*"}]}'
NOBODY = "ab" * 32


def test_keys_and_their_certificate(aws: Client, account: str) -> None:
    iot = aws("iot")
    answer = iot.create_keys_and_certificate(setAsActive=True)
    certificate = x509.load_pem_x509_certificate(answer["certificatePem"].encode())
    assert answer["certificateId"] == certificate.fingerprint(SHA256()).hex()
    assert answer["certificateArn"] == f"arn:aws:iot:us-east-1:{account}:cert/{answer['certificateId']}"
    key = load_pem_private_key(answer["keyPair"]["PrivateKey"].encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    assert key.key_size == 2048
    assert key.public_key() == certificate.public_key()
    assert certificate.subject.rfc4514_string() == "CN=AWS IoT Certificate"
    described = iot.describe_certificate(certificateId=answer["certificateId"])["certificateDescription"]
    assert (described["status"], described["ownedBy"], described["certificateMode"]) == ("ACTIVE", account, "DEFAULT")
    assert described["certificatePem"] == answer["certificatePem"]
    assert described["validity"]["notAfter"].year == 2049 or described["validity"]["notAfter"].year == 2050
    assert "caCertificateId" not in described


def test_a_request_is_signed_with_its_subject(aws: Client) -> None:
    iot = aws("iot")
    asked, key = request("lamp")
    answer = iot.create_certificate_from_csr(certificateSigningRequest=asked)
    certificate = x509.load_pem_x509_certificate(answer["certificatePem"].encode())
    assert certificate.public_key() == key.public_key()
    assert certificate.subject.rfc4514_string() == "CN=lamp"
    described = iot.describe_certificate(certificateId=answer["certificateId"])["certificateDescription"]
    assert described["status"] == "INACTIVE"
    with pytest.raises(iot.exceptions.InvalidRequestException, match="could not be parsed"):
        iot.create_certificate_from_csr(certificateSigningRequest="nonsense")


def test_certificates_are_listed_by_their_age(aws: Client) -> None:
    iot = aws("iot")
    ids = [
        iot.create_certificate_from_csr(certificateSigningRequest=request("lamp")[0])["certificateId"] for _ in range(3)
    ]
    page = iot.list_certificates(ascendingOrder=True, pageSize=2)
    assert [item["certificateId"] for item in page["certificates"]] == ids[:2]
    rest = iot.list_certificates(ascendingOrder=True, pageSize=2, marker=page["nextMarker"])
    assert [item["certificateId"] for item in rest["certificates"]] == ids[2:]
    assert "nextMarker" not in rest
    assert [item["certificateId"] for item in iot.list_certificates()["certificates"]] == ids[::-1]
    with pytest.raises(iot.exceptions.InvalidRequestException, match="marker"):
        iot.list_certificates(marker="abcd")


def test_what_must_be_done_before_a_certificate_goes(aws: Client) -> None:
    iot = aws("iot")
    answer = iot.create_certificate_from_csr(certificateSigningRequest=request("lamp")[0], setAsActive=True)
    identity, arn = answer["certificateId"], answer["certificateArn"]
    iot.create_policy(policyName="all", policyDocument=POLICY)
    iot.create_thing(thingName="lamp")
    iot.attach_policy(policyName="all", target=arn)
    iot.attach_thing_principal(thingName="lamp", principal=arn)
    with pytest.raises(iot.exceptions.CertificateStateException, match="must be deactivated"):
        iot.delete_certificate(certificateId=identity)
    with pytest.raises(iot.exceptions.InvalidRequestException, match="PENDING_TRANSFER"):
        iot.update_certificate(certificateId=identity, newStatus="PENDING_TRANSFER")
    iot.update_certificate(certificateId=identity, newStatus="INACTIVE")
    with pytest.raises(iot.exceptions.DeleteConflictException, match="Things must be detached"):
        iot.delete_certificate(certificateId=identity, forceDelete=True)
    with pytest.raises(iot.exceptions.InvalidRequestException, match="Thing lamp is still attached"):
        iot.delete_thing(thingName="lamp")
    iot.detach_thing_principal(thingName="lamp", principal=arn)
    iot.delete_thing(thingName="lamp")
    with pytest.raises(iot.exceptions.DeleteConflictException, match="policies must be detached"):
        iot.delete_certificate(certificateId=identity)
    with pytest.raises(iot.exceptions.DeleteConflictException, match="attached to one or more principals"):
        iot.delete_policy(policyName="all")
    iot.delete_certificate(certificateId=identity, forceDelete=True)
    iot.delete_policy(policyName="all")
    with pytest.raises(iot.exceptions.ResourceNotFoundException):
        iot.describe_certificate(certificateId=identity)


def test_ids_that_are_none(aws: Client) -> None:
    iot = aws("iot")
    with pytest.raises(iot.exceptions.ClientError, match="length greater than or equal to 64") as refused:
        aws("iot", parameter_validation=False).describe_certificate(certificateId="abc")
    assert refused.value.response["Error"]["Code"] == "InvalidRequestException"
    for ask in (iot.describe_certificate, iot.delete_certificate, iot.describe_ca_certificate):
        with pytest.raises(iot.exceptions.ResourceNotFoundException):
            ask(certificateId=NOBODY)


def test_an_authority_of_ones_own(aws: Client, account: str) -> None:
    iot = aws("iot")
    authority = made("Factory", ca=True)
    code = iot.get_registration_code()["registrationCode"]
    assert len(code) == 64
    assert iot.get_registration_code()["registrationCode"] == code
    with pytest.raises(iot.exceptions.RegistrationCodeValidationException):
        iot.register_ca_certificate(caCertificate=authority.pem, verificationCertificate=made("no", authority).pem)
    with pytest.raises(iot.exceptions.CertificateValidationException, match="not signed"):
        iot.register_ca_certificate(caCertificate=authority.pem, verificationCertificate=made(code).pem)
    with pytest.raises(iot.exceptions.InvalidRequestException, match="verificationCertificate is required"):
        iot.register_ca_certificate(caCertificate=authority.pem)
    with pytest.raises(iot.exceptions.CertificateValidationException, match="not a CA"):
        iot.register_ca_certificate(caCertificate=made("x").pem, certificateMode="SNI_ONLY")
    proof = made(code, authority).pem
    answer = iot.register_ca_certificate(
        caCertificate=authority.pem, verificationCertificate=proof, setAsActive=True, tags=[{"Key": "a", "Value": "b"}]
    )
    assert answer["certificateArn"] == f"arn:aws:iot:us-east-1:{account}:cacert/{authority.id}"
    assert iot.list_tags_for_resource(resourceArn=answer["certificateArn"])["tags"] == [{"Key": "a", "Value": "b"}]
    with pytest.raises(iot.exceptions.ResourceAlreadyExistsException):
        iot.register_ca_certificate(caCertificate=authority.pem, verificationCertificate=proof)
    described = iot.describe_ca_certificate(certificateId=authority.id)["certificateDescription"]
    assert (described["status"], described["autoRegistrationStatus"]) == ("ACTIVE", "DISABLE")
    device = made("lamp", authority)
    registered = iot.register_certificate(certificatePem=device.pem, setAsActive=True)
    assert registered["certificateId"] == device.id
    by_authority = iot.list_certificates_by_ca(caCertificateId=authority.id)["certificates"]
    assert [(item["certificateId"], item["status"]) for item in by_authority] == [(device.id, "ACTIVE")]
    with pytest.raises(iot.exceptions.CertificateStateException):
        iot.delete_ca_certificate(certificateId=authority.id)
    iot.update_ca_certificate(certificateId=authority.id, newStatus="INACTIVE", newAutoRegistrationStatus="ENABLE")
    listed = iot.list_ca_certificates()["certificates"]
    assert [(item["certificateId"], item["status"]) for item in listed] == [(authority.id, "INACTIVE")]
    with pytest.raises(iot.exceptions.CertificateValidationException):
        iot.register_certificate(certificatePem=made("other", authority).pem)
    iot.delete_ca_certificate(certificateId=authority.id)
    assert iot.list_ca_certificates()["certificates"] == []


def test_a_certificate_of_no_known_authority(aws: Client) -> None:
    iot = aws("iot")
    device = made("lamp")
    with pytest.raises(iot.exceptions.CertificateValidationException):
        iot.register_certificate(certificatePem=device.pem)
    iot.register_certificate_without_ca(certificatePem=device.pem, status="ACTIVE")
    described = iot.describe_certificate(certificateId=device.id)["certificateDescription"]
    assert (described["status"], described["certificateMode"]) == ("ACTIVE", "SNI_ONLY")
    with pytest.raises(iot.exceptions.ResourceAlreadyExistsException) as refused:
        iot.register_certificate_without_ca(certificatePem=device.pem)
    assert refused.value.response["resourceId"] == device.id
    with pytest.raises(iot.exceptions.CertificateValidationException, match="could not be parsed"):
        iot.register_certificate_without_ca(certificatePem="nonsense")


def test_two_authorities_of_one_name(aws: Client) -> None:
    iot = aws("iot")
    first = made("Factory", ca=True)
    second = made("Factory", ca=True)
    for authority in (first, second):
        iot.register_ca_certificate(caCertificate=authority.pem, certificateMode="SNI_ONLY", setAsActive=True)
    device = made("lamp", second)
    iot.register_certificate(certificatePem=device.pem)
    described = iot.describe_certificate(certificateId=device.id)["certificateDescription"]
    assert (described["caCertificateId"], described["certificateMode"]) == (second.id, "SNI_ONLY")
    with pytest.raises(iot.exceptions.CertificateValidationException):
        iot.register_certificate(certificatePem=made("other", second).pem, caCertificatePem=first.pem)
