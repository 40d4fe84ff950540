#!/usr/bin/env bash
# Installs Debian's Chromium for the browser tests where that is allowed; else says what to do.
set -u
if command -v chromium >/dev/null 2>&1 || [ -d "/Applications/Google Chrome.app" ]; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing Debian's package chromium for the browser tests..." >&2
  if apt-get update -qq >/dev/null 2>&1 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null 2>&1; then
    exit 0
  fi
fi
[ "$(uname)" = Darwin ] && install="brew install --cask google-chrome" || install="sudo apt-get install chromium"
echo "Chromium is missing: the browser tests will be reported as not run. To have them: $install" >&2
exit 0
