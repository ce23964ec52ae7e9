#!/usr/bin/env bash
# Prepares everything `make run` (mode run) or `make test` (mode test) needs on Debian 12+ or Ubuntu 24.04+:
# system packages, virtual environment, pinned Python packages, front-end files. Quick when nothing changed.
set -euo pipefail
mode=${1:-run}
cd "$(dirname "$0")/.."
unset PYTHONWARNINGS
venv=${VENV:-.venv}
python=${PYTHON:-python3}

say() { printf '%s\n' "$*"; }

"$python" - <<'PY' || { say "需要 Python 3.11 或更高版本（Python 3.11 or newer is needed）。"; exit 1; }
import sys
sys.exit(0 if sys.version_info >= (3, 11) else 1)
PY

packages=(libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fontconfig fonts-noto-cjk)
if [ "$mode" = test ]; then
  packages+=(poppler-utils libreoffice-writer-nogui python3-uno postgresql softhsm2)
  # Debian has a Chromium package; Ubuntu's is a snap, which neither a container nor a test can use: Playwright brings its own there.
  own_chromium=$(. /etc/os-release && [ "${ID:-}" = ubuntu ] && echo yes || true)
  [ "$own_chromium" = yes ] || packages+=(chromium-headless-shell)
fi
"$python" -c 'import ensurepip, venv' 2>/dev/null || packages+=(python3-venv)

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  say "安装系统软件包：${missing[*]}"
  install="apt-get install -y --no-install-recommends ${missing[*]}"
  if [ "$(id -u)" = 0 ]; then
    root=()
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    root=(sudo -n)
  else
    say "缺少系统软件包，且没有 root 权限。请执行下面这一条命令后重试："
    say "  sudo sh -c 'apt-get update && $install'"
    exit 1
  fi
  "${root[@]}" apt-get update -qq
  # The tests start a private PostgreSQL server; the package shall not set one up on this machine.
  no_cluster=/etc/postgresql-common/createcluster.d/chengyue.conf
  if [[ " ${missing[*]} " == *" postgresql "* ]]; then
    "${root[@]}" mkdir -p "${no_cluster%/*}"
    echo 'create_main_cluster = false' | "${root[@]}" tee "$no_cluster" >/dev/null
  fi
  # shellcheck disable=SC2086
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive $install -qq >/dev/null
  "${root[@]}" rm -f "$no_cluster"
fi

[ -x "$venv/bin/python" ] || { say "创建虚拟环境 $venv"; "$python" -m venv "$venv"; }

stamp_of() { sha256sum "$@" | sha256sum | cut -c1-64; }
fresh() { [ -f "$venv/$1.stamp" ] && [ "$(cat "$venv/$1.stamp")" = "$2" ]; }

wanted=$(stamp_of requirements.txt)
if ! fresh runtime "$wanted"; then
  say "安装 Python 依赖（requirements.txt）"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
  printf '%s' "$wanted" > "$venv/runtime.stamp"
fi
if [ "$mode" = test ]; then
  wanted=$(stamp_of requirements.txt requirements-dev.txt)
  if ! fresh dev "$wanted"; then
    say "安装测试工具（requirements-dev.txt）"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
    if [ "$own_chromium" = yes ]; then
      say "安装 Chromium（Playwright）"
      "$venv/bin/python" -m playwright install --with-deps --only-shell chromium >/dev/null
    fi
    printf '%s' "$wanted" > "$venv/dev.stamp"
  fi
fi

front() {
  # Not `npm ci`: it refuses a lock file without the optional packages of other platforms. `install --no-save` takes the same
  # pinned versions and checks the same integrity sums.
  say "安装前端文件（package-lock.json）"
  PATH="$PWD/$venv/bin:$PATH" npm install --no-save --ignore-scripts --no-progress --loglevel=error "$@" >/dev/null
  "$venv/bin/python" tools/vendor.py
}
wanted=$(stamp_of package.json package-lock.json tools/vendor.py)
if [ "$mode" = test ] || [ -f "$venv/front-dev.stamp" ]; then
  # Once a machine has the test tools it keeps them: `make run` in between must not take them away.
  if ! fresh front-dev "$wanted" || ! [ -d node_modules/axe-core ] || ! [ -d app/web/static/vendor ]; then
    front
    printf '%s' "$wanted" | tee "$venv/front-dev.stamp" > "$venv/front.stamp"
  fi
elif ! fresh front "$wanted" || ! [ -d app/web/static/vendor ]; then
  front --omit=dev
  printf '%s' "$wanted" > "$venv/front.stamp"
fi
