# shellcheck shell=bash
# The packages that this project needs, and functions that install them and build. Sourced by
# labs/start, tests/run, tests/check, tests/fuzz/run and tests/bench/run:
#
#   install_packages build             to build the two programs
#   install_packages build office      also to run portlab office
#   install_packages build office-with also to run portlab office up --with smb,rdp
#   install_packages build test        also to run the tests
#   install_packages browser           to run the tests of the live page (tests/browser)
#   install_packages build test check  also to run tests/check
#   install_packages build fuzz        to run tests/fuzz/run
#   install_packages build bench       to run tests/bench/run
#   install_packages nginx:nginx-light a package, if there is no such command
#
# Only missing packages are installed, with apt-get, and with sudo if needed. Without apt-get the names
# of the packages are printed.

readonly boost_version_min=1.81

say() { printf '%s: %s\n' "$(basename -- "$0")" "$*" >&2; }

die() {
  say "$@"
  exit 1
}

# One line per tool: command:package, or header:package.
tools_of() {
  case $1 in
    build)
      printf '%s\n' cmake:cmake ninja:ninja-build g++:g++ pcap-config:libpcap-dev \
        openssl/ssl.h:libssl-dev
      ;;
    office) printf '%s\n' ip:iproute2 nft:nftables ;;
    office-with)
      printf '%s\n' smbd:samba smbclient:smbclient freerdp-shadow-cli:freerdp2-shadow-x11 \
        xfreerdp:freerdp2-x11 Xvfb:xvfb xterm:xterm xwdtopnm:netpbm
      ;;
    test)
      tools_of office
      printf '%s\n' curl:curl wget:wget lftp:lftp dig:bind9-dnsutils kdig:knot-dnsutils \
        drill:ldnsutils nmap:nmap ncat:ncat socat:socat python3:python3 ss:iproute2 \
        telnet:inetutils-telnet plink:putty-tools busybox:busybox nc:netcat-openbsd \
        tcpdump:tcpdump
      ;;
    browser) printf '%s\n' chromium:chromium node:nodejs npm:npm ;;
    bench)
      printf '%s\n' wrk:wrk dnsperf:dnsperf curl:curl ss:iproute2 netstat:net-tools python3:python3
      ;;
    fuzz) printf '%s\n' clang++:clang ;;
    check)
      printf '%s\n' git:git clang-format:clang-format clang-tidy:clang-tidy codespell:codespell \
        shellcheck:shellcheck
      ;;
    *:*) printf '%s\n' "$1" ;;
  esac
}

# The compiled libraries of Boost. Their packages depend on that of the headers.
boost_parts_of() {
  case $1 in
    build) printf '%s\n' program_options json url ;;
    test) printf '%s\n' unit_test_framework ;;
  esac
}

# Whether version $1 is at least $2.
at_least() { [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]; }

# Prints the version of the Boost headers that a compiler finds; nothing if there are none.
boost_header_version() {
  local header number
  for header in /usr/local/include/boost/version.hpp /usr/include/boost/version.hpp; do
    [ -r "$header" ] || continue
    number=$(awk '$1 == "#define" && $2 == "BOOST_VERSION" {print $3}' "$header")
    printf '%d.%d\n' $((number / 100000)) $((number / 100 % 1000))
    return
  done
}

has_boost_part() {
  compgen -G "/usr/local/lib/libboost_$1.so" >/dev/null ||
    compgen -G "/usr/lib/*/libboost_$1.so" >/dev/null ||
    compgen -G "/usr/lib*/libboost_$1.so" >/dev/null
}

# Whether the installed Boost is new enough and has these libraries.
has_boost() {
  local version part
  version=$(boost_header_version)
  [ -n "$version" ] && at_least "$version" "$boost_version_min" || return 1
  for part in "$@"; do has_boost_part "$part" || return 1; done
}

# Prints the version that apt-get would install; nothing if there is none.
candidate() { LC_ALL=C apt-cache policy "$1" 2>/dev/null | awk '/Candidate:/ && $2 != "(none)" {print $2}'; }

# Prints the version in the package names of a Boost that is new enough: nothing if the default
# packages are ("libboost-json-dev"), else for example "1.81" ("libboost-json1.81-dev").
boost_number() {
  local version
  version=$(candidate libboost-json-dev)
  if [ -n "$version" ] && at_least "$version" "$boost_version_min"; then return; fi
  version=$(apt-cache search --names-only '^libboost-json1\.[0-9]+-dev$' |
    sed -E 's/^libboost-json([0-9.]+)-dev .*/\1/' | sort -V | tail -n 1)
  [ -n "$version" ] && at_least "$version" "$boost_version_min" || return 1
  printf '%s' "$version"
}

# Prints the packages of these libraries of Boost.
boost_packages() {
  local number part
  number=$(boost_number) || return 1
  printf '%s\n' "libboost$number-dev"
  for part in "$@"; do
    case $part in
      unit_test_framework) part='test' ;;
      *) part=${part//_/-} ;;
    esac
    printf '%s\n' "libboost-$part$number-dev"
  done
}

# Whether there is this command or header.
has_tool() {
  case $1 in
    *.h) [ -e "/usr/local/include/$1" ] || [ -e "/usr/include/$1" ] ;;
    # Programs for administrators are not on every user's path.
    *) PATH="$PATH:/usr/sbin:/sbin" command -v "$1" >/dev/null 2>&1 ;;
  esac
}

# Sets the arrays missing_packages and boost_parts (libraries of Boost) for these groups.
find_missing() {
  local group line
  local -a parts=()
  missing_packages=()
  for group in "$@"; do
    while IFS= read -r line; do
      has_tool "${line%%:*}" || missing_packages+=("${line#*:}")
    done < <(tools_of "$group")
    while IFS= read -r line; do parts+=("$line"); done < <(boost_parts_of "$group")
  done
  boost_parts=()
  if [ ${#parts[@]} -gt 0 ] && ! has_boost "${parts[@]}"; then boost_parts=("${parts[@]}"); fi
}

# Runs a command as root.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Ends the script if root is needed and cannot be had. Runs sudo now, so that its password prompt is
# visible: the output of later commands goes to a file.
expect_root() { # COMMANDS THAT NEED ROOT
  [ "$(id -u)" != 0 ] || return 0
  command -v sudo >/dev/null 2>&1 ||
    die "this needs root, and sudo is not installed. Ask an administrator to run: $*"
  say "sudo may ask for your password, to run: $*"
  sudo true || die "without root nothing can be installed. Ask an administrator to run: $*"
}

apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
    apt-get -q -o DPkg::Lock::Timeout=300 "$@"
}

# Installing the package of a server must not start it on this machine.
keep_services_off() {
  [ -e /usr/sbin/policy-rc.d ] && return
  printf '#!/bin/sh\nexit 101\n' | as_root tee /usr/sbin/policy-rc.d >/dev/null
  as_root chmod +x /usr/sbin/policy-rc.d
  trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
}

# Runs a command. Its output is shown only if it fails.
quietly() {
  local log
  log=$(mktemp)
  if "$@" >"$log" 2>&1 </dev/null; then
    rm -f "$log"
    return
  fi
  tail -n 30 "$log" >&2
  rm -f "$log"
  return 1
}

name_packages_and_stop() {
  local -a needed=("${missing_packages[@]}")
  if [ ${#boost_parts[@]} -gt 0 ]; then
    needed+=("Boost $boost_version_min or newer with ${boost_parts[*]}")
  fi
  {
    say "this system has no apt-get. Install these yourself, then try again:"
    printf '  %s\n' "${needed[@]}"
    cat <<'TEXT'
What the build needs on other systems than Debian and Ubuntu:
  Fedora:  sudo dnf install cmake ninja-build gcc-c++ boost-devel boost-json boost-url libpcap-devel openssl-devel
  Arch:    sudo pacman -S --needed cmake ninja gcc boost libpcap openssl
  Alpine:  doas apk add bash cmake ninja g++ linux-headers boost-dev libpcap-dev openssl-dev
TEXT
  } >&2
  exit 1
}

# Adds the packages of boost_parts to missing_packages.
add_boost_packages() {
  local names
  [ ${#boost_parts[@]} -gt 0 ] || return 0
  names=$(boost_packages "${boost_parts[@]}") || return 1
  mapfile -t -O "${#missing_packages[@]}" missing_packages <<<"$names"
}

# Whether apt-get can install all of these.
all_known() {
  local package
  for package in "$@"; do [ -n "$(candidate "$package")" ] || return 1; done
}

install_packages() {
  local -a missing_packages boost_parts names
  find_missing "$@"
  if [ ${#missing_packages[@]} -eq 0 ] && [ ${#boost_parts[@]} -eq 0 ]; then return; fi
  command -v apt-get >/dev/null 2>&1 || name_packages_and_stop

  names=("${missing_packages[@]}")
  # A new system has no list of packages before the first apt-get update.
  if ! add_boost_packages || ! all_known "${missing_packages[@]}"; then
    expect_root "apt-get update; apt-get install ${names[*]}${boost_parts[*]:+ and Boost $boost_version_min}"
    say "reading the list of packages (apt-get update)"
    quietly apt_get update || die "apt-get update failed: is this machine connected to the internet?"
    missing_packages=("${names[@]}")
    add_boost_packages ||
      die "there is no package of Boost $boost_version_min or newer: install it below /usr/local (boost.org)"
  fi
  mapfile -t missing_packages < <(printf '%s\n' "${missing_packages[@]}" | sort -u)
  expect_root "apt-get install ${missing_packages[*]}"
  say "installing ${missing_packages[*]}"
  # --no-remove: never remove another version of Boost.
  quietly apt_get install -y --no-install-recommends --no-remove "${missing_packages[@]}" ||
    { quietly apt_get update &&
      quietly apt_get install -y --no-install-recommends --no-remove "${missing_packages[@]}"; } ||
    die "apt-get failed: see above. Try: sudo apt-get install ${missing_packages[*]}"
}

# Whether all packages of these groups are installed, or known to apt-get. Asks nobody: no update, no root.
knows_packages() {
  local -a missing_packages boost_parts
  find_missing "$@"
  [ ${#missing_packages[@]} -eq 0 ] || all_known "${missing_packages[@]}"
}

# How many compilers to run at once: at most one per core and one per gigabyte of free memory.
build_jobs() {
  local cores gigabytes
  cores=$(nproc)
  gigabytes=$(awk '/^MemAvailable:/ {print int($2 / 1048576)}' /proc/meminfo)
  if [ "${gigabytes:-1}" -lt "$cores" ]; then cores=$gigabytes; fi
  printf '%d\n' "$((cores > 0 ? cores : 1))"
}

# configure PRESET FOLDER: runs cmake if that was not done before.
configure() {
  local preset=$1 folder=$2
  # After the checkout was moved or copied the cache contains the wrong path.
  if [ -f "$folder/CMakeCache.txt" ] &&
    ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" "$folder/CMakeCache.txt"; then
    rm -rf "$folder"
  fi
  if [ ! -f "$folder/build.ninja" ]; then
    say "configuring $folder/ (cmake --preset $preset)"
    quietly cmake --preset "$preset" || die "cmake failed: see above"
  fi
}

# build PRESET FOLDER [TARGET …]: configures if needed, and builds.
build() {
  local preset=$1 folder=$2
  shift 2
  local -a targets=()
  if [ $# -gt 0 ]; then targets=(--target "$@"); fi
  configure "$preset" "$folder"
  # Print nothing if there is nothing to do.
  if ! cmake --build "$folder" -j 1 "${targets[@]}" -- -n | grep -q 'no work to do'; then
    say "building in $folder/ with $(build_jobs) parallel jobs"
    NINJA_STATUS='[%f/%t, %es] ' cmake --build "$folder" -j "$(build_jobs)" "${targets[@]}" >&2 ||
      die "the build failed: see the first error above"
  fi
}
