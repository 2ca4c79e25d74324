"""The columns of Microsoft 365 unified audit records, which come as JSON or inside a CSV export."""

from __future__ import annotations

from typing import Final

from nilometer.sources import sql
from nilometer.sources.jsonfields import Columns, Fields
from nilometer.sources.pattern import without_any_port

REQUIRED: Final = ("Operation", "Workload", "CreationTime")
"""Keys that every record has."""

_ALLOWED: Final = "('success', 'succeeded', 'partiallysucceeded', 'true', 'partially succeeded', 'allowed')"


def _surface(fields: Fields) -> str:
    return f"concat_ws(':', {fields.first('Workload')}, {fields.first('Operation')})"


def _status(fields: Fields) -> str:
    """Records have no HTTP status: what was refused or failed was asked for and not shown."""
    result, operation = fields.first("ResultStatus"), fields.first("Operation")
    return f"CASE WHEN {operation} LIKE '%Failed' OR {operation} LIKE '%Denied' THEN '403' WHEN {result} IS NULL OR lower({result}) IN {_ALLOWED} THEN '200' ELSE '403' END"


COLUMNS: Final[Columns] = {
    "time": lambda f: sql.moment(f.first("CreationTime", "CreationDate")),
    "org": lambda f: f.first("OrganizationId"),
    "app": lambda f: f.first("AppId", "ClientAppId", "AppAccessContext.ClientAppId", "ApplicationId"),
    "account": lambda f: f.first("UserId", "UserKey"),
    "session": lambda f: f.first("SessionId", "AppAccessContext.AADSessionId"),
    "ip": lambda f: without_any_port(f.first("ClientIP", "ClientIPAddress", "ActorIpAddress")),
    "user_agent": lambda f: f.first("UserAgent", "ClientInfoString"),
    "surface": _surface,
    "status": _status,
    "request": lambda f: f.first("Id"),
    "object": lambda f: f.first("ObjectId", "MailboxOwnerUPN"),
    "method": lambda f: f.first("RecordType"),
    "target": lambda f: f"'/' || concat_ws('/', {f.first('Workload')}, {f.first('Operation')})",
}
"""`method` is the record type, `target` is /Workload/Operation, so that routes of a mapping can name surfaces."""

DEFAULTS: Final = {name: name for name in ("time", "org", "app", "account", "session", "ip", "user_agent", "surface", "status", "request")}
