"""The command line. Exit codes: 0 done, 1 refused (blocking findings, a step that can't be taken now), 2 the input is unusable."""

from __future__ import annotations

import sys

import click

from app.cli.lazy import LazyGroup
from app.domain.errors import ContractError, InputError
from signatures.errors import SignatureError

BLOCKED = 1
UNUSABLE = 2
REFUSED = (
    "document.", "approval.", "lifecycle.", "execution.", "signing.", "renewal.", "ending.", "paper.state", "paper.stage", "amendment.conflict",
    "amendment.undecided", "seal.move", "seal.unready", "seal.use_move", "seal.lapsed", "seal.suspended", "seal.text", "seal.readers",
    "event.stage",
)  # fmt: skip
"""Codes of errors that refuse a sound request: the contract is not ready, or not there yet."""


COMMANDS: dict[str, tuple[str, str]] = {
    "draft": ("app.cli.draft", "生成合同"),
    "answers": ("app.cli.answers", "输出空白或示例答案文件"),
    "check": ("app.cli.draft", "校对答案文件"),
    "clauses": ("app.cli.clauses", "条款库"),
    "annex": ("app.cli.annex", "附件：服务项目表"),
    "template": ("app.cli.template", "文书模板"),
    "fonts": ("app.cli.fonts", "生成 PDF 用的字体子集（首次启动时自动进行）"),
    "demo": ("app.cli.demo", "生成演示合同到 out/demo"),
    "drafts": ("app.cli.drafts", "草稿：列出、填写、校对、生成文件"),
    "contract": ("app.cli.contract", "合同：登记、审批、版本、比较、批注"),
    "register": ("app.cli.register", "合同台账：查找、导出、补录已签合同"),
    "organisations": ("app.cli.organisations", "主体：列出、显示、从工作簿导入"),
    "seals": ("app.cli.seals", "印章：登记、授权、图样、用印"),
    "renewal": ("app.cli.renewal", "期限与续约"),
    "termination": ("app.cli.termination", "提前终止：催告、解除、协议、异议"),
    "exit": ("app.cli.exit", "退出任务与归档"),
    "obligation": ("app.cli.obligation", "履行：义务、触发事件与停钟"),
    "settlement": ("app.cli.settlement", "考核与结算：数据、得分、结算单、发票、付款"),
    "notice": ("app.cli.notice", "通知：到达日与最后安全发出日"),
    "amendment": ("app.cli.amendment", "补充协议：修订现行文本、记录签署、合并文本"),
    "paper": ("app.cli.paper", "文书：补充协议、续约、通知、结算单等"),
    "audit": ("app.cli.audit", "审计记录"),
    "outbox": ("app.cli.outbox", "发件箱：列出、阅读、重新投递"),
    "reminders": ("app.cli.reminders", "提醒：近期日期、策略、推迟"),
    "advance": ("app.cli.advance", "按日期自动流转合同阶段（平时由后台任务进行）"),
    "signing": ("app.cli.signing", "签署：发起、进度、提醒、更正、更换、撤回"),
    "api-tokens": ("app.cli.api_tokens", "签署接口的令牌"),
    "verify": ("app.cli.verify", "验证已签署的 PDF"),
    "users": ("app.cli.users", "账号：新建、修改、停用、一次性链接、两步验证"),
    "keys": ("app.cli.keys", "签署密钥和证书：状态、更换密钥加密密钥"),
}
"""Command → its module, where it has the same name, and the line that the help shows."""


@click.group(cls=LazyGroup, lazy=COMMANDS, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option("0.1.0", prog_name="成约 Chengyue")
def cli() -> None:
    """成约：互联网产品售后服务外包合同的起草、校对与生成。"""


def main() -> None:
    """Run the command line; an error of ours is a sentence on stderr, never a traceback."""
    try:
        code = cli.main(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.exceptions.Abort:
        click.echo("已中止。", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(UNUSABLE)
    except InputError as error:
        click.echo(f"输入有误，共 {len(error.faults)} 处：", err=True)
        for fault in error.faults:
            click.echo(f"  {fault.sentence()}", err=True)
        sys.exit(UNUSABLE)
    except SignatureError as error:
        click.echo(error.message, err=True)
        sys.exit(UNUSABLE)
    except ContractError as error:
        click.echo(error.message, err=True)
        sys.exit(BLOCKED if error.code.startswith(REFUSED) and not error.code.endswith(".missing") else UNUSABLE)
