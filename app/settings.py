"""Settings from the environment. Every one is documented in README.md; a test fails when one is not."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import urlsplit

from app.domain.channels import FEWEST_SECRET
from app.domain.errors import ContractError
from app.domain.numbering_pattern import parse_pattern


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, each with the environment variable of the same name in capitals."""

    host: str = field(default="127.0.0.1", metadata={"help": "监听地址"})
    port: int = field(default=8000, metadata={"help": "监听端口"})
    data_dir: Path = field(default=Path("var"), metadata={"help": "数据目录"})
    database_url: str = field(default="", metadata={"help": "数据库地址；空为数据目录下的 SQLite"})
    secret_key: str = field(default="", metadata={"help": "会话密钥；空则首次运行时生成并存入数据目录"})
    encryption_key: str = field(
        default="", metadata={"help": "存储密钥用的密钥（64位十六进制）；空则首次运行时生成并存入数据目录"}
    )
    threads: int = field(default=8, metadata={"help": "网页服务线程数"})
    max_upload_mb: int = field(default=20, metadata={"help": "单次上传上限（MB）"})
    language: str = field(default="zh", metadata={"help": "默认界面语言：zh 或 en"})
    log_level: str = field(default="INFO", metadata={"help": "日志级别"})
    trusted_proxies: int = field(default=0, metadata={"help": "前置反向代理的层数"})
    contract_number: str = field(
        default="SHFW-{YYYY}-{NNNN}", metadata={"help": "合同编号规则：{YYYY}、{YY} 年，{MM} 月，{NNNN} 流水号"}
    )
    smtp_host: str = field(default="", metadata={"help": "邮件服务器；空则邮件只存入本地发件箱"})
    smtp_port: int = field(default=587, metadata={"help": "邮件服务器端口"})
    smtp_security: str = field(default="starttls", metadata={"help": "邮件加密：starttls、tls 或 none（仅限本机邮件服务器）"})
    smtp_user: str = field(default="", metadata={"help": "邮件服务器用户名；空则不登录"})
    smtp_password: str = field(default="", metadata={"help": "邮件服务器密码"})
    mail_from: str = field(default="", metadata={"help": "发件人地址；空为 chengyue@本机名"})
    public_url: str = field(default="", metadata={"help": "对外网址，邮件中的链接以此开头；空为 http://监听地址:端口"})
    organisation: str = field(
        default="成约", metadata={"help": "运营本系统的单位名称，写入内置证书机构和系统证书；首次签署前设置，此后不再改变"}
    )
    signing_keys: str = field(
        default="",
        metadata={"help": "加密签署私钥的密钥（“名称 Base64”，逗号分隔，最后一个为当前密钥）；空则首次使用时生成并存入数据目录"},
    )
    timestamp_url: str = field(default="", metadata={"help": "外部 RFC 3161 时间戳服务的地址；空则用内置时间戳"})
    trusted_roots: str = field(default="", metadata={"help": "受信任的外部证书机构根证书文件（PEM）；空则只信任内置机构"})
    internal_hosts: str = field(
        default="",
        metadata={"help": "查询外部证书吊销状态时允许访问的内部主机（主机名、IP 或网段，逗号分隔）；空则只访问公网地址"},
    )
    sms_url: str = field(default="", metadata={"help": "短信网关的地址；空则短信验证码只存入本地发件箱"})
    sms_format: str = field(default="json", metadata={"help": "提交给短信网关的格式：json 或 form"})
    sms_template: str = field(default="", metadata={"help": "提交内容的模板，含 {number}、{text} 等占位符；空则用默认模板"})
    sms_accepted: str = field(default="", metadata={"help": "短信网关接受时答复中的字段，例如 data.code=0；空则以 2xx 为接受"})
    sms_secret: str = field(default="", metadata={"help": "短信请求的签名密钥，不少于 16 个字符"})
    sms_secret_file: str = field(default="", metadata={"help": "内容为短信签名密钥的文件，代替 SMS_SECRET"})
    local_channels: bool = field(
        default=False, metadata={"help": "允许通知渠道和短信网关指向本机且不用 TLS（仅供测试和本机网关）"}
    )
    secure_cookies: bool = field(default=False, metadata={"help": "仅通过 HTTPS 发送 Cookie（在 HTTPS 后部署时设为 1）"})

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Settings from ``environment``. Raises ``ValueError`` naming every variable that can't be used."""
        source = os.environ if environment is None else environment
        values: dict[str, object] = {}
        faults: list[str] = []
        for item in fields(cls):
            raw = source.get(item.name.upper(), "").strip()
            if not raw:
                continue
            try:
                values[item.name] = _parse(item.name, raw)
            except ValueError as error:
                shown = "…" if item.name in _SECRET else raw
                faults.append(f"{item.name.upper()}={shown}：{error}")
        if faults:
            raise ValueError("\n".join(faults))
        made = cls(**values)  # type: ignore[arg-type]
        faults = _sms_faults(made)
        if faults:
            raise ValueError("\n".join(faults))
        return made

    @property
    def url(self) -> str:
        return self.database_url or f"sqlite:///{(self.data_dir / 'chengyue.sqlite3').resolve()}"

    @property
    def sms_key(self) -> str:
        """Signs what goes to the gateway. Raises ``OSError`` where its file can't be read."""
        if self.sms_secret or not self.sms_secret_file:
            return self.sms_secret
        return Path(self.sms_secret_file).read_text(encoding="utf-8").strip()

    @property
    def base_url(self) -> str:
        """Where people reach the pages; never taken from a request, whose host anybody may forge."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::", "") else self.host  # noqa: S104  (compared, not bound to)
        return self.public_url.rstrip("/") or f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


def _sms_faults(made: Settings) -> list[str]:
    """What keeps the gateway from being used, each with its variable."""
    if not made.sms_url:
        return []
    from app.notify.short_messages import template_faults

    faults = []
    parts = urlsplit(made.sms_url)
    local = made.local_channels and parts.hostname in ("127.0.0.1", "localhost", "::1")
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        faults.append("SMS_URL：须以 https:// 开头（LOCAL_CHANNELS=1 时可以用本机的 http://）")
    try:
        if len(made.sms_key) < FEWEST_SECRET:
            faults.append(f"SMS_SECRET=…：须不少于 {FEWEST_SECRET} 个字符（或者用 SMS_SECRET_FILE 指定文件）")
    except (OSError, UnicodeDecodeError) as error:
        faults.append(f"SMS_SECRET_FILE={made.sms_secret_file}：不能读取（{type(error).__name__}）")
    if made.sms_template:
        faults += [f"SMS_TEMPLATE：{fault}" for fault in template_faults(made.sms_format, made.sms_template)]
    if made.sms_accepted and not re.fullmatch(r"[^=\s]+=.*", made.sms_accepted):
        faults.append(f"SMS_ACCEPTED={made.sms_accepted}：应写成 名称=值，例如 data.code=0")
    return faults


def _parse_number(raw: str) -> None:
    try:
        parse_pattern(raw)
    except ContractError as error:
        raise ValueError(error.message) from error


_SECRET = frozenset({"encryption_key", "secret_key", "signing_keys", "smtp_password", "sms_secret"})
"""Never repeated in a message."""
_RANGES = {
    "port": (0, 65535),
    "smtp_port": (1, 65535),
    "threads": (1, 64),
    "max_upload_mb": (1, 1024),
    "trusted_proxies": (0, 10),
}


def _parse(name: str, raw: str) -> object:
    if name in _RANGES:
        low, high = _RANGES[name]
        if not raw.isdigit() or not low <= int(raw) <= high:
            raise ValueError(f"须为 {low}–{high} 的整数")
        return int(raw)
    if name in ("secure_cookies", "local_channels"):
        if raw not in ("0", "1"):
            raise ValueError("须为 0 或 1")
        return raw == "1"
    if name == "internal_hosts":
        from signatures.reach import InternalHosts

        InternalHosts.parse(raw)
    if name == "language" and raw not in ("zh", "en"):
        raise ValueError("须为 zh 或 en")
    if name == "contract_number":
        _parse_number(raw)
    if name == "smtp_security" and raw not in ("starttls", "tls", "none"):
        raise ValueError("须为 starttls、tls 或 none")
    if name == "sms_format" and raw not in ("json", "form"):
        raise ValueError("须为 json 或 form")
    if name == "encryption_key" and not re.fullmatch(r"[0-9a-fA-F]{64}", raw):
        raise ValueError("须为 64 位十六进制数字（32 字节）")
    if name == "timestamp_url" and not raw.startswith(("http://", "https://")):
        raise ValueError("须以 http:// 或 https:// 开头")
    if name == "public_url" and not raw.startswith(("http://", "https://")):
        raise ValueError("须以 http:// 或 https:// 开头")
    if name == "log_level" and raw.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise ValueError("须为 DEBUG、INFO、WARNING 或 ERROR")
    return Path(raw) if name == "data_dir" else raw
