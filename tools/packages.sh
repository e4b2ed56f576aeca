# packages.sh: what Pennypost needs from Debian, and how it is installed; sourced by ./run and ./test.
# No version in a name where Debian has one without, so that the lists hold for Debian 12 and 13.

PACKAGES_BUILD="gcc g++ libc6-dev meson ninja-build pkg-config python3 libmicrohttpd-dev libsimdjson-dev libsqlite3-dev libpq-dev libharfbuzz-dev libicu-dev
  libqpdf-dev libdeflate-dev libqrencode-dev libcsv-dev libpng-dev libsodium-dev zlib1g-dev libssl-dev libcurl4-openssl-dev libseccomp-dev libxml2-dev"
PACKAGES_RUN="bubblewrap chromium-headless-shell fonts-noto-core poppler-utils"
PACKAGES_TEST="libcmocka-dev libzint-dev libzbar-dev zbar-tools qpdf ghostscript curl clang lld postgresql python3-yaml python3-jsonschema python3-requests openssl chromium"
# Drives chromium in the browser tests; a Node from elsewhere does as well.
command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 || PACKAGES_TEST="$PACKAGES_TEST nodejs npm"

# The names among "$@" that are not installed.
packages_missing() {
    for name in "$@"; do
        dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q ' installed$' || printf '%s ' "$name"
    done
}

# How a command becomes root here: nothing, sudo, or a sentence.
packages_root() {
    if [ "$(id -u)" = 0 ]; then echo ""; elif command -v sudo >/dev/null 2>&1; then echo sudo; else
        echo "Packages are missing and this user can neither become root nor use sudo. As root: apt-get install $*" >&2
        return 1
    fi
}

# Installs what is missing; says first what, and how much it is.
packages_install() {
    missing=$(packages_missing "$@")
    [ -n "$missing" ] || return 0
    as_root=$(packages_root $missing) || return 3
    log=$(mktemp)
    echo "Installing from Debian: $missing"
    $as_root apt-get update -qq >"$log" 2>&1 || { tail -n 5 "$log" >&2; echo "apt-get update failed; is the network there?" >&2; return 3; }
    # shellcheck disable=SC2086
    size=$($as_root apt-get install -y -qq --no-install-recommends --print-uris $missing 2>/dev/null | awk -v q="'" 'index($0, q) == 1 {n += $3} END {printf "%d", n / 1000000}')
    echo "About ${size:-300} MB to download (everything together is about 0.3 GB, and 1.1 GB on disk)."
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >"$log" 2>&1 || { tail -n 15 "$log" >&2; return 3; }
    rm -f "$log"
}
