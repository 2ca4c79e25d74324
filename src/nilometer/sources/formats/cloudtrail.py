"""AWS CloudTrail: `{"Records": [...]}` documents as delivered to S3, or records one a line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nilometer.sources import sql
from nilometer.sources.format import Example, Format, Sample
from nilometer.sources.jsonfields import Columns, Fields, fields_select

_MARKS: Final = tuple(
    re.compile(mark)
    for mark in (r'"eventSource"\s*:\s*"', r'"eventName"\s*:\s*"', r'"eventTime"\s*:\s*"', r'"(?:userIdentity|awsRegion)"\s*:')
)


def _surface(fields: Fields) -> str:
    return f"concat_ws(':', {fields.first('eventSource')}, {fields.first('eventName')})"


_COLUMNS: Final[Columns] = {
    "time": lambda f: sql.moment(f.first("eventTime")),
    "org": lambda f: f.first("userIdentity.accountId", "recipientAccountId"),
    "account": lambda f: f.first(
        "userIdentity.arn", "userIdentity.principalId", "userIdentity.userName", "userIdentity.accessKeyId", "userIdentity.invokedBy"
    ),
    "session": lambda f: f.first("userIdentity.accessKeyId", "userIdentity.credentialId"),
    "ip": lambda f: f.first("sourceIPAddress"),
    "user_agent": lambda f: f.first("userAgent"),
    "surface": _surface,
    "status": lambda f: (
        f"CASE WHEN {f.first('errorCode', 'errorMessage')} IS NOT NULL THEN '403' WHEN {f.first('eventName')} IS NOT NULL THEN '200' END"
    ),
    "request": lambda f: f.first("eventID", "requestID"),
    "method": lambda f: f.first("eventName"),
    "target": lambda f: f"'/' || concat_ws('/', {f.first('eventSource')}, {f.first('eventName')})",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _CloudTrail(Format):
    def recognises(self, sample: Sample) -> float:
        head = sample.head[: 1 << 16].decode("utf-8", "replace").lstrip("\ufeff \r\n\t")
        return 0.95 if head[:1] in ("{", "[") and all(mark.search(head) for mark in _MARKS) else 0.0

    def may_have(self, column: str, header: Sequence[str]) -> bool:
        return not column.startswith("header:")

    def select(self, wanted: Sequence[str], header: Sequence[str]) -> str:
        return fields_select(wanted, _COLUMNS, what="a CloudTrail record")


FORMAT = _CloudTrail(
    id="cloudtrail",
    title="AWS CloudTrail records",
    framing="documents",
    columns=tuple(_COLUMNS),
    defaults={name: name for name in ("time", "org", "account", "session", "ip", "user_agent", "surface", "status", "request")},
    examples=(
        Example(
            line='{"Records":[{"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLE:anna","arn":"arn:aws:sts::123456789012:assumed-role/Desk/anna",'
            '"accountId":"123456789012","accessKeyId":"ASIAEXAMPLE"},"eventTime":"2026-01-02T03:04:05Z","eventSource":"s3.amazonaws.com","eventName":"GetObject",'
            '"awsRegion":"eu-west-1","sourceIPAddress":"203.0.113.9","userAgent":"[aws-cli/2.13]","requestParameters":{"bucketName":"people","key":"42/photo.jpg"},'
            '"eventID":"e-1","readOnly":true,"eventType":"AwsApiCall"}]}',
            gives={
                "time": "2026-01-02 03:04:05",
                "account": "arn:aws:sts::123456789012:assumed-role/Desk/anna",
                "session": "ASIAEXAMPLE",
                "ip": "203.0.113.9",
                "surface": "s3.amazonaws.com:GetObject",
                "status": "200",
                "request": "e-1",
                "org": "123456789012",
                "target": "/s3.amazonaws.com/GetObject",
                "requestParameters.key": "42/photo.jpg",
                "requestParameters.absent": None,
            },
        ),
        Example(
            line='{"eventTime":"2026-01-02T03:04:05Z","eventSource":"dynamodb.amazonaws.com","eventName":"GetItem","awsRegion":"eu-west-1","errorCode":"AccessDenied",'
            '"sourceIPAddress":"2001:db8::1","userIdentity":{"type":"AWSService","invokedBy":"athena.amazonaws.com"},"eventID":"e-2"}',
            gives={"account": "athena.amazonaws.com", "session": None, "status": "403", "ip": "2001:db8::1", "user_agent": None},
        ),
        Example(
            line='[{"eventTime":"2026-01-02T03:04:05Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"eu-west-1"',
            gives=None,
        ),
    ),
)
