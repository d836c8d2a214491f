"""A TLS certificate for the domain, validated through its hosted zone."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from ..base.component import Component

TTL_SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class CertificateArgs:
    """What a `Certificate` is made from."""

    domain: str
    """The host name that it is for. A change replaces it."""
    hosted_zone_id: str
    """The public Route 53 zone that the domain lies in."""


class Certificate(Component):
    """Makes a certificate, the record that proves the domain to ACM, and waits until ACM has seen it.

    ACM renews it by itself while the record stays.
    """

    arn: pulumi.Output[str]
    """ARN of the certificate, known once it is valid."""

    def __init__(self, name: str, args: CertificateArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        certificate = aws.acm.Certificate(
            name,
            domain_name=args.domain,
            validation_method="DNS",
            # A listener holds on to the old one until it has the new one.
            opts=self._child(),
        )
        proof = certificate.domain_validation_options[0]
        record = aws.route53.Record(
            name,
            zone_id=args.hosted_zone_id,
            name=proof.resource_record_name,
            type=proof.resource_record_type.apply(aws.route53.RecordType),
            records=[proof.resource_record_value],
            ttl=TTL_SECONDS,
            allow_overwrite=True,
            opts=self._child(),
        )
        validation = aws.acm.CertificateValidation(
            name,
            certificate_arn=certificate.arn,
            validation_record_fqdns=[record.fqdn],
            opts=self._child(),
        )
        self.arn = validation.certificate_arn
        self._register()
